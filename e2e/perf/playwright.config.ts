import { fileURLToPath } from 'node:url';
import { defineConfig, type PlaywrightTestConfig } from '@playwright/test';
import journeys from '../../playwright.config';

const root = fileURLToPath(new URL('../../', import.meta.url));
const server = journeys.webServer as Exclude<PlaywrightTestConfig['webServer'], unknown[] | undefined>;

/** `npm run bench -- page`: nothing here fails for being slow. */
export default defineConfig({
  ...journeys,
  testDir: '.',
  outputDir: '../../test-results',
  timeout: 1_800_000,
  webServer: { ...server, cwd: root },
});
