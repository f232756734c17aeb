/** Runs the micro pack's graphs on a provider over inputs recorded in PyTorch, and compares with its outputs. For tests. */
import type { Precision, Provider } from '../../protocol/segment-contract';
import { downloadPack, type ModelPack } from '../model-pack/download';
import { graphNames, type GraphName } from '../model-pack/manifest';
import { readSafetensors, tensorNumbers, type SafeTensor } from '../model-pack/safetensors';
import { fetchCatalogue, fetchWeightless, recogniseWeights, weightlessPack } from '../model-pack/weightless-pack';
import { openWeightsFile } from '../model-pack/weights-file';
import type { Tensor } from '../runtime/ort';
import { createRuntime } from '../runtime/runtime';

export const microPackUrl = new URL('/e2e/fixtures/packs/micro/', location.href).href;

/** Largest difference of an output from PyTorch's, over the largest value there (at least 1). */
export type OutputError = { graph: GraphName; output: string; relativeError: number };

export const microHubUrl = new URL('/e2e/fixtures/packs/micro-hub/', location.href).href;
export const microEdgeTamUrl = new URL('/e2e/fixtures/packs/micro-edgetam/', location.href).href;

/** @param url folder of the pack, or of the weightless model, whose weights are `weights` */
export async function compareWithPyTorch(
  provider: Provider,
  url = microPackUrl,
  weights?: Blob,
  precision: Precision = 'float32',
): Promise<OutputError[]> {
  const runtime = await createRuntime(provider);
  const pack = weights ? await openWeightless(url, weights, precision) : await downloadPack(url, () => undefined);
  const errors: OutputError[] = [];
  for (const graph of graphNames) {
    const session = await runtime.createSession(pack.graphs[graph], await pack.weights?.(graph));
    const golden = await fetchTensors(new URL(`golden/${graph}.safetensors`, url));
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

/** @param imageSize of the model's sizes; its first by default */
export async function openWeightless(
  url: string,
  file: Blob,
  precision: Precision,
  imageSize?: number,
): Promise<ModelPack> {
  const catalogueUrl = new URL('catalogue.json', url).href;
  const weights = await openWeightsFile(file);
  const entry = recogniseWeights(weights, await fetchCatalogue(catalogueUrl));
  const manifest = await fetchWeightless(catalogueUrl, entry);
  const form = { imageSize: imageSize ?? entry.imageSizes[0]!, precision };
  return weightlessPack(catalogueUrl, manifest, weights, form, () => undefined);
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
