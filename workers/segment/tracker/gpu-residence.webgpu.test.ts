import { expect, it } from 'vitest';
import type { GpuTraffic } from '../../protocol/segment-contract';
import { compileGraphs } from '../graphs/graphs';
import { microPackUrl } from '../graphs/micro-parity';
import { FeatureCache } from '../image-features/feature-cache';
import { downloadPack } from '../model-pack/download';
import { defaultTrackerOptions } from '../memory/tracker-options';
import { createRuntime } from '../runtime/runtime';
import { MemoryBudget } from './memory-budget';
import { Tracker } from './tracker';

const frameCount = 8;

it('brings back nothing but masks and scores of a tracked frame, and sends up nothing that was there before', async () => {
  const runtime = await createRuntime('webgpu');
  const { tensors } = runtime;
  const pack = await downloadPack(microPackUrl, () => undefined);
  const graphs = await compileGraphs(pack, runtime, () => undefined);
  const { imageSize } = graphs.manifest;
  const side = imageSize / 4;
  let version = 0;
  const memories = new MemoryBudget(Infinity);
  const tracker = new Tracker(frameCount);
  const images = Array.from({ length: frameCount }, (_, frame) =>
    tensors.float(
      Float32Array.from({ length: 3 * imageSize * imageSize }, (_, n) => Math.sin(n / 50 + frame)),
      [1, 3, imageSize, imageSize],
    ),
  );
  await tracker.useModel(
    {
      graphs,
      tensors,
      features: new FeatureCache(
        async (frame) => ({
          features: await graphs.encodeImage(images[frame]!),
          times: { decode: 0, preprocess: 0, imageEncoder: 0 },
        }),
        Infinity,
      ),
      memories,
      options: defaultTrackerOptions,
      frameCount,
      nextVersion: () => version++,
      prefetch: () => undefined,
    },
    false,
  );
  const objects = [1, 2];
  for (const object of objects) {
    tracker.addObject(object);
    await tracker.prompt(object, 0, { points: [{ xNorm: object / 3, yNorm: 0.5, label: 1 }], box: null, mask: null });
  }

  const traffic = runtime.traffic!;
  const perFrame: GpuTraffic[] = [];
  let before = { ...traffic };
  for await (const _ of tracker.track({}, new AbortController().signal)) {
    perFrame.push({
      uploadedBytes: traffic.uploadedBytes - before.uploadedBytes,
      parameterBytes: traffic.parameterBytes - before.parameterBytes,
      downloadedBytes: traffic.downloadedBytes - before.downloadedBytes,
      dispatches: traffic.dispatches - before.dispatches,
    });
    before = { ...traffic };
  }
  const scores = 8 * 4;
  const logits = side * side * 4;
  for (const { uploadedBytes, downloadedBytes, dispatches } of perFrame.slice(1)) {
    expect(downloadedBytes).toBe(objects.length * (logits + scores));
    // The image, which this test has on the CPU, and numbers: never a feature, a mask or a memory.
    const image = 3 * imageSize * imageSize * 4;
    expect(uploadedBytes).toBe(image);
    expect(dispatches).toBeGreaterThan(50);
  }
  // One spatial memory an object and frame: 64 floats a position.
  expect(memories.bytes).toBe(objects.length * frameCount * (imageSize / 16) ** 2 * 64 * 4);
});
