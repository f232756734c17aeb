/**
 * `npm run bench -- models [name …] [--size=512]`: every model of the catalogue in Chromium, on WASM, from a file of weights
 * on a hub to masks: download, sessions, a click, two tracked frames. Real weights are not needed: the exporter makes
 * random ones of the same shapes. Memory is read from /proc, so on Linux only. Takes minutes a model.
 */
import { createReadStream, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { chromiumArgs, findChromium } from './chromium.mjs';
import { rendererPeakMb } from './renderer-memory.mjs';
import { python, root, run, setUpPython } from './setup.mjs';

const catalogue = 'public/models/sam2/catalogue.json';
const clickedFrame = 24;
const trackedFrames = 2;

/** @typedef {{ name: string; repository: string; parameters: number }} Entry */

/**
 * @param {string[]} options names of models (all when there are none), `--size=` of the input
 * @returns {Promise<Record<string, Record<string, number | string>>>} by model
 */
export async function measureModels(options) {
  await setUpPython();
  const names = options.filter((option) => !option.startsWith('--'));
  const imageSize = Number(options.find((option) => option.startsWith('--size='))?.slice('--size='.length) ?? 512);
  /** @type {{ models: Entry[] }} */
  const { models } = JSON.parse(readFileSync(join(root, catalogue), 'utf8'));
  const folder = join(root, '.cache/stand-ins');
  mkdirSync(folder, { recursive: true });
  const { preview } = await import('vite');
  const server = await preview({ root, logLevel: 'error' });
  const app = server.resolvedUrls?.local[0] ?? '';
  /** @type {Record<string, Record<string, number | string>>} */
  const measured = {};
  for (const entry of models.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const file = join(folder, `${entry.name}.safetensors`);
    await run(python, ['-m', 'masklet_export.command_line', 'stand-in', '--model', entry.name, '--out', file]);
    const hub = await serve(file);
    try {
      measured[entry.name] = await fromHubToMask(app, entry.name, hub.url, imageSize);
    } finally {
      hub.close();
      rmSync(file);
    }
    console.log(entry.name, JSON.stringify(measured[entry.name]));
  }
  await server.close();
  return measured;
}

/**
 * In a browser of its own, so that the memory is this model's.
 * @param {string} app its address
 * @param {string} name
 * @param {string} hub
 * @param {number} imageSize
 */
async function fromHubToMask(app, name, hub, imageSize) {
  const { chromium } = await import('@playwright/test');
  const browser = await chromium.launch({ executablePath: findChromium() ?? '', args: chromiumArgs });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    await page.goto(`${app}?provider=wasm`);
    await page.waitForFunction(() => 'masklet' in window);
    const loaded = await page.evaluate(async ([model, address, size]) => {
      const timed = async () => {
        const start = performance.now();
        const { device } = await window.masklet.loadModel({
          name: model,
          imageSize: size,
          download: true,
          hub: address,
        });
        return { ms: performance.now() - start, device };
      };
      const first = await timed();
      await window.masklet.loadModel({ name: 'nano' });
      return { firstLoadS: first.ms / 1000, fromStoreS: (await timed()).ms / 1000, device: first.device };
    }, /** @type {const} */ ([name, hub, imageSize]));
    const loadPeakMb = await rendererPeakMb(browser);
    const masks = await page.evaluate(async ([frame, count]) => {
      await window.masklet.open('samples/balloons.mp4');
      const object = await window.masklet.addObject();
      const start = performance.now();
      await window.masklet.prompt({ object, frame, points: [{ x: 450, y: 420, label: 1 }] });
      const clickMs = performance.now() - start;
      const before = (await window.masklet.stats()).segment;
      await window.masklet.track({ from: frame, to: frame + count });
      const after = (await window.masklet.stats()).segment;
      const frames = after.trackedFrames - before.trackedFrames;
      const stages = Object.entries(after.trackedMs).map(([stage, ms]) => [
        `${stage}Ms`,
        Math.round((ms - before.trackedMs[/** @type {keyof typeof before.trackedMs} */ (stage)]) / frames),
      ]);
      /** @type {number[]} */
      const areas = [];
      for (let n = 0; n <= count; n++) {
        const mask = await window.masklet.mask(object, frame + n);
        areas.push((mask?.counts ?? []).reduce((sum, length, run) => sum + (run % 2 === 1 ? length : 0), 0));
      }
      return { clickMs: Math.round(clickMs), ...Object.fromEntries(stages), maskAreas: areas.join(' ') };
    }, /** @type {const} */ ([clickedFrame, trackedFrames]));
    return { ...loaded, loadPeakMb, ...masks, peakMb: await rendererPeakMb(browser) };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error), peakMb: await rendererPeakMb(browser) };
  } finally {
    await browser.close();
  }
}

/**
 * A hub that has one file, whatever it is asked for.
 * @param {string} file
 */
async function serve(file) {
  const { size } = statSync(file);
  const server = createServer((request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(start > 0 ? 206 : 200, {
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'content-range, etag',
      'content-length': size - start,
      etag: '"1"',
      ...(start > 0 ? { 'content-range': `bytes ${start}-${size - 1}/${size}` } : {}),
    });
    createReadStream(file, { start }).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('the hub has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
