/**
 * `npm run bench`: builds the app, drives it in Chromium on the WASM provider, and writes what it measured as a table and
 * as JSON (bench-results/bench.json). `npm run bench -- decode` measures decoding instead (bench-results/decode.json), all
 * of it or the parts named: `speed`, `first-frame`, `memory`; `npm run bench -- models` takes every model of the catalogue
 * from its weights to a mask (bench-results/models.json), or those named; `npm run bench -- page` measures what a person
 * feels of the page: long tasks, the time to the next paint, scrubbing (bench-results/page.json); `npm run bench -- editing`
 * what it takes a scripted person to put drifting tracks right (bench-results/editing.json), on all clips or those named:
 * `drift`, `occlusion`, `cut`. Figures hold for the machine they were taken on; compare ratios within one run.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root, run, setUpChromium, setUpNode } from './setup.mjs';

await setUpNode();
await setUpChromium();
await run('npx', ['vite', 'build', '--logLevel', 'warn']);
if (process.argv[2] === 'page') {
  await run('npx', ['playwright', 'test', '--config', 'e2e/perf/playwright.config.ts', ...process.argv.slice(3)]);
  process.exit();
}

const { chromium } = await import('@playwright/test');
const { createServer, preview } = await import('vite');
const { chromiumArgs, findChromium, swiftshaderArgs } = await import('./chromium.mjs');

/** @type {Record<string, number>} */
const results = {};

if (process.argv[2] === 'models') {
  const { measureModels } = await import('./bench-models.mjs');
  write('models.json', await measureModels(process.argv.slice(3)));
  process.exit();
}

const server = await preview({ root, preview: { port: 4174, strictPort: true }, logLevel: 'error' });
const browser = await chromium.launch({
  executablePath: findChromium() ?? '',
  args: [...chromiumArgs, '--enable-precise-memory-info'],
});

if (process.argv[2] === 'decode') {
  const { measureDecoding } = await import('./bench-decode.mjs');
  const sources = await createServer({
    root,
    cacheDir: join(root, '.cache/vite-bench'),
    optimizeDeps: { include: ['comlink', 'mediabunny', 'mp4box', 'unzipit'] },
    server: { port: 4175, strictPort: true, hmr: false, watch: null },
    logLevel: 'error',
  });
  await sources.listen();
  /** @param {string} name @param {number} value */
  const report = (name, value) => {
    results[name] = value;
    console.log(row(name, value));
  };
  await measureDecoding({ browser, url: 'http://localhost:4175/', report }, process.argv.slice(3));
  await browser.close();
  await sources.close();
  await server.close();
  write('decode.json', { results });
  process.exit();
}

if (process.argv[2] === 'editing') {
  const { measureEditing } = await import('./bench-editing.mjs');
  /** @type {object[]} */
  const outcomes = [];
  await measureEditing(
    {
      browser,
      url: 'http://localhost:4174/',
      report: (outcome) => {
        outcomes.push(outcome);
        console.log(JSON.stringify(outcome));
        write('editing.json', { outcomes });
      },
    },
    process.argv.slice(3),
  );
  await browser.close();
  await server.close();
  process.exit();
}

/** Scripts and styles that a first visit loads until the model is there, besides ONNX Runtime; the editor comes later. */
async function firstLoadBytes() {
  const page = await browser.newPage();
  /** @type {Set<string>} */
  const files = new Set();
  page.on('request', (request) => files.add(new URL(request.url()).pathname.split('/').at(-1) ?? ''));
  await page.goto('http://localhost:4174/?provider=wasm');
  await page.waitForFunction(() => 'masklet' in window);
  await page.evaluate(async () => {
    while ((await window.masklet.status()).model === null) await new Promise((resolve) => setTimeout(resolve, 50));
  });
  await page.close();
  return [...files]
    .filter((file) => /\.(js|css)$/.test(file) && !/^(ort|Workbench)/.test(file))
    .reduce((sum, file) => sum + gzipSync(readFileSync(join(root, 'dist/assets', file))).length, 0);
}
results['first load, kB gzip'] = (await firstLoadBytes()) / 1000;

/** A page with the model loaded and the sample open. */
async function openSample() {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto('http://localhost:4174/?provider=wasm');
  await page.waitForFunction(() => 'masklet' in window);
  await page.evaluate(async () => {
    while ((await window.masklet.status()).model === null) await new Promise((resolve) => setTimeout(resolve, 50));
  });
  const openMs = await page.evaluate(async () => {
    const url = new URL('samples/balloons.mp4', document.baseURI).href;
    const file = new File([await (await fetch(url)).blob()], 'sample.mp4');
    const start = performance.now();
    await window.masklet.open(file);
    return performance.now() - start;
  });
  return { page, openMs };
}

{
  const { page, openMs } = await openSample();
  results['open to first frame, ms'] = openMs;
  const clicks = await page.evaluate(async () => {
    const object = await window.masklet.addObject();
    /** @type {number[]} */
    const times = [];
    for (const x of [440, 450, 460, 470, 480]) {
      const start = performance.now();
      await window.masklet.prompt({ object, frame: 24, points: [{ x, y: 420, label: 1 }], replace: true });
      times.push(performance.now() - start);
    }
    return times;
  });
  results['click to mask, first on a frame, ms'] = clicks[0] ?? NaN;
  results['click to mask, repeated, ms'] = median(clicks.slice(1));
  await page.close();
}

/** @type {Record<string, Record<string, number>>} */
const stages = {};
for (const objects of [1, 2, 4, 8, 16]) {
  const { page } = await openSample();
  const measured = await page.evaluate(async (count) => {
    for (let n = 0; n < count; n++) {
      const object = await window.masklet.addObject();
      await window.masklet.prompt({ object, frame: 20, points: [{ x: 150 + n * 65, y: 420, label: 1 }] });
    }
    // Warm: buffers and code of the run are there.
    await window.masklet.track({ from: 20, to: 24 });
    const before = await window.masklet.stats();
    const start = performance.now();
    const frames = await window.masklet.track({ from: 25, to: 54 });
    const wallMs = performance.now() - start;
    const after = await window.masklet.stats();
    return {
      frames,
      wallMs,
      ortMs: after.segment.ortMs - before.segment.ortMs,
      liveFrames: after.media.liveFrames,
      memoryBytes: after.segment.memoryBankBytes,
      msBefore: before.segment.trackedMs,
      msAfter: after.segment.trackedMs,
    };
  }, objects);
  const name = `${objects} object${objects === 1 ? '' : 's'}`;
  /** @type {Record<string, number>} */
  const msBefore = measured.msBefore;
  stages[name] = Object.fromEntries(
    Object.entries(measured.msAfter).map(([stage, ms]) => [stage, (ms - (msBefore[stage] ?? 0)) / measured.frames]),
  );
  results[`tracking ${name}, ms per frame`] = measured.wallMs / measured.frames;
  results[`tracking ${name}, frames/s`] = (measured.frames / measured.wallMs) * 1000;
  results[`tracking ${name}, share outside ONNX Runtime, %`] = (1 - measured.ortMs / measured.wallMs) * 100;
  results[`tracking ${name}, live VideoFrames`] = measured.liveFrames;
  results[`tracking ${name}, memory bank, kB per object and frame`] = measured.memoryBytes / objects / 35 / 1000;
  await page.close();
}
results['8 objects over 1 object, time per frame'] =
  (results['tracking 8 objects, ms per frame'] ?? NaN) / (results['tracking 1 object, ms per frame'] ?? NaN);

{
  const { page } = await openSample();
  // The sample three times over: what a run leaves behind shows in the second and third.
  const heap = await page.evaluate(async () => {
    const object = await window.masklet.addObject();
    await window.masklet.prompt({ object, frame: 0, points: [{ x: 440, y: 420, label: 1 }] });
    /** @type {number[]} */
    const bytes = [];
    for (let run = 0; run < 3; run++) {
      await window.masklet.track({ from: 0 });
      const memory = /** @type {{ usedJSHeapSize?: number } | undefined} */ (Reflect.get(performance, 'memory'));
      bytes.push(memory?.usedJSHeapSize ?? NaN);
    }
    return bytes;
  });
  results['page JS heap after 112 frames, MB'] = (heap[0] ?? NaN) / 1e6;
  results['page JS heap after 336 frames, MB'] = (heap[2] ?? NaN) / 1e6;
  await page.close();
}

await browser.close();
{
  // On a software adapter: what crosses is the same on any, only the time is not.
  const software = await chromium.launch({
    executablePath: findChromium() ?? '',
    args: [...chromiumArgs, ...swiftshaderArgs],
  });
  const page = await software.newPage();
  await page.goto('http://localhost:4174/?provider=webgpu');
  await page.waitForFunction(() => 'masklet' in window);
  const traffic = await page.evaluate(async () => {
    await window.masklet.open('samples/balloons.mp4');
    const object = await window.masklet.addObject();
    await window.masklet.prompt({ object, frame: 0, points: [{ x: 450, y: 420, label: 1 }] });
    await window.masklet.track({ from: 0, to: 1 });
    const before = (await window.masklet.stats()).segment.gpu;
    const frames = await window.masklet.track({ from: 2, to: 5 });
    const after = (await window.masklet.stats()).segment.gpu;
    if (!before || !after) throw new Error('The software adapter was not used');
    return {
      up: (after.uploadedBytes - before.uploadedBytes) / frames / 1000,
      parameters: (after.parameterBytes - before.parameterBytes) / frames / 1000,
      down: (after.downloadedBytes - before.downloadedBytes) / frames / 1000,
      dispatches: (after.dispatches - before.dispatches) / frames,
    };
  });
  results['WebGPU, 1 object, kB to the GPU per frame'] = traffic.up;
  results['WebGPU, 1 object, kB of parameters per frame'] = traffic.parameters;
  results['WebGPU, 1 object, kB from the GPU per frame'] = traffic.down;
  results['WebGPU, 1 object, dispatches per frame'] = traffic.dispatches;
  await software.close();
}
await server.close();

write('bench.json', { results, stages });
for (const [name, value] of Object.entries(results)) console.log(row(name, value));
console.log('\nms per tracked frame, by stage');
for (const [name, ms] of Object.entries(stages)) {
  console.log(
    `${name.padEnd(12)} ${Object.entries(ms)
      .map(([stage, value]) => `${stage} ${value.toFixed(1)}`)
      .join('  ')}`,
  );
}

/**
 * @param {string} name
 * @param {number} value
 */
function row(name, value) {
  return `${name.padEnd(60)} ${value.toFixed(value < 10 ? 2 : 1).padStart(9)}`;
}

/**
 * @param {string} file
 * @param {object} measured
 */
function write(file, measured) {
  mkdirSync(join(root, 'bench-results'), { recursive: true });
  writeFileSync(join(root, 'bench-results', file), `${JSON.stringify(measured, null, 2)}\n`);
}

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
