/**
 * Whether a graphics device computes a model right. Some drivers do not, and say nothing: the masks are merely wrong.
 * On a model's first use on a device every graph runs over made-up inputs, and what comes out is compared with what the
 * pack says (model-export's `expectations.py` has the same rules), or with what the processor makes of it.
 */
import type { Graphs } from './graphs/graphs';
import { runImageEncoder, type ImageFeatures } from './graphs/image-encoder';
import { runMaskDecoder, selectBestOfThree } from './graphs/mask-decoder';
import { runMemoryAttention, type MemoryContext } from './graphs/memory-attention';
import { runMemoryEncoder } from './graphs/memory-encoder';
import type { ModelPack } from './model-pack/download';
import { graphNames, type GraphName, type Manifest } from './model-pack/manifest';
import type { Tensor } from './runtime/ort';
import type { GraphSession, Runtime } from './runtime/runtime';
import { elementCount, type TensorMemory } from './runtime/tensor-memory';

/** Of the largest value of an output. Kernels that are wrong are wrong by much; sums in another order by 1e-3. */
const tolerances = { float32: 0.02, float16: 0.05 };
const maxSamples = 256;

type Device = Pick<Runtime, 'tensors' | 'createSession'>;
type Answers = Record<string, ArrayLike<number>>;

/**
 * @param pack for the graphics device
 * @param reference the same model for the processor, in float32; not needed where the pack knows what to expect
 * @returns the first graph that is wrong; null when all are right
 */
export async function findWrongGraph(
  pack: ModelPack,
  reference: ModelPack,
  runtime: Pick<Runtime, 'tensors' | 'createSession' | 'reference'>,
): Promise<GraphName | null> {
  const known = await pack.expectations?.();
  for (const name of graphNames) {
    const expected: Answers = known?.[name] ?? (await answers(reference, name, runtime.reference!));
    const actual = await answers(pack, name, runtime);
    const isRight = Object.entries(expected).every(([output, values]) => {
      const ours = actual[output] ?? [];
      return isClose(known ? samples(ours) : ours, values, tolerances[pack.precision]);
    });
    if (!isRight) return name;
  }
  return null;
}

/** Whether the large graphs give finite numbers that differ from each other, at an input size that is too much for the processor. */
export async function isAlive(graphs: Graphs, tensors: TensorMemory): Promise<boolean> {
  const { manifest } = graphs;
  const read = await readAll(tensors, {
    ...(await graphs.encodeImage(image(manifest, tensors))),
    conditioned: await graphs.attendMemory(features(manifest, tensors), memoryBanks(manifest, tensors)),
  });
  return Object.values(read).every(
    (values) => values.every(Number.isFinite) && values.some((value) => value !== values[0]),
  );
}

async function answers(
  pack: ModelPack,
  name: GraphName,
  { tensors, createSession }: Device,
): Promise<Record<string, Float32Array>> {
  const session = await createSession(pack.graphs[name], await pack.weights?.(name));
  try {
    return await readAll(tensors, await computations[name](session, tensors, pack.manifest));
  } finally {
    await session.release();
  }
}

/** The outputs that are compared. Not those that hang on the sign of a score, or on which token is the best. */
const computations: Record<
  GraphName,
  (session: GraphSession, tensors: TensorMemory, manifest: Manifest) => Promise<Record<string, Tensor>>
> = {
  async image_encoder(session, tensors, manifest) {
    const { stride4, stride8, stride16, noMemory } = await runImageEncoder(session, image(manifest, tensors));
    return {
      features_stride4: stride4,
      features_stride8: stride8,
      features_stride16: stride16,
      features_no_memory: noMemory,
    };
  },

  async memory_attention(session, tensors, manifest) {
    const banks = memoryBanks(manifest, tensors);
    return {
      conditioned_features: await runMemoryAttention(session, tensors, features(manifest, tensors), banks),
    };
  },

  async mask_decoder(session, tensors, manifest) {
    const { imageSize } = manifest;
    const given = features(manifest, tensors);
    const slot = {
      points: [imageSize / 3, imageSize / 2],
      labels: [1],
      maskInput: null,
      selection: selectBestOfThree,
      isPresent: true,
    };
    const [decoded] = await runMaskDecoder(session, tensors, given, given.stride16, [slot], true);
    const { maskLogits, occlusionScore, objectPointer, candidateLogits } = decoded!;
    for (const tensor of [maskLogits, occlusionScore, objectPointer]) tensor.dispose();
    return { candidate_logits: candidateLogits! };
  },

  async memory_encoder(session, tensors, manifest) {
    const side = manifest.imageSize / 4;
    const maskLogits = tensors.float(
      madeUp(side * side).map((value) => 6 * value),
      [1, 1, side, side],
    );
    const occlusionScore = tensors.float(Float32Array.of(1), [1, 1]);
    const slot = { maskLogits, occlusionScore, isBinarized: false };
    const [memory] = await runMemoryEncoder(session, tensors, features(manifest, tensors), [slot]);
    return { spatial_memory: memory! };
  },
};

function image({ imageSize }: Manifest, tensors: TensorMemory): Tensor {
  return madeUpTensor(tensors, [1, 3, imageSize, imageSize]);
}

function features({ imageSize: size, hiddenSize: hidden }: Manifest, tensors: TensorMemory): ImageFeatures {
  const stride16 = madeUpTensor(tensors, [1, hidden, size / 16, size / 16]);
  return {
    stride4: madeUpTensor(tensors, [1, hidden / 8, size / 4, size / 4]),
    stride8: madeUpTensor(tensors, [1, hidden / 4, size / 8, size / 8]),
    stride16,
    noMemory: stride16,
  };
}

/** Two objects, the second with less to remember: its bank is filled up and masked. */
function memoryBanks({ imageSize, hiddenSize, memoryTokens }: Manifest, tensors: TensorMemory): MemoryContext[] {
  const memory = (row: number, phase: number) => ({
    row,
    output: { spatialMemory: madeUpTensor(tensors, [1, memoryTokens ?? (imageSize / 16) ** 2, 64], phase) },
  });
  const objectPointer = madeUpTensor(tensors, [1, hiddenSize]);
  return [
    { memories: [memory(0, 1), memory(1, 2)], pointers: [{ time: 0.5, output: { objectPointer } }] },
    { memories: [memory(0, 3)], pointers: [] },
  ];
}

function madeUpTensor(tensors: TensorMemory, dims: readonly number[], phase = 0): Tensor {
  return tensors.float(madeUp(elementCount(dims), phase), dims);
}

/** The same numbers every time, without a pattern that a wrong index would leave as it is. */
function madeUp(length: number, phase = 0): Float32Array {
  return Float32Array.from({ length }, (_, n) => Math.sin(0.7 * n + phase) + Math.sin(0.001 * n * n));
}

async function readAll(
  tensors: TensorMemory,
  all: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Float32Array>> {
  const read: Record<string, Float32Array> = {};
  for (const [name, tensor] of Object.entries(all)) {
    read[name] = (await tensors.read(tensor)).slice();
    tensor.dispose();
  }
  return read;
}

/** As many as a pack tells, evenly spread. */
function samples(values: ArrayLike<number>): number[] {
  const length = Math.min(maxSamples, values.length);
  return Array.from({ length }, (_, i) => values[Math.floor((i * values.length) / length)]!);
}

function isClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): boolean {
  if (actual.length !== expected.length) return false;
  let [largest, furthest] = [1e-3, 0];
  for (let n = 0; n < expected.length; n++) {
    largest = Math.max(largest, Math.abs(expected[n]!));
    furthest = Math.max(furthest, Math.abs(actual[n]! - expected[n]!));
  }
  // A NaN fails: Math.max keeps it.
  return furthest <= tolerance * largest;
}
