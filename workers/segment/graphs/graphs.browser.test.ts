import { expect, it } from 'vitest';
import { compareWithPyTorch } from './micro-parity';

it('gives what PyTorch gives, graph by graph, on WASM', async () => {
  const errors = await compareWithPyTorch('wasm');
  expect(errors.length).toBe(11);
  for (const { graph, output, relativeError } of errors) expect(relativeError, `${graph}.${output}`).toBeLessThan(1e-4);
});
