/** The segment worker: composes the stages a frame goes through, and serves them to the page and the export worker. */
import { asMaskletError, MaskletError } from '../protocol/errors';
import type { FrameSource } from '../protocol/media-contract';
import type { MaskResult } from '../protocol/mask';
import type { ObjectId } from '../protocol/prompt';
import { connect, serve, type Remote } from '../protocol/rpc';
import {
  usualSettings,
  type MaskSource,
  type ObjectCleanUp,
  type PromptResult,
  type SegmentApi,
  type StageTimes,
  type TrackedFrame,
  type TrackerSettings,
} from '../protocol/segment-contract';
import type { VideoInfo } from '../protocol/video';
import { checkCleanUp, checkPrompts, checkSettings, checkToken } from './check-arguments';
import { FeatureCache } from './image-features/feature-cache';
import { ImageSource } from './image-features/image-source';
import { loadModel, type LoadedModel } from './load-model';
import { candidateMask, maskResults, withoutPixels, type MaskView } from './masks/mask-result';
import { defaultTrackerOptions } from './memory/tracker-options';
import { ortBusyMs } from './runtime/ort-queue';
import { catalogueEntry, catalogueModel, listCatalogue } from './list-catalogue';
import { downloadWeights, keepWeights } from './model-pack/download-weights';
import { fetchCatalogue, recogniseWeights } from './model-pack/weightless-pack';
import { openWeightsFile } from './model-pack/weights-file';
import { removeStored } from './model-pack/weights-store';
import { runtimeLimits } from './runtime-limits';
import { MemoryBudget } from './tracker/memory-budget';
import type { PromptedFrame, TrackContext } from './tracker/track-frame';
import { noTimes, Tracker } from './tracker/tracker';

type OpenVideo = { info: VideoInfo; frames: Remote<FrameSource>; tracker: Tracker };

let catalogueUrl = '';
let model: LoadedModel | null = null;
let video: OpenVideo | null = null;
let context: TrackContext | null = null;
let images: ImageSource | null = null;
let lost: MaskletError | null = null;
let invalid: MaskletError | null = null;
let version = 0;
let trackedFrames = 0;
const trackedMs: StageTimes = { ...noTimes };
const cleanUps = new Map<ObjectId, ObjectCleanUp>();
let settings: TrackerSettings = usualSettings;

/** Puts the model and the video together, once both are there. Frees what the pair before held. */
async function prepare(): Promise<void> {
  await video?.tracker.useModel(null, lost !== null);
  images?.dropPrefetched();
  if (lost === null) context?.features.clear();
  context = null;
  images = null;
  if (!video || !model) return;
  context = trackContext(model, video);
  await video.tracker.useModel(context, false);
}

function trackContext({ graphs, runtime }: LoadedModel, { info, frames }: OpenVideo): TrackContext {
  const { manifest } = graphs;
  const { tracker } = manifest;
  const limits = runtimeLimits[runtime.provider];
  const source = new ImageSource(frames, runtime, manifest);
  const features = new FeatureCache(async (frameIndex) => {
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
  return {
    graphs,
    tensors: runtime.tensors,
    features,
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
      ...settings,
      pointerTimes: manifest.architecture === 'sam2.1',
    },
    frameCount: info.frameCount,
    nextVersion: () => ++version,
    // A frame whose features are there is not decoded again.
    prefetch: (frameIndex) => {
      if (!features.has(frameIndex)) source.prefetch(frameIndex);
    },
  };
}

function openedVideo(): OpenVideo {
  if (!video) throw new MaskletError('no-video', 'No video is open.');
  return video;
}

function view({ info: { width, height } }: OpenVideo, own: MaskView['own'] = cleanUps): MaskView {
  return { width, height, ...settings, own };
}

function maskOf(object: ObjectId, frameIndex: number, own?: MaskView['own']): MaskResult | null {
  const opened = openedVideo();
  const { tracker } = opened;
  const shown = tracker.mask(object, frameIndex);
  if (!shown) return null;
  // Alone, an object needs no other's mask.
  const masks = settings.nonOverlapping ? tracker.masksOfFrame(frameIndex) : [{ object, mask: shown }];
  return maskResults(masks, view(opened, own)).find((mask) => mask.object === object) ?? null;
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
  const opened = openedVideo();
  const shown = opened.tracker.mask(object, frameIndex);
  const [mask = null] = shown ? maskResults([{ object, mask: shown }], view(opened)).map(withoutPixels) : [];
  if (!result) return { mask, candidates: [], token: 0 };
  const { candidates, output } = result;
  return {
    mask,
    candidates: candidates.map(({ predictedIou, logits }, token) =>
      candidateMask(token, predictedIou, logits, view(opened)),
    ),
    token: output.token,
  };
}

const maskSource: MaskSource = {
  async mask(object, frameIndex) {
    return maskOf(object, frameIndex);
  },
};

const api: SegmentApi = {
  ...maskSource,

  async loadModel(request, onProgress) {
    const loaded = await loadModel(request, catalogueUrl, onProgress);
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

  async useCatalogue(url) {
    catalogueUrl = url;
  },

  async catalogue() {
    return listCatalogue(catalogueUrl);
  },

  async downloadWeights(name, url, onProgress, signal) {
    const entry = await catalogueEntry(catalogueUrl, name);
    return catalogueModel(entry, await downloadWeights(catalogueUrl, entry, url, onProgress, signal));
  },

  async keepWeights(file, onProgress, signal) {
    const entry = recogniseWeights(await openWeightsFile(file.file), await fetchCatalogue(catalogueUrl));
    return catalogueModel(entry, await keepWeights(catalogueUrl, entry, file, onProgress, signal));
  },

  async removeWeights(name) {
    await removeStored(name);
  },

  async openVideo(info, media) {
    await video?.tracker.useModel(null, lost !== null);
    cleanUps.clear();
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
    checkToken(token);
    const result = await onDevice(() => tracker.chooseCandidate(object, frameIndex, token));
    return promptResult(object, frameIndex, result);
  },

  async track(request, signal) {
    const opened = openedVideo();
    const steps = opened.tracker.track(request, signal);
    // The first step is taken at once, so that a request that can't be met fails the call itself.
    const first = await onDevice(() => steps.next());
    return (async function* (): AsyncGenerator<TrackedFrame> {
      try {
        for (let step = first; !step.done; step = await onDevice(() => steps.next())) {
          const { masks, ...rest } = step.value;
          trackedFrames++;
          for (const stage of Object.keys(trackedMs) as (keyof StageTimes)[]) trackedMs[stage] += rest.times[stage];
          yield {
            ...rest,
            masks: maskResults(masks, view(opened)).map(withoutPixels),
            agreements: masks.map(({ agreement }) => agreement),
          };
        }
      } finally {
        await steps.return(undefined);
        images?.dropPrefetched();
      }
    })();
  },

  async setLocked(object, frameIndex, isLocked) {
    await openedVideo().tracker.setLocked(object, frameIndex, isLocked);
  },

  async snapshot() {
    return openedVideo().tracker.snapshot();
  },

  async restore(snapshot) {
    await openedVideo().tracker.restore(snapshot);
  },

  async dropSnapshots(snapshots) {
    await openedVideo().tracker.dropSnapshots(snapshots);
  },

  async configure(changes) {
    const changed = { ...settings, ...changes };
    checkSettings(changed);
    settings = changed;
    if (context) context.options = { ...context.options, ...settings };
    return settings;
  },

  async setCleanUp(object, cleanUp) {
    if (cleanUp) checkCleanUp(cleanUp);
    if (cleanUp) cleanUps.set(object, cleanUp);
    else cleanUps.delete(object);
  },

  async unrepairedMask(object, frameIndex) {
    return maskOf(object, frameIndex, new Map());
  },

  async masksOfFrame(frameIndex) {
    const opened = openedVideo();
    return maskResults(opened.tracker.masksOfFrame(frameIndex), view(opened));
  },

  async connect(port) {
    serve(maskSource, port);
  },

  async stats() {
    return {
      featureCacheBytes: context?.features.bytes ?? 0,
      encoderRuns: context?.features.encoderRuns ?? 0,
      memoryBankBytes: context?.memories.bytes ?? 0,
      maskStoreBytes: video?.tracker.maskBytes ?? 0,
      ortMs: ortBusyMs(),
      trackedFrames,
      trackedMs,
      gpu: model?.runtime.traffic ?? null,
    };
  },
};

serve(api, self);
