import { expect, it } from 'vitest';
import { compareWithPyTorch, microEdgeTamUrl, microHubUrl } from './micro-parity';

it('gives what PyTorch gives, graph by graph, on WebGPU', async () => {
  expect(await navigator.gpu.requestAdapter(), 'no WebGPU adapter: this part can prove nothing here').not.toBeNull();
  const errors = await compareWithPyTorch('webgpu');
  expect(errors.length).toBe(11);
  for (const { graph, output, relativeError } of errors) expect(relativeError, `${graph}.${output}`).toBeLessThan(1e-3);
});

it.each([microHubUrl, microEdgeTamUrl])(
  'takes the weights of a hub model from their own file, on WebGPU: %s',
  async (url) => {
    const weights = await (await fetch(new URL('model.safetensors', url))).blob();
    const errors = await compareWithPyTorch('webgpu', url, weights);
    expect(errors.length).toBe(11);
    for (const { graph, output, relativeError } of errors)
      expect(relativeError, `${graph}.${output}`).toBeLessThan(5e-3);
  },
);

it.each([microHubUrl, microEdgeTamUrl])(
  'computes hub graphs of float16 to its digits, on WebGPU where it has float16: %s',
  async (url) => {
    const adapter = await navigator.gpu.requestAdapter();
    // load-model.webgpu.test.ts proves what becomes of a device without.
    if (!adapter!.features.has('shader-f16')) return;
    const weights = await (await fetch(new URL('model.safetensors', url))).blob();
    const errors = await compareWithPyTorch('webgpu', url, weights, 'float16');
    expect(errors.length).toBe(11);
    for (const { graph, output, relativeError } of errors)
      expect(relativeError, `${graph}.${output}`).toBeLessThan(2e-2);
  },
);
