import { expect, it } from 'vitest';
import { downloadPack } from '../model-pack/download';
import { createRuntime } from '../runtime/runtime';
import { runMemoryAttention } from './memory-attention';
import { compareWithPyTorch, microEdgeTamUrl, microHubUrl, microPackUrl } from './micro-parity';

it('gives what PyTorch gives, graph by graph, on WASM', async () => {
  const errors = await compareWithPyTorch('wasm');
  expect(errors.length).toBe(11);
  for (const { graph, output, relativeError } of errors) expect(relativeError, `${graph}.${output}`).toBeLessThan(1e-4);
});

it.each([microHubUrl, microEdgeTamUrl])(
  'takes the weights of a hub model from their own file, on WASM: %s',
  async (url) => {
    const weights = await (await fetch(new URL('model.safetensors', url))).blob();
    const errors = await compareWithPyTorch('wasm', url, weights);
    expect(errors.length).toBe(11);
    for (const { graph, output, relativeError } of errors)
      expect(relativeError, `${graph}.${output}`).toBeLessThan(2e-3);
  },
);

it('computes hub graphs of float16 to its digits, on WASM', async () => {
  const weights = await (await fetch(new URL('model.safetensors', microHubUrl))).blob();
  for (const { graph, output, relativeError } of await compareWithPyTorch('wasm', microHubUrl, weights, 'float16')) {
    expect(relativeError, `${graph}.${output}`).toBeLessThan(1e-2);
  }
});

it('attends for many objects in several runs as in one', async () => {
  const runtime = await createRuntime('wasm');
  const { tensors } = runtime;
  const pack = await downloadPack(microPackUrl, () => undefined);
  const session = await runtime.createSession(pack.graphs.memory_attention);
  const { imageSize, hiddenSize } = pack.manifest;
  const side = imageSize / 16;
  const madeUp = (seed: number, ...dims: number[]) =>
    tensors.float(
      Float32Array.from({ length: dims.reduce((product, size) => product * size, 1) }, (_, n) => Math.sin(seed + n)),
      dims,
    );
  const stride16 = madeUp(0, 1, hiddenSize, side, side);
  const features = { stride4: stride16, stride8: stride16, stride16, noMemory: stride16 };
  // The first has more memories and pointers than the others.
  const slots = [3, 1, 2, 1, 1].map((count, b) => ({
    memories: Array.from({ length: count }, (_, row) => ({
      row,
      output: { spatialMemory: madeUp(10 * b + row, 1, side * side, 64) },
    })),
    pointers: Array.from({ length: count }, (_, time) => ({
      time: time / 4,
      output: { objectPointer: madeUp(20 * b + time, 1, hiddenSize) },
    })),
  }));
  const atOnce = await runMemoryAttention(session, tensors, features, slots);
  const inPairs = await runMemoryAttention(session, tensors, features, slots, 2);
  expect(inPairs.dims).toEqual(atOnce.dims);
  const [expected, actual] = [await tensors.read(atOnce), await tensors.read(inPairs)];
  expect(Math.max(...expected.map((value, n) => Math.abs(value - actual[n]!)))).toBeLessThan(1e-4);
});
