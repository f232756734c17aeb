/**
 * Networks for tests whose every output is a number made of all inputs: two results are equal exactly when everything
 * that went into them was.
 */
import type { Graphs } from '../graphs/graphs';
import type { ImageFeatures } from '../graphs/image-encoder';
import { FeatureCache } from '../image-features/feature-cache';
import { defaultTrackerOptions, type TrackerOptions } from '../memory/tracker-options';
import type { Manifest } from '../model-pack/manifest';
import type { Tensor } from '../runtime/ort';
import type { TensorMemory } from '../runtime/tensor-memory';
import { MemoryBudget } from './memory-budget';
import type { TrackContext } from './track-frame';

const side = 4;

type Hashed = { hash: number; data?: Float32Array; dims: number[]; isDisposed: boolean; dispose(): void };

/** Tensors made and not yet disposed of. */
export type Ledger = { alive: Set<unknown>; encoded: number[] };

/** FNV-1a over the numbers' text: order matters where it is not sorted before. */
function hashOf(...parts: (number | string)[]): number {
  let hash = 0x811c9dc5;
  for (const char of parts.join(',')) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
  return hash;
}

const ascending = (a: number, b: number): number => a - b;

const hashed = (tensor: Tensor): Hashed => {
  const known = tensor as unknown as Hashed;
  if (known.isDisposed) throw new Error('A tensor was used after it was disposed of');
  return known;
};

/** @param memoryLimit how many spatial memories may be held */
export function createHashingContext(
  frameCount: number,
  memoryLimit = Infinity,
  options: Partial<TrackerOptions> = {},
): { context: TrackContext; ledger: Ledger } {
  const ledger: Ledger = { alive: new Set(), encoded: [] };
  let version = 0;

  function tensor(hash: number, data?: Float32Array): Tensor {
    const made: Hashed = {
      hash,
      ...(data && { data }),
      dims: [1],
      isDisposed: false,
      dispose() {
        if (made.isDisposed) throw new Error('A tensor was disposed of twice');
        made.isDisposed = true;
        ledger.alive.delete(made);
      },
    };
    ledger.alive.add(made);
    return made as unknown as Tensor;
  }

  function logitsOf(hash: number): Float32Array {
    return Float32Array.from({ length: side * side }, (_, n) => (hashOf(hash, n) % 2000) / 100 - 10);
  }

  const unused = (): never => {
    throw new Error('Hashing networks need no such tensor');
  };
  const tensors: TensorMemory = {
    float: (data) => tensor(hashOf(...data), data),
    int: unused,
    adopt: unused,
    stack: unused,
    unstack: unused,
    read: async (read) => hashed(read).data!,
  };

  const graphs: Graphs = {
    manifest: {
      imageSize: side * 4,
      maskDownsample: { weight: Array.from({ length: 16 }, () => 0.1), bias: 0 },
      tracker: { singleClick: 'best-of-three' },
    } as Manifest,
    encodeImage: unused,
    release: async () => undefined,
    attendMemory: async (features, slots) => {
      const perSlot = slots.map(({ memories, pointers }) => {
        const memoryHashes = memories
          .map(({ row, output }) => hashOf(row, hashed(output.spatialMemory!).hash))
          .sort(ascending);
        const pointerHashes = pointers
          .map(({ time, output }) => hashOf(time, hashed(output.objectPointer).hash))
          .sort(ascending);
        return hashOf('memory', hashed(features.stride16).hash, ...memoryHashes, '|', ...pointerHashes);
      });
      return Object.assign(tensor(hashOf(...perSlot)), { perSlot });
    },
    decodeMasks: async (features, conditioned, slots) => {
      const perSlot = (conditioned as unknown as { perSlot?: number[] }).perSlot;
      return slots.map(({ points, labels, maskInput, selection, isPresent }, b) => {
        const source = perSlot?.[b] ?? hashed(conditioned).hash;
        const inputs = [
          source,
          hashed(features.stride4).hash,
          ...points,
          '|',
          ...labels,
          '|',
          ...(maskInput ?? ['none']),
          selection,
          String(isPresent),
        ];
        const hash = hashOf(...inputs);
        return {
          maskLogits: tensor(hash, logitsOf(hash)),
          occlusionScore: tensor(hash, Float32Array.of((hash % 7) - 1)),
          objectPointer: tensor(hashOf('pointer', hash)),
          predictedIou: (hash % 100) / 100,
          score: (hash % 7) - 1,
          token: Math.max(0, selection),
          stability: 1,
          candidateIous: new Float32Array(4),
          candidateLogits: null,
        };
      });
    },
    encodeMemory: async (features, slots) =>
      slots.map(({ maskLogits, occlusionScore, isBinarized }) => {
        const mask = hashed(maskLogits).data!;
        return tensor(
          hashOf(
            'encoded',
            hashed(features.stride16).hash,
            ...mask,
            hashed(occlusionScore).data![0]!,
            String(isBinarized),
          ),
        );
      }),
  };

  const features = new FeatureCache(async (frame) => {
    ledger.encoded.push(frame);
    const level = (name: string): Tensor => tensor(hashOf(name, frame));
    const made: ImageFeatures = {
      stride4: level('s4'),
      stride8: level('s8'),
      stride16: level('s16'),
      noMemory: level('none'),
    };
    return { features: made, times: { decode: 0, preprocess: 0, imageEncoder: 0 } };
  }, Infinity);

  return {
    ledger,
    context: {
      graphs,
      tensors,
      features,
      // A hashing tensor counts as one element of four bytes.
      memories: new MemoryBudget(memoryLimit * 4),
      options: { ...defaultTrackerOptions, ...options },
      frameCount,
      nextVersion: () => version++,
      prefetch: () => undefined,
    },
  };
}
