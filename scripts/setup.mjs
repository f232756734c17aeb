/**
 * Installs what the project needs on a machine that has Node, Python and a shell. Each step leaves a stamp in .cache and
 * is skipped while what it depends on has not changed. Only Node's own modules: it runs before anything is installed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cache = join(root, '.cache');

/** @param {string} file */
const read = (file) => readFileSync(join(root, file));

/**
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 * @returns {Promise<void>} rejects when the command fails
 */
export function run(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}`));
    });
  });
}

/**
 * @param {string} name
 * @param {(string | Buffer)[]} inputs what the step depends on
 * @param {() => boolean} isThere whether its result still lies on the disk
 * @param {() => Promise<void>} install
 */
async function once(name, inputs, isThere, install) {
  const hash = createHash('sha256');
  for (const input of inputs) hash.update(input);
  const key = hash.digest('hex');
  const stamp = join(cache, `${name}.stamp`);
  if (isThere() && existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return;
  console.log(`Setting up: ${name}`);
  await install();
  mkdirSync(cache, { recursive: true });
  writeFileSync(stamp, key);
}

export async function setUpNode() {
  const inputs = [read('package-lock.json'), process.version];
  await once(
    'node packages',
    inputs,
    () => existsSync(join(root, 'node_modules/vite')),
    () =>
      // Browsers come in a step of their own. Not `npm ci`: it insists that the lock names the optional packages of every
      // platform, and registries need not have them all.
      run('npm', ['install', '--no-save', '--no-audit', '--no-fund'], { PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' }),
  );
}

/** Playwright's own Chromium, or the system's package where that download fails. */
export async function setUpChromium() {
  const { findChromium } = await import('./chromium.mjs');
  if (findChromium()) return;
  console.log('Setting up: Chromium');
  const downloaded = spawnSync('npx', ['playwright', 'install', '--with-deps', 'chromium'], {
    cwd: root,
    stdio: 'inherit',
    timeout: 240_000,
  });
  if (downloaded.status === 0 && findChromium()) return;
  const sudo = process.getuid?.() === 0 ? [] : ['sudo'];
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    const [command = 'apt-get', ...rest] = [...sudo, 'apt-get', ...args];
    await run(command, rest, { DEBIAN_FRONTEND: 'noninteractive' });
  }
  if (!findChromium()) throw new Error('No Chromium could be installed. Set MASKLET_CHROMIUM to the path of one.');
}

export const python = join(root, '.venv/bin/python');

export async function setUpPython() {
  const inputs = [read('model-export/pyproject.toml'), root];
  await once(
    'python packages',
    inputs,
    () => existsSync(python),
    async () => {
      await run('python3', ['-m', 'venv', '.venv']);
      // First and by its exact version: asked for by another package, pip would take the newest build there is.
      await run(python, ['-m', 'pip', 'install', '--quiet', 'torch==2.13.0']);
      await run(python, ['-m', 'pip', 'install', '--quiet', '--editable', 'model-export[dev]']);
    },
  );
}
