/** Firefox and WebKit as Debian and Ubuntu have them. Where they can't be installed they are left out, never taken for tested. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** @param {...string} paths */
const firstOf = (...paths) => paths.find((path) => existsSync(path)) ?? null;

/** @returns {string | null} path of an executable; MASKLET_FIREFOX, or the system's */
export function findFirefox() {
  return firstOf(process.env['MASKLET_FIREFOX'] ?? '', '/usr/bin/firefox-esr', '/usr/lib/firefox/firefox');
}

/** @returns {{ driver: string; miniBrowser: string; xvfb: string } | null} */
export function findWebKit() {
  const driver = firstOf('/usr/bin/WebKitWebDriver');
  const xvfb = firstOf('/usr/bin/Xvfb');
  const libraries = existsSync('/usr/lib') ? readdirSync('/usr/lib').map((name) => join('/usr/lib', name)) : [];
  const miniBrowser = firstOf(
    ...['/usr/lib', '/usr/libexec', ...libraries].flatMap((folder) =>
      ['webkit2gtk-4.1', 'webkit2gtk-4.0', 'webkitgtk-6.0'].map((name) => join(folder, name, 'MiniBrowser')),
    ),
  );
  return driver && xvfb && miniBrowser ? { driver, xvfb, miniBrowser } : null;
}

export function setUpFirefox() {
  if (!findFirefox()) installPackages('firefox-esr');
  return findFirefox();
}

export function setUpWebKit() {
  // H.264 needs libav's plug-ins.
  if (!findWebKit()) installPackages('webkit2gtk-driver', 'xvfb', 'gstreamer1.0-libav', 'gstreamer1.0-plugins-good');
  return findWebKit();
}

/** @param {...string} packages */
function installPackages(...packages) {
  console.log(`Setting up: ${packages.join(', ')}`);
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
    const [command = 'apt-get', ...rest] = [...sudo, 'apt-get', ...args];
    const { status } = spawnSync(command, rest, {
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: 600_000,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (status !== 0) return;
  }
}
