/** The segment worker: composes the stages a frame goes through, and serves them to the page and the export worker. */
import { asMaskletError, MaskletError } from '../protocol/errors';
import type { FrameSource } from '../protocol/media-contract';
import type { MaskResult } from '../protocol/mask';
import type { ObjectId } from '../protocol/prompt';
import { connect, serve, type Remote } from '../protocol/rpc';
import {
  usualSettings,
  type MaskEdges,
  type MaskSource,
  type ObjectCleanUp,
  type PromptResult,
  type SegmentApi,
  type StageTimes,
  type TrackedFrame,
  type TrackerApi,
  type TrackerSettings,
} from '../protocol/segment-contract';
import { checkCleanUp, checkPrompts, checkSettings, checkToken } from './check-arguments';
import { FeatureCache } from './image-features/feature-cache';
import { ImageSource } from './image-features/image-source';
import { loadModel, type LoadedModel } from './load-model';
import { candidateMask, maskResults, withoutPixels, type MaskLike, type MaskView } from './masks/mask-result';
import { overlapShare } from './masks/overlap-share';
import { defaultTrackerOptions } from './memory/tracker-options';
import { ortBusyMs } from './runtime/ort-queue';
import { catalogueEntry, catalogueModel, listCatalogue } from './list-catalogue';
import { downloadWeights, keepWeights } from './model-pack/download-weights';
import { fetchCatalogue, recogniseWeights } from './model-pack/weightless-pack';
import { openWeightsFile } from './model-pack/weights-file';
import { removeStored } from './model-pack/weights-store';
import { runtimeLimits } from './runtime-limits';
import { ShownEdges } from './shown-edges';
import { MemoryBudget } from './tracker/memory-budget';
import type { PromptedFrame, TrackContext } from './tracker/track-frame';
import { noTimes, Tracker, type TrackStep } from './tracker/tracker';

/** A source of frames with the objects on it; `context` and `images` while there is a model. */
type OpenVideo = {
  width: number;
  height: number;
  frames: Remote<FrameSource>;
  tracker: Tracker;
  cleanUps: Map<ObjectId, ObjectCleanUp>;
  context: TrackContext | null;
  images: ImageSource | null;
};

let catalogueUrl = '';
let model: LoadedModel | null = null;
let video: OpenVideo | null = null;
/** Beside the video, while it is recorded. */
let live: OpenVideo | null = null;
let lost: MaskletError | null = null;
let invalid: MaskletError | null = null;
let version = 0;
let trackedFrames = 0;
const trackedMs: StageTimes = { ...noTimes };
let settings: TrackerSettings = usualSettings;
const shownEdges = new ShownEdges();

/** Puts the model and what is open together, once both are there. Frees what the pair before held. */
async function prepare(opened: OpenVideo): Promise<void> {
  await release(opened);
  if (!model) return;
  opened.context = trackContext(model, opened);
  await opened.tracker.useModel(opened.context, false);
}

/** The open video, and the live one beside it. */
async function prepareAll(): Promise<void> {
  for (const opened of [video, live]) {
    if (opened) await prepare(opened);
  }
}

async function release(opened: OpenVideo | null): Promise<void> {
  if (!opened) return;
  await opened.tracker.useModel(null, lost !== null);
  opened.images?.dropPrefetched();
  if (lost === null) opened.context?.features.clear();
  opened.context = null;
  opened.images = null;
}

function openOn(source: { width: number; height: number }, frames: MessagePort, frameCount: number): OpenVideo {
  const { width, height } = source;
  const tracker = new Tracker(frameCount);
  const cleanUps = new Map<ObjectId, ObjectCleanUp>();
  return { width, height, frames: connect<FrameSource>(frames), tracker, cleanUps, context: null, images: null };
}

function trackContext({ graphs, runtime }: LoadedModel, opened: OpenVideo): TrackContext {
  const { frameCount } = opened.tracker;
  const { manifest } = graphs;
  const { tracker } = manifest;
  const limits = runtimeLimits[runtime.provider];
  const source = new ImageSource(opened.frames, runtime, manifest, limits.pictureBytes);
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
  opened.images = source;
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
      time: frameCount === Infinity ? 'tracked frames' : 'frames',
    },
    frameCount,
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

function view({ width, height, cleanUps }: OpenVideo, own: MaskView['own'] = cleanUps): MaskView {
  return { width, height, ...settings, own };
}

type ShownMask = { object: ObjectId; mask: MaskLike };

function edgesNow(): MaskEdges {
  if (settings.edges !== 'auto') return settings.edges;
  return model?.graphs.manifest.tracker.edges ?? 'model';
}

/** The masks of one frame as they are shown and saved. */
async function shownMasks(
  opened: OpenVideo,
  masks: readonly ShownMask[],
  own?: MaskView['own'],
): Promise<MaskResult[]> {
  return maskResults(await shownEdges.of(masks, edgesNow(), opened.images), view(opened, own));
}

async function maskOf(object: ObjectId, frameIndex: number, own?: MaskView['own']): Promise<MaskResult | null> {
  const opened = openedVideo();
  const { tracker } = opened;
  const shown = tracker.mask(object, frameIndex);
  if (!shown) return null;
  // Alone, an object needs no other's mask.
  const masks = settings.nonOverlapping ? tracker.masksOfFrame(frameIndex) : [{ object, mask: shown }];
  return (await shownMasks(opened, masks, own)).find((mask) => mask.object === object) ?? null;
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

async function promptResult(
  opened: OpenVideo,
  object: ObjectId,
  frameIndex: number,
  result: PromptedFrame | null,
): Promise<PromptResult> {
  const shown = opened.tracker.mask(object, frameIndex);
  const [mask = null] = shown ? (await shownMasks(opened, [{ object, mask: shown }])).map(withoutPixels) : [];
  if (!result) return { mask, candidates: [], token: 0 };
  const { candidates, output } = result;
  const { images } = opened;
  return {
    mask,
    candidates: await Promise.all(
      candidates.map(async ({ predictedIou, logits }, token) => {
        const guided = images && edgesNow() === 'picture' ? await shownEdges.refine(logits, frameIndex, images) : null;
        return candidateMask(token, predictedIou, guided ?? logits, view(opened));
      }),
    ),
    token: output.token,
  };
}

/** Of tracked masks with all others on the frame, tracked in this run or not. */
function overlapsOf(tracker: Tracker, frameIndex: number, masks: TrackStep['masks']): number[] {
  const all = tracker.masksOfFrame(frameIndex);
  return masks.map(({ object, mask }) => {
    const others = all.filter((other) => other.object !== object);
    return overlapShare(
      mask.maskLogits,
      others.map((other) => other.mask.maskLogits),
    );
  });
}

const maskSource: MaskSource = {
  async mask(object, frameIndex) {
    return maskOf(object, frameIndex);
  },
  async masksOfFrame(frameIndex) {
    const opened = openedVideo();
    return shownMasks(opened, opened.tracker.masksOfFrame(frameIndex));
  },
};

/** Objects on one source: the open video, or the live one. */
function trackerApi(source: () => OpenVideo): TrackerApi {
  return {
    async addObject(object) {
      source().tracker.addObject(object);
    },

    async removeObject(object) {
      await source().tracker.removeObject(object);
    },

    async prompt(object, frameIndex, prompts) {
      const opened = source();
      checkPrompts(prompts);
      const result = await onDevice(() => opened.tracker.prompt(object, frameIndex, prompts));
      return promptResult(opened, object, frameIndex, result);
    },

    async track(request, signal) {
      const opened = source();
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
              masks: (await shownMasks(opened, masks)).map(withoutPixels),
              agreements: masks.map(({ agreement }) => agreement?.iou ?? null),
              overlaps: overlapsOf(opened.tracker, rest.frameIndex, masks),
            };
          }
        } finally {
          await steps.return(undefined);
          opened.images?.dropPrefetched();
        }
      })();
    },

    async snapshot() {
      return source().tracker.snapshot();
    },

    async restore(snapshot) {
      await source().tracker.restore(snapshot);
    },

    async dropSnapshots(snapshots) {
      await source().tracker.dropSnapshots(snapshots);
    },

    async masksOfFrame(frameIndex) {
      const opened = source();
      return shownMasks(opened, opened.tracker.masksOfFrame(frameIndex));
    },
  };
}

const api: SegmentApi = {
  ...maskSource,
  ...trackerApi(openedVideo),

  async loadModel(request, onProgress) {
    const loaded = await loadModel(request, catalogueUrl, onProgress);
    const before = model;
    const wasLost = lost !== null;
    model = loaded;
    // Only now: everything the old model left is still on the old device.
    await prepareAll();
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
    await release(video);
    video = openOn(info, media, info.frameCount);
    await prepare(video);
  },

  async adopt(objects) {
    const { tracker } = openedVideo();
    for (const adopted of objects) {
      tracker.adopt(adopted);
      // Newer masks have larger numbers.
      for (const mask of adopted.masks) version = Math.max(version, mask.version);
    }
  },

  async closeVideo() {
    await release(video);
    video = null;
  },

  async openLive(source, frames, port) {
    await release(live);
    const opened = openOn(source, frames, Infinity);
    live = opened;
    serve(
      trackerApi(() => opened),
      port,
    );
    await prepare(opened);
  },

  async keepLive(info, media) {
    if (!live) throw new MaskletError('no-video', 'There is no live source.');
    await release(video);
    video = live;
    live = null;
    video.frames = connect<FrameSource>(media);
    video.images?.readFrom(video.frames);
    await video.tracker.endAt(info.frameCount);
  },

  async closeLive() {
    await release(live);
    live = null;
  },

  async chooseCandidate(object, frameIndex, token) {
    const opened = openedVideo();
    checkToken(token);
    const result = await onDevice(() => opened.tracker.chooseCandidate(object, frameIndex, token));
    return promptResult(opened, object, frameIndex, result);
  },

  async setLocked(object, frameIndex, isLocked) {
    await openedVideo().tracker.setLocked(object, frameIndex, isLocked);
  },

  async configure(changes) {
    const changed = { ...settings, ...changes };
    checkSettings(changed);
    settings = changed;
    for (const opened of [video, live]) {
      if (opened?.context) opened.context.options = { ...opened.context.options, ...settings };
    }
    return settings;
  },

  async setCleanUp(object, cleanUp) {
    if (cleanUp) checkCleanUp(cleanUp);
    const { cleanUps } = openedVideo();
    if (cleanUp) cleanUps.set(object, cleanUp);
    else cleanUps.delete(object);
  },

  async unrepairedMask(object, frameIndex) {
    return maskOf(object, frameIndex, new Map());
  },

  async keptMasks(frameIndex) {
    const opened = openedVideo();
    return shownMasks(opened, opened.tracker.masksOfFrame(frameIndex), new Map());
  },

  async masksOfSnapshot(snapshot, frameIndex) {
    const opened = openedVideo();
    return shownMasks(opened, opened.tracker.masksOfSnapshot(snapshot, frameIndex));
  },

  async connect(port) {
    serve(maskSource, port);
  },

  async stats() {
    return {
      featureCacheBytes: video?.context?.features.bytes ?? 0,
      encoderRuns: video?.context?.features.encoderRuns ?? 0,
      memoryBankBytes: video?.context?.memories.bytes ?? 0,
      maskStoreBytes: video?.tracker.maskBytes ?? 0,
      ortMs: ortBusyMs(),
      trackedFrames,
      trackedMs,
      gpu: model?.runtime.traffic ?? null,
    };
  },
};

serve(api, self);
