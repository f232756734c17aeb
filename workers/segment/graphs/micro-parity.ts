/** Runs the micro pack's graphs on a provider over inputs recorded in PyTorch, and compares with its outputs. For tests. */
import type { Provider } from '../../protocol/segment-contract';
import { downloadPack } from '../model-pack/download';
import { graphNames, type GraphName } from '../model-pack/manifest';
import { readSafetensors, tensorNumbers, type SafeTensor } from '../model-pack/safetensors';
import type { Tensor } from '../runtime/ort';
import { createRuntime } from '../runtime/runtime';

export const microPackUrl = new URL('/e2e/fixtures/packs/micro/', location.href).href;

/** Largest difference of an output from PyTorch's, over the largest value there (at least 1). */
export type OutputError = { graph: GraphName; output: string; relativeError: number };

export async function compareWithPyTorch(provider: Provider): Promise<OutputError[]> {
  const runtime = await createRuntime(provider);
  const pack = await downloadPack(microPackUrl, () => undefined);
  const errors: OutputError[] = [];
  for (const graph of graphNames) {
    const session = await runtime.createSession(pack.graphs[graph]);
    const golden = await fetchTensors(new URL(`golden/${graph}.safetensors`, microPackUrl));
    const inputs: Record<string, Tensor> = {};
    for (const [name, tensor] of golden) {
      if (!name.startsWith('in.')) continue;
      const numbers = tensorNumbers(tensor);
      inputs[name.slice(3)] =
        numbers instanceof Int32Array
          ? runtime.tensors.int(numbers, tensor.shape)
          : runtime.tensors.float(numbers as Float32Array, tensor.shape);
    }
    const outputs = await session.run(inputs);
    for (const [name, tensor] of golden) {
      if (!name.startsWith('out.')) continue;
      const actual = await runtime.tensors.read(outputs[name.slice(4)]!);
      errors.push({ graph, output: name.slice(4), relativeError: relativeError(actual, tensorNumbers(tensor)) });
    }
    await session.release();
  }
  return errors;
}

async function fetchTensors(url: URL): Promise<Map<string, SafeTensor>> {
  return readSafetensors(new Uint8Array(await (await fetch(url)).arrayBuffer())).tensors;
}

function relativeError(actual: Float32Array, golden: ArrayLike<number>): number {
  if (actual.length !== golden.length) return Infinity;
  let difference = 0;
  let magnitude = 1;
  actual.forEach((value, n) => {
    difference = Math.max(difference, Math.abs(golden[n]! - value));
    magnitude = Math.max(magnitude, Math.abs(golden[n]!));
  });
  return difference / magnitude;
}
