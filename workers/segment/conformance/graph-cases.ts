/** Teacher-forced cases: one graph, the reference's own inputs, its outputs. Fields: conformance/README.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageFeatures } from '../graphs/image-encoder';
import { selectBestOfThree, selectSingle } from '../graphs/mask-decoder';
import { readSafetensors, tensorNumbers, type SafeTensor } from '../model-pack/safetensors';
import { encodeRle } from '../../rle/rle';
import { maskPromptTensors, noPoints } from '../prompts/prompt-tensors';
import type { Tensor } from '../runtime/ort';
import type { NodeModel } from './node-model';

/** Largest absolute differences that the reference's own float32 and float64 runs allow. */
const tolerance = { features: 2e-5, conditioned: 1e-5, memory: 1e-5, logits: 1e-3, score: 2e-4, pointer: 5e-5, iou: 2e-6 };

type Tensors = Map<string, SafeTensor>;
type Check = { what: string; error: number; limit: number };

export type CaseResult = { name: string; checks: Check[] };

export function caseNames(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.safetensors') && file !== 'decoder_features.safetensors')
    .map((file) => file.replace('.safetensors', ''))
    .sort();
}

export async function runCase(model: NodeModel, folder: string, name: string): Promise<CaseResult> {
  const { tensors, metadata } = readSafetensors(new Uint8Array(readFileSync(join(folder, `${name}.safetensors`))));
  const run = new GraphCase(model, folder, tensors, metadata);
  const graph = (['image_encoder', 'memory_attention', 'memory_encoder', 'decoder', 'mask_prompt'] as const).find((prefix) =>
    name.startsWith(prefix),
  );
  if (!graph) throw new Error(`No graph is known for the case ${name}`);
  return { name, checks: await run[graph]() };
}

class GraphCase {
  readonly #model: NodeModel;
  readonly #folder: string;
  readonly #tensors: Tensors;
  readonly #metadata: Record<string, string>;

  constructor(model: NodeModel, folder: string, tensors: Tensors, metadata: Record<string, string>) {
    this.#model = model;
    this.#folder = folder;
    this.#tensors = tensors;
    this.#metadata = metadata;
  }

  async image_encoder(): Promise<Check[]> {
    const features = await this.#model.graphs.encodeImage(this.#tensor('image'));
    const limit = tolerance.features;
    return [
      { what: 'stride 4', error: this.#error(features.stride4, 's0'), limit },
      { what: 'stride 8', error: this.#error(features.stride8, 's1'), limit },
      { what: 'stride 16', error: this.#error(features.stride16, 'feat'), limit },
      { what: 'no memory', error: this.#error(features.noMemory, 'feat_no_mem'), limit },
    ];
  }

  async memory_attention(): Promise<Check[]> {
    const rows = this.#numbers('mem_tpos_row');
    const memories = split(this.#numbers('mem'), rows.length).map((memory, n) => ({
      row: rows[n]!,
      output: { spatialMemory: this.#float(memory, [1, memory.length / 64, 64]) },
    }));
    const hasPointers = this.#tensors.has('ptrs');
    const distances = hasPointers ? this.#numbers('ptr_dt') : [];
    const normalizer = hasPointers ? this.#numbers('ptr_norm')[0]! : 1;
    const pointers = (hasPointers ? split(this.#numbers('ptrs'), distances.length) : []).map((pointer, k) => ({
      time: distances[k]! / normalizer,
      output: { objectPointer: this.#float(pointer, [1, pointer.length]) },
    }));
    const features = { stride16: this.#tensor('feat') } as ImageFeatures;
    const conditioned = await this.#model.graphs.attendMemory(features, [{ memories, pointers }]);
    return [{ what: 'conditioned', error: this.#error(conditioned, 'cond'), limit: tolerance.conditioned }];
  }

  async memory_encoder(): Promise<Check[]> {
    const low = this.#numbers('low');
    const side = Math.sqrt(low.length);
    const features = { stride16: this.#tensor('feat'), stride4: { dims: [1, 1, side, side] } } as unknown as ImageFeatures;
    const slot = {
      maskLogits: this.#float(low, [1, 1, side, side]),
      occlusionScore: this.#float(this.#numbers('score'), [1, 1]),
      isBinarized: this.#numbers('binarize')[0] === 1,
    };
    const [memory] = await this.#model.graphs.encodeMemory(features, [slot]);
    const actual = memory!.data as Float32Array;
    // The reference keeps channels first, the graph positions first.
    const golden = Float32Array.from(this.#numbers('mem'));
    const positions = golden.length / 64;
    const error = golden.reduce((worst, value, n) => {
      const channel = Math.floor(n / positions);
      return Math.max(worst, Math.abs(value - actual[(n % positions) * 64 + channel]!));
    }, 0);
    return [{ what: 'memory', error, limit: tolerance.memory }];
  }

  async decoder(): Promise<Check[]> {
    const isMultimask = this.#numbers('multimask')[0] === 1;
    const { features, conditioned } = this.#decoderFeatures('cond');
    const slot = {
      points: Array.from(this.#numbers('points')),
      labels: Array.from(this.#numbers('labels')),
      maskInput: this.#tensors.has('mask_in') ? (this.#numbers('mask_in') as Float32Array) : null,
      selection: isMultimask ? selectBestOfThree : selectSingle,
      isPresent: true,
    };
    const [decoded] = await this.#model.graphs.decodeMasks(features, conditioned, [slot], true);
    const { maskLogits, candidateLogits, candidateIous, score, objectPointer, token, stability } = decoded!;
    return [
      { what: 'candidates', error: this.#error(candidateLogits!, 'masks4'), limit: tolerance.logits },
      { what: 'logits', error: this.#error(maskLogits, 'low'), limit: tolerance.logits },
      { what: 'IoUs', error: difference(candidateIous, this.#numbers('ious4')), limit: tolerance.iou },
      { what: 'score', error: Math.abs(score - this.#numbers('score')[0]!), limit: tolerance.score },
      { what: 'pointer', error: this.#error(objectPointer, 'ptr'), limit: tolerance.pointer },
      { what: 'token', error: Math.abs(token - this.#numbers('token')[0]!), limit: 0 },
      // A ratio of two counts of pixels: one pixel at a threshold moves it.
      { what: 'stability', error: Math.abs(stability - this.#numbers('stability')[0]!), limit: 0.01 },
    ];
  }

  async mask_prompt(): Promise<Check[]> {
    const pixels = this.#numbers('mask');
    const side = Math.sqrt(pixels.length);
    const { maskDownsample } = this.#model.graphs.manifest;
    const { maskLogits, maskInput, isEmpty } = maskPromptTensors(encodeRle(pixels, side, side), side, maskDownsample);
    const { features, conditioned } = this.#decoderFeatures('feat');
    const slot = { ...noPoints, maskInput, selection: selectSingle, isPresent: !isEmpty };
    const [decoded] = await this.#model.graphs.decodeMasks(features, conditioned, [slot], false);
    return [
      { what: 'logits', error: difference(maskLogits, this.#numbers('low')), limit: tolerance.logits },
      { what: 'pointer', error: this.#error(decoded!.objectPointer, 'ptr'), limit: tolerance.pointer },
      { what: 'presence', error: Number(isEmpty === this.#numbers('score')[0]! > 0), limit: 0 },
    ];
  }

  /** The features a decoder case names in its metadata. */
  #decoderFeatures(conditionedKey: 'cond' | 'feat'): { features: ImageFeatures; conditioned: Tensor } {
    const file = join(this.#folder, this.#metadata['features']!);
    const { tensors } = readSafetensors(new Uint8Array(readFileSync(file)));
    const load = (key: string): Tensor => {
      const tensor = tensors.get(this.#metadata[key]!)!;
      return this.#float(tensorNumbers(tensor), tensor.shape);
    };
    return { features: { stride4: load('s0'), stride8: load('s1') } as ImageFeatures, conditioned: load(conditionedKey) };
  }

  #numbers(name: string): ReturnType<typeof tensorNumbers> {
    return tensorNumbers(this.#tensors.get(name)!);
  }

  #tensor(name: string): Tensor {
    return this.#float(this.#numbers(name), this.#tensors.get(name)!.shape);
  }

  #float(numbers: ArrayLike<number>, dims: readonly number[]): Tensor {
    return this.#model.runtime.tensors.float(Float32Array.from(numbers), dims);
  }

  #error(actual: Tensor, name: string): number {
    return difference(actual.data as Float32Array, this.#numbers(name));
  }
}

/** Largest absolute difference. */
export function difference(actual: Float32Array, golden: ArrayLike<number>): number {
  if (actual.length !== golden.length) return Infinity;
  return actual.reduce((worst, value, n) => Math.max(worst, Math.abs(value - golden[n]!)), 0);
}

function split(numbers: ArrayLike<number>, parts: number): Float32Array[] {
  const length = numbers.length / parts;
  const all = Float32Array.from(numbers);
  return Array.from({ length: parts }, (_, n) => all.slice(n * length, (n + 1) * length));
}
