import { defineConfig } from '@playwright/test';
import { chromiumArgs, findChromium } from './scripts/chromium.mjs';

const executablePath = findChromium();
const port = process.env['E2E_PORT'] ?? '4173';
const url = `http://localhost:${port}/`;

/** Journeys run on the built app, as a person gets it. `npm run build` comes first. */
export default defineConfig({
  testDir: 'e2e/journeys',
  timeout: 300_000,
  expect: { timeout: 20_000 },
  workers: 1,
  reporter: 'list',
  use: {
    baseURL: url,
    viewport: { width: 1440, height: 900 },
    launchOptions: { ...(executablePath ? { executablePath } : {}), args: chromiumArgs },
    trace: 'retain-on-failure',
  },
  webServer: { command: `npx vite preview --port ${port} --strictPort`, url },
});
