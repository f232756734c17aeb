import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FramePrompts } from '../protocol/prompt';
import { callback, connect, serve, type Remote } from '../protocol/rpc';
import type { SegmentApi, TrackedFrame } from '../protocol/segment-contract';
import { decodeRle } from './masks/rle';
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
    { packUrl: new URL('/models/nano/', location.href).href, provider: 'wasm' },
    callback(({ stage }) => void progress.push(stage)),
  );
  expect(status).toMatchObject({ name: 'nano', provider: 'wasm', fallbackReason: null });
  const { port1, port2 } = new MessageChannel();
  serve(shapes.source, port1);
  await segment.openVideo(shapes.info, port2);
}, 60_000);

afterAll(() => worker.terminate());

async function maskIou(object: number, shape: 'disc' | 'square', frameIndex: number): Promise<number> {
  const mask = await segment.mask(object, frameIndex);
  return mask ? iou(decodeRle(mask.rle), shapes.truth(shape, frameIndex)) : 0;
}

it('masks what is clicked, tracks it, and keeps objects apart', async () => {
  await segment.addObject(1);
  const disc = shapes.center('disc', 0);
  const first = await segment.prompt(1, 0, click(disc.xNorm, disc.yNorm));
  console.log(
    'click',
    await maskIou(1, 'disc', 0),
    first.candidates.map((c) => [c.token, c.predictedIou, c.area]),
  );
  expect(await maskIou(1, 'disc', 0)).toBeGreaterThan(0.85);
  expect(first.candidates).toHaveLength(4);

  await segment.addObject(2);
  const square = shapes.center('square', 0);
  await segment.prompt(2, 0, click(square.xNorm, square.yNorm));
  console.log('square', await maskIou(2, 'square', 0), (await segment.mask(2, 0))?.box);
  expect((await segment.stats()).encoderRuns).toBe(1);

  const tracked: TrackedFrame[] = [];
  for await (const frame of await segment.track({}, new AbortController().signal)) tracked.push(frame);
  console.log(JSON.stringify(tracked.slice(3, 5).map((t) => t.times)));
  expect(tracked.map(({ frameIndex }) => frameIndex)).toEqual(Array.from({ length: 24 }, (_, n) => n));
  for (const frameIndex of [5, 12, 23]) {
    console.log(frameIndex, await maskIou(1, 'disc', frameIndex), await maskIou(2, 'square', frameIndex));
    expect(await maskIou(1, 'disc', frameIndex)).toBeGreaterThan(0.8);
    expect(await maskIou(2, 'square', frameIndex)).toBeGreaterThan(0.8);
  }
});
