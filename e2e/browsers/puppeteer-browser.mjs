/** Chromium, and Firefox through WebDriver BiDi, by puppeteer. */
import puppeteer from 'puppeteer-core';
import { chromiumArgs } from '../../scripts/chromium.mjs';

/** @typedef {import('./journey.mjs').DrivenBrowser} DrivenBrowser */

/** Long enough for a model that runs on WASM on two busy cores. */
const longestCallMs = 600_000;

/**
 * @param {'chrome' | 'firefox'} browser
 * @param {string} executablePath
 * @returns {Promise<DrivenBrowser>}
 */
export async function openPuppeteer(browser, executablePath) {
  const driven = await puppeteer.launch({
    browser,
    executablePath,
    headless: true,
    protocolTimeout: longestCallMs,
    args: browser === 'chrome' ? chromiumArgs : [],
    defaultViewport: { width: 1280, height: 800 },
  });
  const page = await driven.newPage();
  return {
    open: async (url) => void (await page.goto(url)),
    run: (step, ...args) =>
      /** @type {ReturnType<typeof step>} */ (page.evaluate(`(${String(step)})(...${JSON.stringify(args)})`)),
    click: (x, y) => page.mouse.click(x, y),
    close: () => driven.close(),
  };
}
