/** Finds the Chromium that the browser tests run in: MASKLET_CHROMIUM, Playwright's own, or the system's. */
import { existsSync } from 'node:fs';
import { chromium } from '@playwright/test';

const systemPaths = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** @returns {string | undefined} path of an executable, undefined when there is none */
export function findChromium() {
  const asked = process.env['MASKLET_CHROMIUM'];
  return [asked, chromium.executablePath(), ...systemPaths].find((path) => path && existsSync(path));
}

const isRoot = process.getuid?.() === 0;

/** Flags for a headless machine: no sandbox for root, no traffic of the browser's own. */
export const chromiumArgs = [
  ...(isRoot ? ['--no-sandbox'] : []),
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Gives WebGPU, and VideoFrame import into it, on a machine without a GPU: slow, for micro models only. */
export const swiftshaderArgs = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--use-angle=swiftshader',
  '--enable-features=Vulkan',
  '--use-vulkan=swiftshader',
];
