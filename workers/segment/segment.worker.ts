/** The segment worker: composes the stages a frame goes through, and serves them to the page and the export worker. */
import { asMaskletError, MaskletError } from '../protocol/errors';
import type { FrameSource } from '../protocol/media-contract';
import type { FramePrompts, ObjectId } from '../protocol/prompt';
import { connect, serve, type Remote } from '../protocol/rpc';
import type { MaskSource, PromptResult, SegmentApi, TrackedFrame } from '../protocol/segment-contract';
import type { VideoInfo } from '../protocol/video';
import { ortBusyMs } from './runtime/ort-queue';
import { runtimeLimits } from './runtime-limits';
import { loadModel, type LoadedModel } from './load-model';
import { FeatureCache } from './image-features/feature-cache';
import { ImageSource } from './image-features/image-source';
import { candidateMask, maskResult, maskSummary } from './masks/mask-result';
import { checkRle } from './masks/rle';
import { defaultTrackerOptions } from './memory/tracker-options';
import { MemoryBudget } from './tracker/memory-budget';
import type { PromptedFrame, TrackContext } from './tracker/track-frame';
import { Tracker } from './tracker/tracker';

type OpenVideo = { info: VideoInfo; frames: Remote<FrameSource>; tracker: Tracker };

let model: LoadedModel | null = null;
let video: OpenVideo | null = null;
let images: ImageSource | null = null;
let features: FeatureCache | null = null;
let lost: MaskletError | null = null;
let invalid: MaskletError | null = null;
let version = 0;

/** Puts the model and the video together, once both are there. Frees what the pair before held. */
async function prepare(): Promise<void> {
  await video?.tracker.useModel(null, lost !== null);
  images?.dropPrefetched();
  if (lost === null) features?.clear();
  images = null;
  features = null;
  if (video && model) await video.tracker.useModel(trackContext(model, video), false);
}

function trackContext({ graphs, runtime }: LoadedModel, { info, frames }: OpenVideo): TrackContext {
  const { tracker } = graphs.manifest;
  const limits = runtimeLimits[runtime.provider];
  const source = new ImageSource(frames, runtime, graphs.manifest);
  const cache = new FeatureCache(async (frameIndex) => {
    const { image, times } = await source.image(frameIndex);
    const start = performance.now();
    try {
      const encoded = await graphs.encodeImage(image);
      return { features: encoded, times: { ...times, imageEncoder: performance.now() - start } };
    } finally {
      image.dispose();
    }
  }, limits.featureBytes);
  images = source;
  features = cache;
  return {
    graphs,
    tensors: runtime.tensors,
    features: cache,
    memories: new MemoryBudget(limits.memoryBytes),
    options: {
      ...defaultTrackerOptions,
      numSpatialMemories: tracker.numSpatialMemories,
      maxConditioningFrames: tracker.maxConditioningFrames,
      memoryStride: tracker.memoryStride,
      maxObjectPointers: tracker.maxObjectPointers,
      multimaskMinPoints: tracker.multimaskMinPoints,
      multimaskMaxPoints: tracker.multimaskMaxPoints,
      multimaskForTracking: tracker.multimaskForTracking,
      pointerTimes: graphs.manifest.architecture === 'sam2.1',
    },
    frameCount: info.frameCount,
    nextVersion: () => ++version,
    // A frame whose features are there is not decoded again.
    prefetch: (frameIndex) => {
      if (!cache.has(frameIndex)) source.prefetch(frameIndex);
    },
  };
}

function openedVideo(): OpenVideo {
  if (!video) throw new MaskletError('no-video', 'No video is open.');
  return video;
}

/** A lost device fails every call that needs it in its own words; the page then loads the model again. */
async function onDevice<T>(call: () => Promise<T>): Promise<T> {
  if (lost) throw lost;
  try {
    const result = await call();
    if (invalid) throw invalid;
    return result;
  } catch (error) {
    throw lost ?? asMaskletError(error);
  }
}

function watch(device: GPUDevice): void {
  // WebGPU reports a wrong call here and nowhere else, and computes zeros.
  device.addEventListener('uncapturederror', ({ error }) => {
    invalid ??= new MaskletError('internal', `The graphics device refused a step: ${error.message}`, { cause: error });
  });
  void device.lost.then(({ reason, message }) => {
    if (reason === 'destroyed') return;
    lost = new MaskletError(
      'device-lost',
      `The graphics device was lost${message ? ` (${message})` : ''}. Your masks are safe; load the model again to go on.`,
    );
  });
}

function promptResult(object: ObjectId, frameIndex: number, result: PromptedFrame | null): PromptResult {
  const { info, tracker } = openedVideo();
  const shown = tracker.mask(object, frameIndex);
  const mask = shown && maskSummary(object, shown, info);
  if (!result) return { mask, candidates: [], token: 0 };
  const { candidates, output } = result;
  return {
    mask,
    candidates: candidates.map(({ predictedIou, logits }, token) => candidateMask(token, predictedIou, logits, info)),
    token: output.token,
  };
}

function checkPrompts({ points, box, mask }: FramePrompts): void {
  const isNorm = (value: number): boolean => value >= 0 && value <= 1;
  if (!points.every(({ xNorm, yNorm }) => isNorm(xNorm) && isNorm(yNorm))) {
    throw new MaskletError('invalid-argument', 'A point lies outside the frame.');
  }
  if (box && !(box.x0Norm < box.x1Norm && box.y0Norm < box.y1Norm && Object.values(box).every(isNorm))) {
    throw new MaskletError('invalid-argument', 'A box needs x0 < x1 and y0 < y1, inside the frame.');
  }
  if (mask) checkRle(mask);
}

const maskSource: MaskSource = {
  async mask(object, frameIndex) {
    const { info, tracker } = openedVideo();
    const mask = tracker.mask(object, frameIndex);
    return mask && maskResult(object, mask, info);
  },
};

const api: SegmentApi = {
  ...maskSource,

  async loadModel(request, onProgress) {
    const loaded = await loadModel(request, onProgress);
    const before = model;
    const wasLost = lost !== null;
    model = loaded;
    // Only now: everything the old model left is still on the old device.
    await prepare();
    lost = null;
    invalid = null;
    if (loaded.runtime.gpu) watch(loaded.runtime.gpu);
    if (before && !wasLost) await before.graphs.release();
    return loaded.status;
  },

  async openVideo(info, media) {
    await video?.tracker.useModel(null, lost !== null);
    video = { info, frames: connect<FrameSource>(media), tracker: new Tracker(info.frameCount) };
    await prepare();
  },

  async closeVideo() {
    await video?.tracker.useModel(null, lost !== null);
    video = null;
    await prepare();
  },

  async addObject(object) {
    openedVideo().tracker.addObject(object);
  },

  async removeObject(object) {
    await openedVideo().tracker.removeObject(object);
  },

  async prompt(object, frameIndex, prompts) {
    const { tracker } = openedVideo();
    checkPrompts(prompts);
    const result = await onDevice(() => tracker.prompt(object, frameIndex, prompts));
    return promptResult(object, frameIndex, result);
  },

  async chooseCandidate(object, frameIndex, token) {
    const { tracker } = openedVideo();
    if (!Number.isInteger(token) || token < 0 || token > 3) {
      throw new MaskletError('invalid-argument', `A candidate's token is one of 0 to 3, not ${token}.`);
    }
    const result = await onDevice(() => tracker.chooseCandidate(object, frameIndex, token));
    return promptResult(object, frameIndex, result);
  },

  async track(request, signal) {
    const { tracker, info } = openedVideo();
    const steps = tracker.track(request, signal);
    // The first step is taken at once, so that a request that can't be met fails the call itself.
    const first = await onDevice(() => steps.next());
    return (async function* (): AsyncGenerator<TrackedFrame> {
      try {
        for (let step = first; !step.done; step = await onDevice(() => steps.next())) {
          const { masks, ...rest } = step.value;
          yield { ...rest, masks: masks.map(({ object, mask }) => maskSummary(object, mask, info)) };
        }
      } finally {
        await steps.return(undefined);
        images?.dropPrefetched();
      }
    })();
  },

  async masksOfFrame(frameIndex) {
    const { tracker, info } = openedVideo();
    return tracker.objectIds.flatMap((object) => {
      const mask = tracker.mask(object, frameIndex);
      return mask ? [maskResult(object, mask, info)] : [];
    });
  },

  async connect(port) {
    serve(maskSource, port);
  },

  async stats() {
    return {
      featureCacheBytes: features?.bytes ?? 0,
      encoderRuns: features?.encoderRuns ?? 0,
      ortMs: ortBusyMs(),
      memoryBankBytes: video?.tracker.memoryBytes ?? 0,
      maskStoreBytes: video?.tracker.maskBytes ?? 0,
    };
  },
};

serve(api, self);
