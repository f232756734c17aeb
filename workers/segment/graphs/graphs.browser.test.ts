import { expect, it } from 'vitest';
import { compareWithPyTorch, microHubUrl } from './micro-parity';

it('gives what PyTorch gives, graph by graph, on WASM', async () => {
  const errors = await compareWithPyTorch('wasm');
  expect(errors.length).toBe(11);
  for (const { graph, output, relativeError } of errors) expect(relativeError, `${graph}.${output}`).toBeLessThan(1e-4);
});

it('takes the weights of a hub model from their own file, on WASM', async () => {
  const weights = await (await fetch(new URL('model.safetensors', microHubUrl))).blob();
  const errors = await compareWithPyTorch('wasm', microHubUrl, weights);
  expect(errors.length).toBe(11);
  for (const { graph, output, relativeError } of errors) expect(relativeError, `${graph}.${output}`).toBeLessThan(2e-3);
});
