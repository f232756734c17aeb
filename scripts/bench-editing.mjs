/**
 * `npm run bench -- editing`: what it takes a person to bring a track to a mean IoU of 0.9, counted on a scripted one who
 * clicks and types on the page as a person would, on three clips that are rendered here, with and without the review queue
 * and re-tracking of the affected span only. The script looks at the truth where a person looks at the picture; the page's
 * API is only read from.
 */
import { paintClip } from './bench-clips.mjs';

/** Mean over frames; absent and said to be absent counts as 1. */
const goal = 0.9;

/** Whoever has done so much gives up. */
const mostActions = 300;

/** A frame whose mask is below this looks wrong and is corrected, until it is good enough. */
const looksWrong = 0.8;
const goodEnough = 0.9;

/** Of a thing's largest area. */
const sliver = 0.2;

/** Clicks on a frame before it is drawn by hand. */
const mostClicks = 3;

/** Corners of what is drawn by hand. */
const corners = 16;

const longestAnswerMs = 8000;

/** Frames of a jump by Shift and an arrow. */
const jump = 10;

/** Shares no divisor with the jump: in the end every frame was looked at. */
const scanOffset = 3;

/**
 * Times of the keystroke-level model (Card, Moran, Newell 1980), s: to point, to press a button, to press a key, and to
 * decide what comes next, once for each look at a frame.
 */
const model = { point: 1.1, press: 0.2, key: 0.28, look: 1.35 };

const clips = ['drift', 'occlusion', 'cut'];

const allAids = [
  { hasReview: false, isAffectedOnly: false },
  { hasReview: true, isAffectedOnly: true },
  { hasReview: true, isAffectedOnly: false },
  { hasReview: false, isAffectedOnly: true },
];

/**
 * @typedef {import('@playwright/test').Page} Page
 * @typedef {{ hasReview: boolean, isAffectedOnly: boolean }} Aids
 * @typedef {{ x: number, y: number }} Point
 * @typedef {{ width: number, height: number, truth: Uint8Array[] }} Clip
 * @typedef {{ clip: string, aids: Aids, iou: number, firstIou: number, actions: number, clicks: number, keys: number, looks: number, corrections: number,
 *   trackedFrames: number, runs: number, waitSeconds: number, modelSeconds: number }} Outcome
 */

/**
 * @param {{ browser: import('@playwright/test').Browser, url: string, report: (outcome: Outcome) => void }} bench
 * @param {readonly string[]} wanted names of clips; all by default
 */
export async function measureEditing({ browser, url, report }, wanted) {
  for (const name of clips.filter((clip) => wanted.length === 0 || wanted.includes(clip))) {
    for (const aids of allAids) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      report(await editClip(page, url, name, aids));
      await page.close();
    }
  }
}

/**
 * @param {Page} page
 * @param {string} url
 * @param {string} name
 * @param {Aids} aids
 * @returns {Promise<Outcome>}
 */
async function editClip(page, url, name, aids) {
  await page.goto(`${url}?provider=wasm`);
  await page.waitForFunction(() => 'masklet' in window);
  const clip = await openClip(page, name);
  if (!aids.isAffectedOnly) {
    await page.getByRole('button', { name: 'More ways to track' }).click();
    await page.getByRole('switch', { name: 'Only what a correction changes' }).click();
    await page.keyboard.press('Escape');
  }
  const person = new Person(page, clip);
  await person.correct(0);
  await person.track();
  let iou = await person.meanIou();
  const firstIou = iou;
  let corrections = 0;
  while (iou < goal && person.actions < mostActions) {
    await (aids.hasReview ? person.walk() : person.scan());
    const frame = await person.frame();
    if ((await person.iouAt(frame)) >= looksWrong || person.isSliver(frame)) {
      if (aids.hasReview && (await person.isAtStop(frame))) await person.key('l');
      continue;
    }
    await person.correct(frame);
    await person.track();
    corrections++;
    iou = await person.meanIou();
  }
  const { clicks, keys, looks, runs, waitMs } = person;
  const trackedFrames = await page.evaluate(async () => (await window.masklet.stats()).segment.trackedFrames);
  const modelSeconds = clicks * (model.point + model.press) + keys * model.key + looks * model.look;
  return {
    clip: name,
    aids,
    iou,
    firstIou,
    actions: person.actions,
    clicks,
    keys,
    looks,
    corrections,
    trackedFrames,
    runs,
    waitSeconds: waitMs / 1000,
    modelSeconds,
  };
}

/** Counts what it does. */
class Person {
  clicks = 0;
  keys = 0;
  looks = 0;
  runs = 0;
  waitMs = 0;
  /** Frames of a scan are jumped over; the next one begins beside where the last one did. */
  #offset = 0;
  #page;
  #clip;
  /** @type {{ x: number, y: number, width: number, height: number } | null} */
  #stage = null;

  /**
   * @param {Page} page
   * @param {Clip} clip
   */
  constructor(page, clip) {
    this.#page = page;
    this.#clip = clip;
  }

  get actions() {
    return this.clicks + this.keys;
  }

  /** @param {string} key */
  async key(key) {
    this.keys++;
    await this.#page.keyboard.press(key);
    // Until the page has done what the key asked for.
    await this.#page.waitForTimeout(120);
  }

  /** @returns {Promise<number>} */
  frame() {
    return this.#page.evaluate(async () => (await window.masklet.status()).frame);
  }

  /** On to the next frame worth a look; to any other when there is none. */
  async walk() {
    const stops = await this.#page.evaluate(() => window.masklet.review());
    if (stops.length === 0) return this.scan();
    this.looks++;
    await this.key('j');
  }

  /** A jump on through the video, around its end. */
  async scan() {
    this.looks++;
    const last = this.#clip.truth.length - 1;
    if ((await this.frame()) + jump <= last) return this.key('Shift+ArrowRight');
    await this.key('Home');
    this.#offset = (this.#offset + scanOffset) % jump;
    for (let n = 0; n < this.#offset; n++) await this.key('ArrowRight');
  }

  /** So little is seen of the thing that nobody would draw it there. @param {number} frame */
  isSliver(frame) {
    const areas = this.#clip.truth.map((pixels) => pixels.reduce((sum, pixel) => sum + pixel, 0));
    const area = areas[frame] ?? 0;
    return area > 0 && area < Math.max(...areas) * sliver;
  }

  /** @param {number} frame */
  async isAtStop(frame) {
    const stops = await this.#page.evaluate(() => window.masklet.review());
    return stops.some((stop) => stop.frame === frame);
  }

  /** Puts the mask of a frame right: by clicks, and when they do not do it, by hand. @param {number} frame */
  async correct(frame) {
    for (let n = 0; n < mostClicks && (await this.iouAt(frame)) < goodEnough; n++) {
      const error = largestError(await this.#mask(frame), this.#truth(frame), this.#clip.width);
      // Where it is absent no click says so.
      if (!this.#truth(frame).includes(1)) break;
      await this.#answered(frame, () => this.#click(error.at, error.isMissing ? 'left' : 'right'));
    }
    if ((await this.iouAt(frame)) >= goodEnough) return;
    // A line around everything takes all of it away, and one around the thing adds it.
    await this.key('a');
    const { width, height } = this.#clip;
    await this.#answered(frame, async () => {
      await this.#page.keyboard.down('Alt');
      await this.#drag([
        { x: 1, y: 1 },
        { x: width - 2, y: 1 },
        { x: width - 2, y: height - 2 },
        { x: 1, y: height - 2 },
      ]);
      await this.#page.keyboard.up('Alt');
    });
    const outline = outlineOf(this.#truth(frame), width);
    if (outline) {
      await this.#answered(frame, async () => {
        for (const corner of [...outline, ...outline.slice(0, 1)]) await this.#click(corner, 'left');
      });
    }
    await this.key('p');
  }

  async track() {
    const start = performance.now();
    const before = await this.#page.evaluate(async () => (await window.masklet.history()).position);
    await this.key('t');
    // In the page: a promise would be true for `waitForFunction`.
    await this.#page.evaluate(async (steps) => {
      const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
      while ((await window.masklet.history()).position === steps) await pause();
      while ((await window.masklet.status()).isTracking) await pause();
    }, before);
    this.waitMs += performance.now() - start;
    this.runs++;
  }

  /** @param {number} frame */
  async iouAt(frame) {
    return iouOf(await this.#mask(frame), this.#truth(frame));
  }

  /** @param {number} frame */
  #truth(frame) {
    return this.#clip.truth[frame] ?? new Uint8Array();
  }

  async meanIou() {
    const { truth } = this.#clip;
    const counts = await this.#counts(Array.from(truth, (_, frame) => frame));
    return counts.reduce((sum, runs, frame) => sum + iouOf(this.#pixels(runs), this.#truth(frame)), 0) / truth.length;
  }

  /** @param {number} frame */
  async #mask(frame) {
    const [counts = []] = await this.#counts([frame]);
    return this.#pixels(counts);
  }

  /**
   * @param {number[]} frames
   * @returns {Promise<number[][]>} run lengths of each; none where there is no mask
   */
  async #counts(frames) {
    return this.#page.evaluate(async (all) => {
      const [object] = (await window.masklet.status()).objects;
      const masks = all.map(async (at) => (object ? ((await window.masklet.mask(object.id, at))?.counts ?? []) : []));
      return Promise.all(masks);
    }, frames);
  }

  /**
   * @param {number[]} counts
   * @returns {Uint8Array} row-major
   */
  #pixels(counts) {
    const { width, height } = this.#clip;
    const pixels = new Uint8Array(width * height);
    let position = 0;
    for (const [n, count] of counts.entries()) {
      const end = position + count;
      if (n % 2 === 1) for (let p = position; p < end; p++) pixels[(p % height) * width + Math.floor(p / height)] = 1;
      position = end;
    }
    return pixels;
  }

  /**
   * Does something that changes a frame's mask, and waits until it has. What changes nothing is waited for in vain for a while.
   * @param {number} frame
   * @param {() => Promise<void>} act
   */
  async #answered(frame, act) {
    const before = await this.#counts([frame]);
    await act();
    const start = performance.now();
    const deadline = start + longestAnswerMs;
    while (performance.now() < deadline && String(await this.#counts([frame])) === String(before)) {
      await this.#page.waitForTimeout(50);
    }
    this.waitMs += performance.now() - start;
  }

  /**
   * @param {Point} at
   * @param {'left' | 'right'} button
   */
  async #click(at, button) {
    this.clicks++;
    const { x, y } = await this.#onPage(at);
    await this.#page.mouse.click(x, y, { button });
    await this.#page.waitForTimeout(50);
  }

  /** @param {Point[]} path */
  async #drag(path) {
    this.clicks++;
    for (const [n, at] of path.entries()) {
      const { x, y } = await this.#onPage(at);
      await this.#page.mouse.move(x, y, { steps: 6 });
      if (n === 0) await this.#page.mouse.down();
    }
    await this.#page.mouse.up();
  }

  /** @param {Point} at */
  async #onPage({ x, y }) {
    this.#stage ??= await this.#page.getByTestId('stage').locator('canvas').first().boundingBox();
    const { width, height } = this.#clip;
    const box = this.#stage ?? { x: 0, y: 0, width: 0, height: 0 };
    return { x: box.x + ((x + 0.5) / width) * box.width, y: box.y + ((y + 0.5) / height) * box.height };
  }
}

/**
 * Renders a clip in the page and opens its pictures there.
 * @param {Page} page
 * @param {string} name
 * @returns {Promise<Clip>}
 */
async function openClip(page, name) {
  await page.addScriptTag({ content: `window.paintClip = ${paintClip.toString()}` });
  const { width, height, truth } = await page.evaluate(async (clip) => {
    const paint = /** @type {typeof paintClip} */ (Reflect.get(window, 'paintClip'));
    const { files, ...rest } = await paint(clip);
    await window.masklet.open(files, { framesPerSecond: 25 });
    return rest;
  }, name);
  return { width, height, truth: truth.map((rows) => Uint8Array.from(rows, Number)) };
}

/**
 * @param {Uint8Array} a
 * @param {Uint8Array} b
 */
function iouOf(a, b) {
  let both = 0;
  let either = 0;
  for (let at = 0; at < a.length; at++) {
    both += (a[at] ?? 0) & (b[at] ?? 0);
    either += (a[at] ?? 0) | (b[at] ?? 0);
  }
  return either === 0 ? 1 : both / either;
}

/**
 * The place furthest inside the largest piece that is wrong, where a person clicks.
 * @param {Uint8Array} mask
 * @param {Uint8Array} truth
 * @param {number} width
 */
function largestError(mask, truth, width) {
  const height = truth.length / width;
  let best = { at: { x: 0, y: 0 }, size: 0, isMissing: true };
  for (const isMissing of [true, false]) {
    const wrong = truth.map((inside, at) => (inside === (isMissing ? 1 : 0) && mask[at] !== inside ? 1 : 0));
    const seen = new Uint8Array(wrong.length);
    for (let start = 0; start < wrong.length; start++) {
      if (wrong[start] === 0 || seen[start] === 1) continue;
      const piece = [start];
      seen[start] = 1;
      // The piece grows while it is walked.
      for (const at of piece) {
        const beside = [at % width > 0 ? at - 1 : at, at % width < width - 1 ? at + 1 : at, at - width, at + width];
        for (const next of beside) {
          if (wrong[next] !== 1 || seen[next] === 1) continue;
          seen[next] = 1;
          piece.push(next);
        }
      }
      if (piece.length > best.size) best = { at: deepest(piece, width, height), size: piece.length, isMissing };
    }
  }
  return best;
}

/**
 * @param {number[]} piece
 * @param {number} width
 * @param {number} height
 * @returns {Point}
 */
function deepest(piece, width, height) {
  let inside = new Set(piece);
  let last = piece;
  while (inside.size > 0) {
    last = [...inside];
    const border = (/** @type {number} */ at) =>
      [at - 1, at + 1, at - width, at + width].some((next) => !inside.has(next)) ||
      at % width === 0 ||
      at >= width * (height - 1);
    inside = new Set(last.filter((at) => !border(at)));
  }
  const at = last[Math.floor(last.length / 2)] ?? 0;
  return { x: at % width, y: Math.floor(at / width) };
}

/**
 * Corners around a thing, at equal angles from its middle; null when it is absent.
 * @param {Uint8Array} truth
 * @param {number} width
 * @returns {Point[] | null}
 */
function outlineOf(truth, width) {
  const height = truth.length / width;
  let [count, sumX, sumY] = [0, 0, 0];
  truth.forEach((inside, at) => {
    if (inside === 0) return;
    count++;
    sumX += at % width;
    sumY += Math.floor(at / width);
  });
  if (count === 0) return null;
  const middle = { x: sumX / count, y: sumY / count };
  return Array.from({ length: corners }, (_, n) => {
    const angle = (n / corners) * 2 * Math.PI;
    let reach = 0;
    for (let step = 0; step < width; step += 0.5) {
      const x = Math.round(middle.x + step * Math.cos(angle));
      const y = Math.round(middle.y + step * Math.sin(angle));
      if (x >= 0 && y >= 0 && x < width && y < height && truth[y * width + x] === 1) reach = step;
    }
    // A little further out: straight lines between corners cut the round off.
    const x = middle.x + (reach + 1) * Math.cos(angle);
    const y = middle.y + (reach + 1) * Math.sin(angle);
    return { x: Math.max(0, Math.min(width - 1, x)), y: Math.max(0, Math.min(height - 1, y)) };
  });
}
