/**
 * The networks in the reference's order, for one frame: features, memory attention, mask decoder, memory encoder.
 * Which memories go in is decided in memory/, what the result means to the bank by the caller.
 */
import type { FramePrompts } from '../../protocol/prompt';
import type { Graphs } from '../graphs/graphs';
import type { ImageFeatures } from '../graphs/image-encoder';
import { selectBestOfThree, selectSingle, type DecodedMask, type DecoderSlot } from '../graphs/mask-decoder';
import type { FeatureCache } from '../image-features/feature-cache';
import { cleanUp, keepSeededPieces } from '../masks/clean-up';
import type { MemoryBank } from '../memory/memory-bank';
import { selectPointers } from '../memory/object-pointers';
import { selectMemories } from '../memory/select-memories';
import { inSteps } from '../memory/sparse-time';
import type { TrackerOptions } from '../memory/tracker-options';
import { limitPoints } from '../prompts/limit-points';
import { maskPromptTensors, noPoints, pointTensors, previousMaskInput, refinesMask } from '../prompts/prompt-tensors';
import type { TensorMemory } from '../runtime/tensor-memory';
import type { FrameMask, FrameOutput } from './frame-output';
import type { MemoryBudget } from './memory-budget';

export type Bank = MemoryBank<FrameOutput>;

/** What a model on a video needs to evaluate frames. */
export type TrackContext = {
  graphs: Graphs;
  tensors: TensorMemory;
  features: FeatureCache;
  memories: MemoryBudget;
  options: TrackerOptions;
  /** Infinity while the video is still being recorded. */
  frameCount: number;
  nextVersion: () => number;
  /** Told which frame comes next, to decode it meanwhile. */
  prefetch: (frameIndex: number) => void;
};

/** Milliseconds in each graph, with the waiting for its result. */
export type GraphTimes = { memoryAttention: number; maskDecoder: number; memoryEncoder: number; masks: number };

/** A prompt's result, and where the prompt is ambiguous the masks of all four output tokens to choose from. */
export type PromptedFrame = { output: FrameOutput; candidates: { predictedIou: number; logits: Float32Array }[] };

/** Occlusion score of a mask prompt with or without any pixel. Source: sam2_base.py@2b90b9f L455-L461. */
const certainScore = 10;

/**
 * Decodes the prompts of one object on one frame.
 * @param previous whose mask is fed back
 * @param forcedToken takes this token's mask instead of the policy's choice
 * Source: `_run_single_frame_inference` with prompts, sam2_video_predictor.py@2b90b9f.
 */
export async function promptFrame(
  context: TrackContext,
  bank: Bank,
  frameIndex: number,
  prompts: FramePrompts,
  { isInitial, isReverse, previous }: { isInitial: boolean; isReverse: boolean; previous: FrameMask | null },
  forcedToken: number | null,
): Promise<PromptedFrame> {
  const lease = await context.features.acquire(frameIndex);
  try {
    if (prompts.mask && !refinesMask(prompts)) return await promptMask(context, lease.features, frameIndex, prompts);
    const { graphs, options, tensors } = context;
    const { imageSize } = graphs.manifest;
    const { points, labels } = pointTensors(
      { ...prompts, points: [...limitPoints(prompts.points, options.maxPoints)] },
      imageSize,
    );
    const conditioned = isInitial
      ? lease.features.noMemory
      : await attend(context, [bank], frameIndex, isReverse, lease.features);
    const selection = promptSelection(options, isInitial, labels, graphs);
    const isAmbiguous = selection !== selectSingle;
    const slot: DecoderSlot = {
      points,
      labels,
      maskInput: previous && previousMaskInput(cleaned(previous.maskLogits, options)),
      selection: forcedToken ?? selection,
      isPresent: true,
    };
    const [decoded] = await graphs.decodeMasks(lease.features, conditioned, [slot], isAmbiguous);
    if (!isInitial) conditioned.dispose();
    const output = await toOutput(context, frameIndex, decoded!, 'prompt');
    const candidates = decoded!.candidateLogits ? await readCandidates(tensors, decoded!) : [];
    freeIntermediates(decoded!);
    const repair = (logits: Float32Array): Float32Array => cleaned(keepClicked(logits, prompts, graphs), options);
    for (const mask of candidates) mask.logits = repair(mask.logits);
    output.maskLogits = repair(output.maskLogits);
    return { output, candidates };
  } finally {
    lease.release();
  }
}

/** The mask is the result; the decoder only makes the object pointer. Source: `_use_mask_as_output`. */
async function promptMask(
  context: TrackContext,
  features: ImageFeatures,
  frameIndex: number,
  { mask }: FramePrompts,
): Promise<PromptedFrame> {
  const { graphs } = context;
  const { imageSize, maskDownsample } = graphs.manifest;
  const { maskLogits, maskInput, isEmpty } = maskPromptTensors(mask!, imageSize, maskDownsample);
  const slot: DecoderSlot = { ...noPoints, maskInput, selection: selectSingle, isPresent: !isEmpty };
  const [decoded] = await graphs.decodeMasks(features, features.stride16, [slot], false);
  freeIntermediates(decoded!);
  const output: FrameOutput = {
    frameIndex,
    maskLogits,
    promptMask: mask,
    occlusionScore: isEmpty ? -certainScore : certainScore,
    predictedIou: 1,
    origin: 'prompt',
    version: context.nextVersion(),
    token: 0,
    objectPointer: decoded!.objectPointer,
    spatialMemory: null,
  };
  return { output, candidates: [] };
}

/**
 * Tracks several objects on one frame that has no prompt of theirs: one run of each graph for all.
 * @returns one output a bank, with its spatial memory; the caller records them
 * Source: `track_step`, sam2_base.py@2b90b9f L735-L835.
 */
export async function trackFrame(
  context: TrackContext,
  banks: readonly Bank[],
  frameIndex: number,
  isReverse: boolean,
  features: ImageFeatures,
): Promise<{ outputs: FrameOutput[]; times: GraphTimes }> {
  const { graphs, options } = context;
  const start = performance.now();
  const conditioned = await attend(context, banks, frameIndex, isReverse, features);
  const attended = performance.now();
  const isMultimask = options.multimask && options.multimaskForTracking && options.multimaskMinPoints === 0;
  const slot: DecoderSlot = {
    ...noPoints,
    maskInput: null,
    selection: isMultimask ? selectBestOfThree : selectSingle,
    isPresent: true,
  };
  const decoded = await graphs.decodeMasks(
    features,
    conditioned,
    banks.map(() => slot),
    false,
  );
  conditioned.dispose();
  const decodedAt = performance.now();
  const memories = await graphs.encodeMemory(
    features,
    decoded.map(({ maskLogits, occlusionScore }) => ({ maskLogits, occlusionScore, isBinarized: false })),
  );
  const encoded = performance.now();
  const outputs: FrameOutput[] = [];
  for (const [b, mask] of decoded.entries()) {
    const output = await toOutput(context, frameIndex, mask, 'track');
    freeIntermediates(mask);
    output.spatialMemory = memories[b]!;
    context.memories.touch(output);
    outputs.push(output);
  }
  const times = {
    memoryAttention: attended - start,
    maskDecoder: decodedAt - attended,
    memoryEncoder: encoded - decodedAt,
    masks: performance.now() - encoded,
  };
  return { outputs, times };
}

/**
 * Makes the spatial memory of an output that has none: staged by a prompt, or evicted.
 * Source: `_run_memory_encoder`, sam2_video_predictor.py@2b90b9f L820-L850.
 */
export async function encodeMemory(context: TrackContext, output: FrameOutput): Promise<void> {
  if (output.spatialMemory) return;
  const { graphs, tensors, options, features, memories } = context;
  const side = Math.sqrt(output.maskLogits.length);
  const maskLogits = tensors.float(output.maskLogits, [1, 1, side, side]);
  const occlusionScore = tensors.float(Float32Array.of(output.occlusionScore), [1, 1]);
  const lease = await features.acquire(output.frameIndex);
  try {
    const isBinarized = output.origin === 'prompt' && options.binarizePromptedMasks;
    const [memory] = await graphs.encodeMemory(lease.features, [{ maskLogits, occlusionScore, isBinarized }]);
    output.spatialMemory = memory!;
    memories.touch(output);
  } finally {
    lease.release();
    maskLogits.dispose();
    occlusionScore.dispose();
  }
}

/** Memory attention of one frame over the banks of several objects. @returns float32[B, D, S/16, S/16] */
async function attend(
  context: TrackContext,
  banks: readonly Bank[],
  frameIndex: number,
  isReverse: boolean,
  features: ImageFeatures,
): ReturnType<Graphs['attendMemory']> {
  const { options, frameCount, graphs, memories } = context;
  const reach = Math.max(options.numSpatialMemories * options.memoryStride, options.maxObjectPointers);
  const slots = banks.map((bank) => {
    const seen = options.time === 'frames' ? { bank, step: frameIndex } : inSteps<FrameOutput>(bank, frameIndex, reach);
    return {
      memories: selectMemories(seen.bank, seen.step, isReverse, options),
      pointers: selectPointers(seen.bank, seen.step, frameCount, isReverse, options),
    };
  });
  for (const slot of slots) {
    for (const { output } of slot.memories) {
      await encodeMemory(context, output);
      memories.touch(output);
    }
  }
  return graphs.attendMemory(features, slots);
}

async function toOutput(
  { tensors, nextVersion }: TrackContext,
  frameIndex: number,
  decoded: DecodedMask,
  origin: 'prompt' | 'track',
): Promise<FrameOutput> {
  return {
    frameIndex,
    maskLogits: await tensors.read(decoded.maskLogits),
    promptMask: null,
    occlusionScore: decoded.score,
    predictedIou: decoded.predictedIou,
    origin,
    version: nextVersion(),
    token: decoded.token,
    objectPointer: decoded.objectPointer,
    spatialMemory: null,
  };
}

async function readCandidates(tensors: TensorMemory, decoded: DecodedMask): Promise<PromptedFrame['candidates']> {
  const all = await tensors.read(decoded.candidateLogits!);
  const length = all.length / decoded.candidateIous.length;
  return Array.from(decoded.candidateIous, (predictedIou, token) => ({
    predictedIou,
    logits: all.slice(token * length, (token + 1) * length),
  }));
}

/** Frees what a decoded mask has on the device, but for its object pointer. */
function freeIntermediates({ maskLogits, occlusionScore, candidateLogits }: DecodedMask): void {
  maskLogits.dispose();
  occlusionScore.dispose();
  candidateLogits?.dispose();
}

/**
 * Which token a prompt takes.
 * Source: `_use_multimask`, sam2_base.py@2b90b9f L881. Differs from sam2 where the pack says `singleClick: "token0"`: a
 * small model ranks its own candidates badly, and its single-mask token is the better first answer.
 */
function promptSelection(
  options: TrackerOptions,
  isInitial: boolean,
  labels: readonly number[],
  graphs: Graphs,
): number {
  const count = labels.length;
  const isMultimask =
    options.multimask &&
    (isInitial || options.multimaskForTracking) &&
    count >= options.multimaskMinPoints &&
    count <= options.multimaskMaxPoints;
  if (!isMultimask) return selectSingle;
  return graphs.manifest.tracker.singleClick === 'token0' ? 0 : selectBestOfThree;
}

/** Where the pack asks for it, drops the pieces of a prompted mask that hold no positive click. Painted ones stay. */
function keepClicked(logits: Float32Array, { points, mask }: FramePrompts, { manifest }: Graphs): Float32Array {
  if (!manifest.tracker.keepClickedComponent || mask) return logits;
  const side = Math.sqrt(logits.length);
  const cell = (norm: number): number => Math.min(side - 1, Math.floor(norm * side));
  const seeds = points.filter(({ label }) => label === 1).map(({ xNorm, yNorm }) => cell(yNorm) * side + cell(xNorm));
  return keepSeededPieces(logits, side, seeds);
}

function cleaned(logits: Float32Array, options: TrackerOptions): Float32Array {
  return cleanUp(logits, Math.sqrt(logits.length), options);
}
