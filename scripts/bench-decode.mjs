/**
 * `npm run bench -- decode`: frames per second as the media worker gives them away, one asked for after another, beside
 * ffmpeg's software decoder on the same clips at the same time; how soon a 2 GB file gives its first frame; and what memory
 * five minutes of 1080p take. Needs ffmpeg with libx264; memory is read from /proc, so on Linux only.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rendererPeakMb } from './renderer-memory.mjs';

/** @type {Record<string, string>} */
const sizes = { '720p': '1280x720', '1080p': '1920x1080', '4K': '3840x2160' };
const frameCount = 120;
const randomSeeks = 24;
const framesPerSecond = 25;
const longSeconds = 300;

/**
 * @typedef {object} Bench
 * @property {import('@playwright/test').Browser} browser
 * @property {string} url of the sources, as Vite serves them
 * @property {string} folder for the clips
 * @property {(name: string, value: number) => void} report
 */

/** @type {Record<string, (bench: Bench) => Promise<void>>} */
const parts = { speed: measureSpeed, 'first-frame': measureFirstFrame, memory: measureMemory };

/**
 * @param {Omit<Bench, 'folder'>} bench
 * @param {string[]} chosen of speed, first-frame and memory; all when empty
 */
export async function measureDecoding(bench, chosen) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-decode-'));
  try {
    for (const part of chosen.length > 0 ? chosen : Object.keys(parts)) await parts[part]?.({ ...bench, folder });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @param {Bench} bench */
async function measureSpeed({ browser, url, folder, report }) {
  for (const size of Object.keys(sizes)) {
    const clip = encode(folder, size);
    for (const [order, frames] of Object.entries(orders())) {
      // Beside each other, so that what else the machine does falls on both.
      const single = ffmpegFps(clip, ['-threads', '1']);
      const page = await workerWith(browser, url, clip);
      const { framesMs } = await openAndTake(page, frames);
      await page.close();
      const usual = ffmpegFps(clip, []);
      const fps = ((frames.length - 1) / framesMs) * 1000;
      report(`${size} ${order}, frames/s`, fps);
      report(`${size} ${order}, over ffmpeg with 1 thread`, fps / single);
      report(`${size} ${order}, over ffmpeg`, fps / usual);
    }
  }
}

/** @param {Bench} bench */
async function measureFirstFrame({ browser, url, folder, report }) {
  const small = encode(folder, '1080p');
  const large = join(folder, 'large.mp4');
  padMovie(small, large, 2 * 1024 ** 3);
  for (const [name, path] of Object.entries({ 'a small file': small, '2 GB': large })) {
    const page = await workerWith(browser, url, path);
    const times = [];
    for (let n = 0; n < 5; n++) times.push((await openAndTake(page, [0])).firstFrameMs);
    report(`first frame of ${name}, 1080p, ms`, times.toSorted((a, b) => a - b)[2] ?? NaN);
    await page.close();
  }
}

/** @param {Bench} bench */
async function measureMemory({ browser, url, folder, report }) {
  const long = join(folder, 'long.mp4');
  const longCount = longSeconds * framesPerSecond;
  const loops = ['-stream_loop', String(Math.ceil(longCount / frameCount) - 1)];
  ffmpeg([...loops, '-i', encode(folder, '1080p'), '-c', 'copy', long]);
  for (const [name, count] of Object.entries({ 'one frame': 1, '30 s': longCount / 10, '5 min': longCount })) {
    const page = await workerWith(browser, url, long);
    const frames = Array.from({ length: count }, (_, n) => n);
    const { stats } = await openAndTake(page, frames);
    report(`1080p, renderer’s peak over ${name}, MB`, await rendererPeakMb(browser));
    report(`1080p, frame cache after ${name}, MB`, stats.cacheBytes / 1e6);
    report(`1080p, live VideoFrames after ${name}`, stats.liveFrames);
    await page.close();
  }
}

/** @returns {Record<string, number[]>} */
function orders() {
  const forward = Array.from({ length: frameCount }, (_, n) => n);
  // Steps of a fixed stride that shares no divisor with the count: far apart, each frame once, the same every time.
  const random = Array.from({ length: randomSeeks }, (_, n) => ((n + 1) * 49) % frameCount);
  return { forward, backward: forward.toReversed(), 'at random': random };
}

/** @param {string[]} args */
function ffmpeg(args) {
  execFileSync('ffmpeg', ['-y', '-v', 'error', ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
}

/**
 * A clip that moves, with noise: as hard to decode as what a camera makes.
 * @param {string} folder
 * @param {string} size one of `sizes`
 * @returns its path
 */
function encode(folder, size) {
  const path = join(folder, `${size}.mp4`);
  const picture = `testsrc2=size=${sizes[size]}:rate=${framesPerSecond},noise=alls=10:allf=t`;
  const coding = '-c:v libx264 -preset veryfast -crf 24 -pix_fmt yuv420p -bf 2 -g 60'.split(' ');
  ffmpeg(['-f', 'lavfi', '-i', picture, '-frames:v', String(frameCount), ...coding, path]);
  return path;
}

/**
 * @param {string} path
 * @param {string[]} options of the decoder
 */
function ffmpegFps(path, options) {
  const start = performance.now();
  // Twice over: starting the program counts for less.
  ffmpeg([...options, '-stream_loop', '1', '-i', path, '-f', 'null', '-']);
  return (2 * frameCount * 1000) / (performance.now() - start);
}

/**
 * The same movie with `bytes` of nothing between its media and its index, most of which takes no room on the disk.
 * @param {string} from an MP4 whose index comes last, as ffmpeg writes it
 * @param {string} to
 * @param {number} bytes below 4 GiB
 */
function padMovie(from, to, bytes) {
  const movie = readFileSync(from);
  let index = 0;
  while (movie.toString('latin1', index + 4, index + 8) !== 'moov') index += movie.readUInt32BE(index);
  const free = Buffer.alloc(8);
  free.writeUInt32BE(bytes);
  free.write('free', 4);
  const file = openSync(to, 'w');
  writeSync(file, Buffer.concat([movie.subarray(0, index), free]));
  ftruncateSync(file, index + bytes);
  writeSync(file, movie.subarray(index), 0, movie.length - index, index + bytes);
  closeSync(file);
}

/**
 * A blank page with the media worker and nothing else of the app, and a file chosen but not open.
 * @param {import('@playwright/test').Browser} browser
 * @param {string} url of the sources, as Vite serves them
 * @param {string} path
 */
async function workerWith(browser, url, path) {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  await page.route('**/bench', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><input type="file" />' }),
  );
  await page.goto(`${url}bench`);
  await page.locator('input').setInputFiles(path);
  await page.evaluate(async (sources) => {
    const { startBrowserThread } = await import(`${sources}app/engine/browser-thread.ts`);
    const { connect } = await import(`${sources}workers/protocol/rpc.ts`);
    const { endpoint, failed } = startBrowserThread('media');
    Reflect.set(window, 'media', { api: connect(endpoint, failed) });
  }, url);
  return page;
}

/**
 * Opens the chosen file and takes frames one after another, as the tracker does.
 * @param {import('@playwright/test').Page} page
 * @param {number[]} frames
 */
function openAndTake(page, frames) {
  return page.evaluate(async (wanted) => {
    const { api } = /** @type {{ api: import('../workers/protocol/media-contract').MediaApi }} */ (
      Reflect.get(window, 'media')
    );
    const file = /** @type {File} */ (document.querySelector('input')?.files?.[0]);
    const start = performance.now();
    await api.open([{ path: file.name, file }], file.name, {}, new AbortController().signal);
    (await api.frame(wanted[0] ?? 0)).close();
    const opened = performance.now();
    for (const frame of wanted.slice(1)) (await api.frame(frame)).close();
    const framesMs = performance.now() - opened;
    return { firstFrameMs: opened - start, framesMs, stats: await api.stats() };
  }, frames);
}
