/**
 * `node e2e/browsers/journey.mjs firefox|webkit [REPORT]`: opens the sample in the built page, clicks, tracks eight frames and exports,
 * in that browser and in Chromium, and compares the masks. Prints `N passed, N failed, N skipped`; skipped where the
 * browser can't be had here. Chromium's masks are kept in REPORT for the next browser.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { preview } from 'vite';
import { setUpFirefox, setUpWebKit } from '../../scripts/browsers.mjs';
import { findChromium } from '../../scripts/chromium.mjs';
import { openPuppeteer } from './puppeteer-browser.mjs';
import { openClip, trackAndExport } from './steps.mjs';
import { openWebKit } from './webkit-browser.mjs';

/**
 * @typedef {{
 *   open(url: string): Promise<void>;
 *   run<A extends unknown[], R>(step: (...args: A) => Promise<R>, ...args: A): Promise<R>;
 *   click(x: number, y: number): Promise<void>;
 *   close(): Promise<void>;
 * }} DrivenBrowser
 * @typedef {import('./steps.mjs').Mask} Mask
 */

const clip = 'samples/balloons.mp4';
/** On a balloon, in pixels of the clip's frame 0. */
const place = { x: 450, y: 420 };
const lastFrame = 7;
/** Of the frame's pixels. Decoders differ by a grey level, floats by their last digit: an edge moves, an object does not. */
const mostDiffering = 0.01;

/**
 * @param {string} url
 * @param {() => Promise<DrivenBrowser>} start
 * @returns {Promise<Mask[]>}
 */
async function travel(url, start) {
  const browser = await start();
  try {
    await browser.open(url);
    const { object, box, size } = await browser.run(openClip, clip);
    await browser.click(box.x + (place.x / size.width) * box.width, box.y + (place.y / size.height) * box.height);
    const { masks, zip } = await browser.run(trackAndExport, object, lastFrame);
    if (zip.start !== 'PK' || zip.bytes < 1000) throw new Error(`The export is no archive: ${zip.bytes} bytes`);
    return masks;
  } finally {
    await browser.close();
  }
}

/**
 * @param {Mask} mask
 * @returns {Uint8Array} a byte a pixel
 */
function pixelsOf({ width, height, counts }) {
  const pixels = new Uint8Array(width * height);
  let at = 0;
  counts.forEach((count, run) => {
    if (run % 2 === 1) pixels.fill(1, at, at + count);
    at += count;
  });
  return pixels;
}

/**
 * @param {Mask[]} masks
 * @param {Mask[]} expected
 * @returns {string[]} what is wrong
 */
function compare(masks, expected) {
  return expected.flatMap((wanted, frame) => {
    const mask = masks[frame];
    const theirs = pixelsOf(wanted);
    if (!theirs.includes(1)) return [`Chromium has no mask on frame ${frame}`];
    if (mask?.width !== wanted.width || mask.height !== wanted.height)
      return [`frame ${frame} has no mask of its size`];
    const ours = pixelsOf(mask);
    const differing = ours.reduce((sum, pixel, n) => sum + Math.abs(pixel - (theirs[n] ?? 0)), 0) / theirs.length;
    console.log(`frame ${frame}: ${(100 * differing).toFixed(3)} % of the pixels differ from Chromium's`);
    return differing <= mostDiffering
      ? []
      : [`frame ${frame} differs in ${(100 * differing).toFixed(2)} % of its pixels`];
  });
}

const [name, report] = process.argv.slice(2);
const firefox = name === 'firefox' ? setUpFirefox() : null;
const webkit = name === 'webkit' ? setUpWebKit() : null;
if (!firefox && !webkit) {
  console.log(`${name} is not here and could not be installed.\n0 passed, 0 failed, 1 skipped`);
  process.exit(0);
}
const server = await preview({ preview: { port: 0, host: '127.0.0.1' }, logLevel: 'error' });
const address = server.httpServer.address();
const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/?provider=wasm`;
/** @type {string[]} */
let wrong = [];
try {
  const known = report && existsSync(report) ? /** @type {Mask[]} */ (JSON.parse(readFileSync(report, 'utf8'))) : null;
  const expected = known ?? (await travel(url, () => openPuppeteer('chrome', findChromium() ?? '')));
  if (report) writeFileSync(report, JSON.stringify(expected));
  const masks = await travel(url, () => (webkit ? openWebKit(webkit) : openPuppeteer('firefox', firefox ?? '')));
  wrong = compare(masks, expected);
} catch (error) {
  wrong = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
} finally {
  await server.close();
}
for (const line of wrong) console.log(line);
console.log(wrong.length === 0 ? '1 passed, 0 failed' : '0 passed, 1 failed');
process.exit(wrong.length === 0 ? 0 : 1);
