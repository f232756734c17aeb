import { expect, it } from 'vitest';
import type { FramePrompts } from '../protocol/prompt';
import { callback, connect, serve } from '../protocol/rpc';
import type { MaskResult } from '../protocol/mask';
import type { Provider, SegmentApi, SegmentStats } from '../protocol/segment-contract';
import { microPackUrl } from './graphs/micro-parity';
import { decodeRle } from '../rle/rle';
import { createMovingShapes } from './moving-shapes';

const frameCount = 5;

type Run = { masks: MaskResult[]; stats: SegmentStats };

/** One session on the whole worker: a click, a second one, a box, a mask prompt, and a run of two objects. */
async function session(provider: Provider): Promise<Run> {
  // The model's own size, so that resizing, which rounds on the CPU and not on the GPU, changes nothing.
  const shapes = createMovingShapes(64, 64, frameCount);
  const worker = new Worker(new URL('./segment.worker.ts', import.meta.url), { type: 'module' });
  const segment = connect<SegmentApi>(worker);
  const status = await segment.loadModel(
    { source: { kind: 'pack', url: microPackUrl }, provider },
    callback(() => undefined),
  );
  expect(status).toMatchObject({ name: 'micro', provider, fallback: null });
  const { port1, port2 } = new MessageChannel();
  serve(shapes.source, port1);
  await segment.openVideo(shapes.info, port2);

  const disc = shapes.center('disc', 0);
  const points: FramePrompts['points'] = [{ ...disc, label: 1 }];
  await segment.addObject(1);
  await segment.prompt(1, 0, { points, box: null, mask: null });
  await segment.prompt(1, 0, { points: [...points, { xNorm: 0.9, yNorm: 0.1, label: 0 }], box: null, mask: null });
  await segment.addObject(2);
  await segment.prompt(2, 1, { points: [], box: { x0Norm: 0.5, y0Norm: 0.4, x1Norm: 0.9, y1Norm: 0.9 }, mask: null });
  for await (const _ of await segment.track({ from: 0 }, new AbortController().signal));
  const correction = { points, box: null, mask: null };
  await segment.prompt(1, 3, correction);

  const masks: MaskResult[] = [];
  for (let frameIndex = 0; frameIndex < frameCount; frameIndex++)
    masks.push(...(await segment.masksOfFrame(frameIndex)));
  const stats = await segment.stats();
  worker.terminate();
  return { masks, stats };
}

it('runs the whole worker on WebGPU with the results of WASM', async () => {
  expect(await navigator.gpu.requestAdapter(), 'no WebGPU adapter: this part can prove nothing here').not.toBeNull();
  const wasm = await session('wasm');
  const webgpu = await session('webgpu');
  expect(webgpu.masks.length).toBe(frameCount * 2);
  expect(webgpu.masks.length).toBe(wasm.masks.length);
  webgpu.masks.forEach((mask, n) => {
    const other = wasm.masks[n]!;
    const where = `object ${mask.object}, frame ${mask.frameIndex}`;
    expect(mask.origin, where).toBe(other.origin);
    expect(Math.abs(mask.occlusionScore - other.occlusionScore), where).toBeLessThan(
      1e-3 * Math.max(1, Math.abs(other.occlusionScore)),
    );
    expect(Math.abs(mask.predictedIou - other.predictedIou), where).toBeLessThan(1e-3);
    const pixels = decodeRle(mask.rle);
    const differing = decodeRle(other.rle).reduce((sum, pixel, p) => sum + Math.abs(pixel - pixels[p]!), 0);
    expect(differing, where).toBeLessThanOrEqual(4);
  });
  expect(webgpu.stats.encoderRuns).toBe(frameCount);
  expect(webgpu.stats.memoryBankBytes).toBe(wasm.stats.memoryBankBytes);
});
