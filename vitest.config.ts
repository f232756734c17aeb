import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromiumArgs, findChromium, swiftshaderArgs } from './scripts/chromium.mjs';

const executablePath = findChromium();

function inChromium(args: string[]) {
  return {
    enabled: true,
    headless: true,
    screenshotFailures: false,
    provider: playwright({ launchOptions: { ...(executablePath ? { executablePath } : {}), args } }),
    instances: [{ browser: 'chromium' as const }],
  };
}

const optimizeDeps = {
  exclude: ['onnxruntime-web'],
  include: ['comlink', 'mediabunny', 'mp4box', 'unzipit', 'fast-png', 'client-zip', 'fflate', '@noble/hashes/sha2.js'],
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{app,workers,scripts}/**/*.test.{ts,tsx}'],
          exclude: ['**/*.browser.test.ts', '**/*.webgpu.test.ts'],
          environment: 'node',
          setupFiles: ['app/messages/english.setup.ts'],
        },
      },
      {
        optimizeDeps,
        worker: { format: 'es' },
        test: {
          name: 'browser',
          include: ['{app,workers}/**/*.browser.test.ts'],
          testTimeout: 60_000,
          browser: inChromium(chromiumArgs),
        },
      },
      {
        optimizeDeps,
        worker: { format: 'es' },
        test: {
          name: 'webgpu',
          include: ['{app,workers}/**/*.webgpu.test.ts'],
          testTimeout: 300_000,
          browser: inChromium([...chromiumArgs, ...swiftshaderArgs]),
        },
      },
    ],
  },
});
