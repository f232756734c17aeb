/**
 * Whether a graphics device computes a model right. Some drivers do not, and say nothing: the masks are merely wrong.
 * On a model's first use on a device, the small graphs run over made-up features and are compared with the processor;
 * of the large ones, which would take it too long, the results only have to be numbers that differ from each other.
 */
import type { Graphs } from './graphs/graphs';
import type { ImageFeatures } from './graphs/image-encoder';
import { runMaskDecoder, selectBestOfThree, type DecoderSlot } from './graphs/mask-decoder';
import { runMemoryEncoder } from './graphs/memory-encoder';
import type { ModelPack } from './model-pack/download';
import type { Manifest } from './model-pack/manifest';
import type { Tensor } from './runtime/ort';
import type { Runtime } from './runtime/runtime';
import type { TensorMemory } from './runtime/tensor-memory';

/** Of the largest value of an output. Kernels that are wrong are wrong by much; sums in another order by 1e-3. */
const tolerance = 0.02;

type SmallGraphs = Pick<Graphs, 'decodeMasks' | 'encodeMemory'>;

/** @param runtime of a graphics device */
export async function computesRight(graphs: Graphs, pack: ModelPack, runtime: Runtime): Promise<boolean> {
  const { manifest } = pack;
  const ours = await smallResults(graphs, manifest, runtime.tensors);
  const theirs = await referenceResults(pack, runtime.reference!);
  if (!ours.every((values, n) => isClose(values, theirs[n]!))) return false;
  return (await largeResults(graphs, manifest, runtime.tensors)).every(isAlive);
}

/** Logits of all candidates, object pointer, spatial memory. */
async function smallResults(graphs: SmallGraphs, manifest: Manifest, tensors: TensorMemory): Promise<Float32Array[]> {
  const features = madeUpFeatures(manifest, tensors);
  const [decoded] = await graphs.decodeMasks(features, features.noMemory, [prompt(manifest)], true);
  const { maskLogits, occlusionScore, objectPointer, candidateLogits } = decoded!;
  // Not the mask just made: that one is gated by the sign of a score that may be near zero.
  const mask = madeUp(tensors, [1, 1, manifest.imageSize / 4, manifest.imageSize / 4], 6);
  const score = tensors.float(Float32Array.of(1), [1, 1]);
  const [memory] = await graphs.encodeMemory(features, [
    { maskLogits: mask, occlusionScore: score, isBinarized: false },
  ]);
  maskLogits.dispose();
  occlusionScore.dispose();
  objectPointer.dispose();
  return readAll(tensors, [candidateLogits!, memory!]);
}

async function referenceResults(
  { manifest, graphs, weights }: ModelPack,
  { tensors, createSession }: NonNullable<Runtime['reference']>,
): Promise<Float32Array[]> {
  const decoder = await createSession(graphs.mask_decoder, await weights?.('mask_decoder'));
  const encoder = await createSession(graphs.memory_encoder, await weights?.('memory_encoder'));
  try {
    const small: SmallGraphs = {
      decodeMasks: (features, conditioned, slots, wantsCandidates) =>
        runMaskDecoder(decoder, tensors, features, conditioned, slots, wantsCandidates),
      encodeMemory: (features, slots) => runMemoryEncoder(encoder, tensors, features, slots),
    };
    return await smallResults(small, manifest, tensors);
  } finally {
    await decoder.release();
    await encoder.release();
  }
}

/** Image features, and features conditioned on a memory and a pointer. */
async function largeResults(graphs: Graphs, manifest: Manifest, tensors: TensorMemory): Promise<Float32Array[]> {
  const { imageSize, hiddenSize } = manifest;
  const features = await graphs.encodeImage(madeUp(tensors, [1, 3, imageSize, imageSize], 1));
  const maskLogits = madeUp(tensors, [1, 1, imageSize / 4, imageSize / 4], 6);
  const occlusionScore = tensors.float(Float32Array.of(1), [1, 1]);
  const [spatialMemory = null] = await graphs.encodeMemory(features, [
    { maskLogits, occlusionScore, isBinarized: true },
  ]);
  const objectPointer = madeUp(tensors, [1, hiddenSize], 1);
  const conditioned = await graphs.attendMemory(features, [
    { memories: [{ row: 0, output: { spatialMemory } }], pointers: [{ time: 0.5, output: { objectPointer } }] },
  ]);
  return readAll(tensors, [...Object.values(features), conditioned]);
}

function prompt({ imageSize }: Manifest): DecoderSlot {
  const points = [imageSize / 3, imageSize / 2];
  return { points, labels: [1], maskInput: null, selection: selectBestOfThree, isPresent: true };
}

function madeUpFeatures({ imageSize: size, hiddenSize: hidden }: Manifest, tensors: TensorMemory): ImageFeatures {
  return {
    stride4: madeUp(tensors, [1, hidden / 8, size / 4, size / 4], 1),
    stride8: madeUp(tensors, [1, hidden / 4, size / 8, size / 8], 1),
    stride16: madeUp(tensors, [1, hidden, size / 16, size / 16], 1),
    noMemory: madeUp(tensors, [1, hidden, size / 16, size / 16], 1),
  };
}

/** The same numbers every time, without a pattern that a wrong index would leave as it is. */
function madeUp(tensors: TensorMemory, dims: readonly number[], amplitude: number): Tensor {
  const length = dims.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length }, (_, n) => amplitude * (Math.sin(n * 0.7) + Math.sin(n * n * 0.001)));
  return tensors.float(values, dims);
}

async function readAll(tensors: TensorMemory, all: readonly Tensor[]): Promise<Float32Array[]> {
  const read: Float32Array[] = [];
  for (const tensor of all) {
    read.push((await tensors.read(tensor)).slice());
    tensor.dispose();
  }
  return read;
}

function isClose(actual: Float32Array, expected: Float32Array): boolean {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  // Written so that a NaN fails.
  return actual.every((value, n) => Math.abs(value - expected[n]!) <= tolerance * largest);
}

function isAlive(values: Float32Array): boolean {
  return values.every(Number.isFinite) && values.some((value) => value !== values[0]);
}
