import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FramePrompts } from '../protocol/prompt';
import { callback, connect, serve, type Remote } from '../protocol/rpc';
import type { SegmentApi, TrackedFrame, TrackRequest } from '../protocol/segment-contract';
import { decodeRle, encodeRle } from '../rle/rle';
import { createMovingShapes } from './moving-shapes';

const click = (xNorm: number, yNorm: number, label: 0 | 1 = 1): FramePrompts => ({
  points: [{ xNorm, yNorm, label }],
  box: null,
  mask: null,
});

function iou(a: Uint8Array, b: Uint8Array): number {
  let both = 0;
  let either = 0;
  a.forEach((value, n) => {
    both += value & b[n]!;
    either += value | b[n]!;
  });
  return either === 0 ? 1 : both / either;
}

let worker: Worker;
let segment: Remote<SegmentApi>;
const shapes = createMovingShapes(320, 240, 24);

beforeAll(async () => {
  worker = new Worker(new URL('./segment.worker.ts', import.meta.url), { type: 'module' });
  segment = connect<SegmentApi>(worker);
  const progress: string[] = [];
  const status = await segment.loadModel(
    { source: { kind: 'pack', url: new URL('/models/nano/', location.href).href }, provider: 'wasm' },
    callback(({ stage }) => void progress.push(stage)),
  );
  expect(status).toMatchObject({ name: 'nano', provider: 'wasm', fallback: null });
  const { port1, port2 } = new MessageChannel();
  serve(shapes.source, port1);
  await segment.openVideo(shapes.info, port2);
}, 60_000);

afterAll(() => worker.terminate());

async function maskIou(object: number, shape: 'disc' | 'square', frameIndex: number): Promise<number> {
  const mask = await segment.mask(object, frameIndex);
  return mask ? iou(decodeRle(mask.rle), shapes.truth(shape, frameIndex)) : 0;
}

async function track(request: TrackRequest = {}, signal = new AbortController().signal): Promise<TrackedFrame[]> {
  const tracked: TrackedFrame[] = [];
  for await (const frame of await segment.track(request, signal)) tracked.push(frame);
  return tracked;
}

const noPrompts: FramePrompts = { points: [], box: null, mask: null };
const counts = async (object: number, frameIndex: number): Promise<number[]> => [
  ...((await segment.mask(object, frameIndex))?.rle.counts ?? []),
];

it('masks what is prompted, encodes a frame once, and offers candidates for a single click', async () => {
  await segment.addObject(1);
  const disc = shapes.center('disc', 0);
  const first = await segment.prompt(1, 0, click(disc.xNorm, disc.yNorm));
  expect(await maskIou(1, 'disc', 0)).toBeGreaterThan(0.85);
  expect(first.mask).toMatchObject({ object: 1, frameIndex: 0, origin: 'prompt' });
  expect(first.mask!.area).toBe(decodeRle((await segment.mask(1, 0))!.rle).reduce((sum, pixel) => sum + pixel, 0));
  expect(first.candidates.map(({ token }) => token)).toEqual([0, 1, 2, 3]);
  expect(first.token).toBe(0);

  // Another candidate is taken, and the first one again.
  const before = await counts(1, 0);
  const chosen = await segment.chooseCandidate(1, 0, 2);
  expect(chosen.token).toBe(2);
  expect(await counts(1, 0)).toEqual([...first.candidates[2]!.rle.counts]);
  await segment.chooseCandidate(1, 0, 0);
  expect(await counts(1, 0)).toEqual(before);

  // Two more clicks; taking the last one back restores the mask before it, to the pixel.
  const two: FramePrompts = {
    ...noPrompts,
    points: [
      { ...disc, label: 1 },
      { xNorm: 0.9, yNorm: 0.1, label: 0 },
    ],
  };
  const second = await segment.prompt(1, 0, two);
  expect(second.candidates).toEqual([]);
  const withTwo = await counts(1, 0);
  await segment.prompt(1, 0, {
    ...two,
    points: [...two.points, { xNorm: disc.xNorm + 0.03, yNorm: disc.yNorm, label: 1 }],
  });
  await segment.prompt(1, 0, two);
  expect(await counts(1, 0)).toEqual(withTwo);
  await segment.prompt(1, 0, click(disc.xNorm, disc.yNorm));
  expect(await counts(1, 0)).toEqual(before);

  await segment.addObject(2);
  const square = shapes.center('square', 0);
  await segment.prompt(2, 0, click(square.xNorm, square.yNorm));
  expect(await maskIou(2, 'square', 0)).toBeGreaterThan(0.5);
  expect((await segment.stats()).encoderRuns).toBe(1);
});

it('tracks several objects, keeps what was tracked when cancelled, and recomputes only what was asked for', async () => {
  const tracked = await track();
  expect(tracked.map(({ frameIndex }) => frameIndex)).toEqual(Array.from({ length: 24 }, (_, n) => n));
  expect(tracked.at(-1)).toMatchObject({ done: 24, total: 24 });
  for (const frameIndex of [1, 8, 16, 23]) {
    expect(await maskIou(1, 'disc', frameIndex)).toBeGreaterThan(0.8);
    expect(await maskIou(2, 'square', frameIndex)).toBeGreaterThan(0.5);
  }
  // Every frame was decoded and encoded once, the clicks' frame included.
  expect((await segment.stats()).encoderRuns).toBe(24);

  // A correction is a conditioning frame: tracking over it leaves it as it is, and the other object untouched.
  const disc = shapes.center('disc', 10);
  const corrected = await segment.prompt(1, 10, click(disc.xNorm, disc.yNorm));
  expect(corrected.mask!.origin).toBe('prompt');
  const at10 = await counts(1, 10);
  const square = await Promise.all(Array.from({ length: 24 }, (_, n) => counts(2, n)));
  await track({ objects: [1], direction: 'both' });
  expect(await counts(1, 10)).toEqual(at10);
  expect(await Promise.all(Array.from({ length: 24 }, (_, n) => counts(2, n)))).toEqual(square);

  // Cancelled after three frames: those are new, the rest is as before.
  await segment.addObject(3);
  await segment.prompt(3, 5, click(0.1, 0.9));
  const controller = new AbortController();
  const partial: number[] = [];
  for await (const { frameIndex } of await segment.track({ objects: [3] }, controller.signal)) {
    partial.push(frameIndex);
    if (partial.length === 3) controller.abort();
  }
  expect(partial).toEqual([5, 6, 7]);
  expect(await segment.mask(3, 7)).not.toBeNull();
  expect(await segment.mask(3, 9)).toBeNull();
  await segment.removeObject(3);
  expect((await segment.masksOfFrame(6)).map(({ object }) => object)).toEqual([1, 2]);
});

it('takes a mask as a prompt and shows it to the pixel', async () => {
  const truth = encodeRle(shapes.truth('disc', 4), 320, 240);
  await segment.addObject(4);
  const { mask } = await segment.prompt(4, 4, { ...noPrompts, mask: truth });
  expect(mask).toMatchObject({ origin: 'prompt', predictedIou: 1, occlusionScore: 10 });
  expect(await counts(4, 4)).toEqual([...truth.counts]);
  await track({ objects: [4], from: 4, to: 12 });
  expect(await counts(4, 4)).toEqual([...truth.counts]);
  expect(await maskIou(4, 'disc', 12)).toBeGreaterThan(0.8);
  // Clearing the prompt leaves an ordinary frame, and with no prompt left there is nothing to track.
  await segment.prompt(4, 4, noPrompts);
  await expect(track({ objects: [4] })).rejects.toMatchObject({ code: 'nothing-to-track' });
});

it('tracks several objects in one run as it tracks each alone', async () => {
  const together = [5, 6];
  const alone = [7, 8];
  for (const [n, shape] of (['disc', 'square'] as const).entries()) {
    const { xNorm, yNorm } = shapes.center(shape, 0);
    for (const object of [together[n]!, alone[n]!]) {
      await segment.addObject(object);
      await segment.prompt(object, 0, click(xNorm, yNorm));
    }
  }
  await track({ objects: together, to: 8 });
  for (const object of alone) await track({ objects: [object], to: 8 });
  for (let frameIndex = 1; frameIndex <= 8; frameIndex++) {
    for (const n of [0, 1]) {
      const batched = (await segment.mask(together[n]!, frameIndex))!;
      const single = (await segment.mask(alone[n]!, frameIndex))!;
      expect(Math.abs(batched.occlusionScore - single.occlusionScore)).toBeLessThan(1e-3);
      expect(Math.abs(batched.predictedIou - single.predictedIou)).toBeLessThan(1e-4);
      expect(1 - iou(decodeRle(batched.rle), decodeRle(single.rle))).toBeLessThan(1e-3);
    }
  }
  // Where masks may not overlap, two objects of the same shape share its pixels.
  await segment.configure({ nonOverlapping: true });
  const [first, second] = (await segment.masksOfFrame(8)).filter(({ object }) => object === 5 || object === 7);
  const both = decodeRle(first!.rle).filter((pixel, n) => pixel === 1 && decodeRle(second!.rle)[n] === 1);
  expect(both.length).toBe(0);
  await segment.configure({ nonOverlapping: false });
  for (const object of [...together, ...alone]) await segment.removeObject(object);
});

it('refuses what can not be, in words', async () => {
  await expect(segment.prompt(99, 0, click(0.5, 0.5))).rejects.toMatchObject({ code: 'unknown-object' });
  await expect(segment.prompt(1, 24, click(0.5, 0.5))).rejects.toMatchObject({ code: 'frame-out-of-range' });
  await expect(segment.prompt(1, 0, click(1.5, 0.5))).rejects.toMatchObject({ code: 'invalid-argument' });
  await expect(segment.addObject(1)).rejects.toMatchObject({ code: 'invalid-argument' });
  await expect(segment.chooseCandidate(1, 0, 7)).rejects.toMatchObject({ code: 'invalid-argument' });
  const short = { width: 320, height: 240, counts: Uint32Array.of(5) };
  await expect(segment.prompt(1, 0, { ...noPrompts, mask: short })).rejects.toMatchObject({ code: 'invalid-argument' });
  await expect(track({ objects: [1], from: 50 })).rejects.toMatchObject({ code: 'frame-out-of-range' });
  // One run at a time; the refused one leaves the other as it is.
  const run = (await segment.track({ objects: [1] }, new AbortController().signal))[Symbol.asyncIterator]();
  await expect(track({ objects: [2] })).rejects.toMatchObject({ code: 'busy' });
  expect((await run.next()).done).toBe(false);
  await run.return!();
});

it('keeps masks and prompts when the model is loaded again', async () => {
  const before = await counts(2, 12);
  await segment.loadModel(
    { source: { kind: 'pack', url: new URL('/models/nano/', location.href).href }, provider: 'wasm' },
    callback(() => undefined),
  );
  expect(await counts(2, 12)).toEqual(before);
  await track({ objects: [2], to: 12 });
  expect(await counts(2, 12)).toEqual(before);
});
