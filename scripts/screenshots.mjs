/**
 * `npm run screenshots`: builds the app, walks through it in Chromium with the sample, and writes the pictures of docs/screens/.
 * With names of states, only those: `npm run screenshots -- first keys`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, setUpChromium, setUpNode } from './setup.mjs';

await setUpNode();
await setUpChromium();
await run('npx', ['vite', 'build', '--logLevel', 'warn']);
const { chromium } = await import('@playwright/test');
const { preview } = await import('vite');
const { chromiumArgs, findChromium } = await import('./chromium.mjs');

const url = 'http://localhost:4176/';
const wide = { width: 1280, height: 800 };
const narrow = { width: 390, height: 780 };

/**
 * @typedef {import('@playwright/test').Page} Page
 * @typedef {{
 *   name: string,
 *   theme: 'dark' | 'light',
 *   show?: (page: Page) => Promise<void>,
 *   hide?: (page: Page) => Promise<void>,
 * }} State
 * @typedef {{ size: typeof wide, locale: 'en' | 'de', first?: State[], prompted?: State[], tracked?: State[] }} Visit
 */

/** @param {string | RegExp} name @returns {(page: Page) => Promise<void>} */
const press = (name) => async (page) => {
  await page.getByRole('button', { name }).click();
  await page.getByRole('dialog').waitFor();
};

/** @type {Visit[]} */
const visits = [
  {
    size: wide,
    locale: 'en',
    first: [{ name: 'first', theme: 'dark' }],
    prompted: [
      { name: 'candidates', theme: 'light' },
      { name: 'tracking', theme: 'dark', show: track, hide: cancel },
    ],
    tracked: [
      { name: 'tracked', theme: 'dark' },
      { name: 'tracked-light', theme: 'light' },
      { name: 'cutout', theme: 'dark', show: nextLook(3), hide: nextLook(1) },
      { name: 'object', theme: 'dark', show: objectMenu },
      { name: 'review', theme: 'light', show: press(/^Review \d/) },
      { name: 'export', theme: 'light', show: press('Export') },
      { name: 'models', theme: 'dark', show: models },
      { name: 'palette', theme: 'dark', show: byKey('Control+k') },
      { name: 'keys', theme: 'light', show: byKey('?') },
    ],
  },
  {
    size: narrow,
    locale: 'en',
    first: [{ name: 'narrow-first', theme: 'light' }],
    tracked: [
      { name: 'narrow', theme: 'dark' },
      { name: 'narrow-objects', theme: 'light', show: press('Objects') },
    ],
  },
  {
    size: wide,
    locale: 'de',
    tracked: [{ name: 'german', theme: 'light', show: press('Weitere Arten zu verfolgen') }],
  },
];

/** @param {string} keys @returns {(page: Page) => Promise<void>} */
function byKey(keys) {
  return async (page) => {
    await page.keyboard.press(keys);
    await page.getByRole('dialog').waitFor();
  };
}

/** @param {number} times @returns {(page: Page) => Promise<void>} */
function nextLook(times) {
  return async (page) => {
    for (let n = 0; n < times; n++) await page.keyboard.press('q');
  };
}

/** @typedef {Awaited<ReturnType<typeof window.masklet.status>>} Status */

/** @param {Page} page @param {(status: Status) => boolean} isSo */
async function until(page, isSo) {
  while (!isSo(await page.evaluate(() => window.masklet.status()))) await page.waitForTimeout(100);
}

/** @param {Page} page */
async function track(page) {
  await page.evaluate(() => void window.masklet.track());
  await until(page, ({ frame }) => frame >= 30);
}

/** @param {Page} page */
async function cancel(page) {
  await page.keyboard.press('Escape');
  await until(page, ({ isTracking }) => !isTracking);
}

/** @param {Page} page */
async function objectMenu(page) {
  await page.getByRole('button', { name: /^Red balloon,/ }).hover();
  await press('More about Red balloon')(page);
}

/** @param {Page} page */
async function models(page) {
  await press(/^nano · /)(page);
  await page.getByRole('button', { name: 'Other models' }).click();
  await page.getByText('All models', { exact: true }).click();
  await page.getByText('SAM 2.1 large').waitFor();
}

/** The sample, with two objects clicked. @param {Page} page */
async function prompt(page) {
  await page.evaluate(async () => {
    await window.masklet.open('samples/balloons.mp4');
    const german = document.documentElement.lang === 'de';
    const clicks = [
      {
        name: german ? 'Roter Ballon' : 'Red balloon',
        points: [
          [450, 420],
          [450, 330],
        ],
      },
      { name: german ? 'Blauer Ballon' : 'Teal balloon', points: [[810, 250]] },
    ];
    for (const { name, points } of clicks) {
      const object = await window.masklet.addObject(name);
      const at = points.map(([x = 0, y = 0]) => ({ x, y, label: /** @type {const} */ (1) }));
      await window.masklet.prompt({ object, frame: 0, points: at });
    }
  });
}

/** A PNG as WebP. @param {Page} page @param {Buffer} png @returns {Promise<Buffer>} */
async function webp(page, png) {
  const base64 = await page.evaluate(async (source) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${source}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext('2d')?.drawImage(image, 0, 0);
    const blob = await canvas.convertToBlob({ type: 'image/webp', quality: 0.82 });
    return btoa(Array.from(new Uint8Array(await blob.arrayBuffer()), (byte) => String.fromCharCode(byte)).join(''));
  }, png.toString('base64'));
  return Buffer.from(base64, 'base64');
}

const asked = process.argv.slice(2);
const folder = join(root, 'docs/screens');
mkdirSync(folder, { recursive: true });
const server = await preview({ root, preview: { port: 4176, strictPort: true }, logLevel: 'error' });
const browser = await chromium.launch({ executablePath: findChromium() ?? '', args: chromiumArgs });
const converter = await browser.newPage();

/** @param {State} state */
const isAsked = ({ name }) => asked.length === 0 || asked.includes(name);

/** @param {Page} page @param {State[]} states */
async function take(page, states) {
  for (const { name, theme, show, hide } of states.filter(isAsked)) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await show?.(page);
    // Thumbnails and the film strip come behind; a change of theme fades.
    await page.waitForTimeout(1500);
    await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished)));
    const picture = await webp(converter, await page.screenshot());
    writeFileSync(join(folder, `${name}.webp`), picture);
    console.log(`docs/screens/${name}.webp  ${Math.round(picture.length / 1000)} kB`);
    await hide?.(page);
    while ((await page.getByRole('dialog').count()) > 0) await page.keyboard.press('Escape');
  }
}

for (const { size, locale, first = [], prompted = [], tracked = [] } of visits) {
  if (![...first, ...prompted, ...tracked].some(isAsked)) continue;
  const page = await browser.newPage({ viewport: size, locale, hasTouch: size === narrow });
  page.setDefaultTimeout(300_000);
  await page.goto(`${url}?provider=wasm`);
  await page.waitForFunction(() => 'masklet' in window);
  await until(page, ({ model }) => model !== null);
  await take(page, first);
  await prompt(page);
  await take(page, prompted);
  if (tracked.some(isAsked)) {
    await page.evaluate(async () => {
      await window.masklet.track();
      await window.masklet.seek(52);
    });
    await take(page, tracked);
  }
  await page.close();
}
await browser.close();
await server.close();
