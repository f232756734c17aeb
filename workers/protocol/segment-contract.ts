/** The segment worker: the model, the memory bank of every object, and the masks. */
import type { Failure } from './errors';
import type { Candidate, MaskResult, MaskSummary } from './mask';
import type { SourceFile } from './media-contract';
import type { FramePrompts, ObjectId } from './prompt';
import type { VideoInfo } from './video';

export type Provider = 'webgpu' | 'wasm';
/** Of the arithmetic of the large graphs: image encoder and memory attention. */
export type Precision = 'float16' | 'float32';

export type ModelStatus = {
  name: string;
  title: string;
  version: string;
  imageSize: number;
  /** Sizes that the model can be loaded for. */
  imageSizes: number[];
  provider: Provider;
  precision: Precision;
  /** Adapter description, or threads of WASM. */
  device: string;
  /** Of WASM; null on WebGPU. */
  threads: number | null;
  /** Why WebGPU is not used, or not in float16; null where all is as it should be, or as asked for. */
  fallback: Failure | null;
};

/** Where a model comes from. */
export type ModelSource =
  /** Absolute: the folder of a pack, ending in a slash, its manifest, or a zip of it. */
  | { kind: 'pack'; url: string }
  /** A model of the catalogue whose weights this browser keeps. */
  | { kind: 'stored'; name: string }
  /** What a person dropped: a file of weights, a pack in a zip, or the files of a pack's folder with their paths. */
  | { kind: 'files'; files: SourceFile[] };

export type LoadModelRequest = {
  source: ModelSource;
  /** `auto` takes WebGPU where there is an adapter. */
  provider: Provider | 'auto';
  /** Of models that leave the choice; theirs by default. */
  imageSize?: number;
};

/** A model of the catalogue: the app has its graphs, not its weights. */
export type CatalogueModel = {
  name: string;
  title: string;
  architecture: 'sam2.0' | 'sam2.1' | 'edgetam';
  license: string;
  repository: string;
  /** Of the weights as they are published; about, before they are there. */
  weightsBytes: number;
  imageSizes: number[];
  /** The one that is taken where none is chosen. */
  defaultImageSize: number;
  /** Of one tracked frame of one object, by input size. */
  operations: Record<string, number>;
  /** Bytes of the weights that this browser keeps. */
  storedBytes: number;
  /** Of the weights kept, once they are whole and checked. */
  sha256: string | null;
  /** Address or file name that the weights kept are from. */
  storedFrom: string | null;
};

export type StoreProgress = { stage: 'download' | 'verify'; loadedBytes: number; totalBytes: number };

export type LoadProgress = { loadedBytes: number; totalBytes: number; stage: 'download' | 'check' | 'compile' };

export type PromptResult = {
  /** Null when the frame has no prompt left and was not tracked. */
  mask: MaskSummary | null;
  /** The other answers to an ambiguous prompt; empty when the prompt leaves no doubt. */
  candidates: Candidate[];
  /** Token of the mask in force. */
  token: number;
};

export type TrackDirection = 'forward' | 'backward' | 'both';

export type TrackRequest = {
  /** Those with prompts, by default. */
  objects?: ObjectId[];
  /** Default: the first prompted frame of the objects. */
  from?: number;
  /** Last frame, inclusive. Default: the video's end in the direction of travel. */
  to?: number;
  direction?: TrackDirection;
  /**
   * An object is left alone, in each direction, once so many frames in a row have come out as they were before, by
   * intersection over union at the model's mask grid, or but for a fifth of their edge: re-tracking after a correction need not go to the video's end.
   * Only frames past `beyond` count, where it is given.
   */
  stopWhenAgreed?: { iou: number; frames: number; beyond?: number };
};

/** Where a tracked frame's time went, ms. */
export type StageTimes = Record<
  'decode' | 'preprocess' | 'imageEncoder' | 'memoryAttention' | 'maskDecoder' | 'memoryEncoder' | 'masks' | 'total',
  number
>;

export type TrackedFrame = {
  frameIndex: number;
  /** Frames of this run done so far, and in all. */
  done: number;
  total: number;
  /** Of the objects that the run still tracks. */
  masks: MaskSummary[];
  /** Beside each mask, how well it agrees with the one before, [0,1]; null where there was none. */
  agreements: (number | null)[];
  /** Per mask, the share of it that other objects claim too, 0 to 1, before overlaps are resolved. */
  overlaps?: number[];
  times: StageTimes;
};

/** Where the edges of masks come from: the model's own grid, or refined by the colours of the picture. */
export type MaskEdges = 'model' | 'picture';

/** Choices that hold for all objects, and may be changed at any time. */
export type TrackerSettings = {
  /** Holes of at most this many cells of the model's mask grid are filled; 0 fills none. The reference's default is 8. */
  fillHoleArea: number;
  /** Islands of at most this many cells are removed; 0 removes none. */
  removeIslandArea: number;
  /** A pixel belongs to one object at most. */
  nonOverlapping: boolean;
  /** For view and export; `auto` is the model's own choice. */
  edges: MaskEdges | 'auto';
  /** False is the reference's default: corrected frames do not condition, and runs overwrite them. */
  correctionsCondition: boolean;
};

/** Since the device was there; ONNX Runtime's share included. */
export type GpuTraffic = {
  /** In pieces of 512 bytes or more: data. */
  uploadedBytes: number;
  /** In smaller pieces: what tells a dispatch its shapes. */
  parameterBytes: number;
  downloadedBytes: number;
  dispatches: number;
};

/** What they are until somebody changes them. */
export const usualSettings: TrackerSettings = {
  fillHoleArea: 8,
  removeIslandArea: 0,
  nonOverlapping: false,
  edges: 'auto',
  correctionsCondition: true,
};

/** One object's own repairs: for view and export, the masks that are tracked stay as they are. */
export type ObjectCleanUp = {
  /** As in `TrackerSettings`, in its place. */
  fillHoleArea: number;
  removeIslandArea: number;
  /** Pixels of the video that the mask grows by; negative shrinks it. At most 64. */
  growPx: number;
  /** Radius of the disc that smooths it, pixels. At most 64. */
  smoothPx: number;
  /** Pixels over which its edge fades, to each side. At most 64. The mask stays yes or no; mattes and the view are soft. */
  featherPx: number;
};

export type SegmentStats = {
  featureCacheBytes: number;
  memoryBankBytes: number;
  maskStoreBytes: number;
  encoderRuns: number;
  /** Time spent inside ONNX Runtime since the worker started. */
  ortMs: number;
  /** Frames tracked since the worker started, and where their time went. */
  trackedFrames: number;
  trackedMs: StageTimes;
  /** null on WASM. */
  gpu: GpuTraffic | null;
};

/** What the export worker may ask, over its own port. */
export type MaskSource = {
  mask(object: ObjectId, frameIndex: number): Promise<MaskResult | null>;
  /** Masks of all objects on a frame: together, because where they may not overlap each depends on the others. */
  masksOfFrame(frameIndex: number): Promise<MaskResult[]>;
};

/** Objects on one source of frames, whether its end is known or not. */
export type TrackerApi = Pick<
  SegmentApi,
  'addObject' | 'removeObject' | 'prompt' | 'track' | 'masksOfFrame' | 'snapshot' | 'restore' | 'dropSnapshots'
>;

/** What is known of a live source when tracking on it begins. */
export type LiveSource = { width: number; height: number };

/** An object as another worker knew it. */
export type AdoptedObject = {
  object: ObjectId;
  prompts: readonly { frameIndex: number; prompts: FramePrompts }[];
  masks: readonly MaskResult[];
  /** Frames whose tracked masks a person declared right. */
  locked?: readonly number[];
};

export type SegmentApi = MaskSource & {
  /**
   * Downloads, checks and compiles a pack; replaces the model before. Masks already made are kept.
   * @throws `model-missing`, `model-corrupt`, `model-incompatible`, `model-too-large`, `webgpu-unavailable`, `network`,
   *   `out-of-memory`
   */
  loadModel(request: LoadModelRequest, onProgress: (progress: LoadProgress) => void): Promise<ModelStatus>;
  /** Where the list of models without weights is, absolute. Before any call that needs it. */
  useCatalogue(catalogueUrl: string): Promise<void>;
  /** @throws `network`, `model-missing`, `model-incompatible` */
  catalogue(): Promise<CatalogueModel[]>;
  /**
   * Downloads weights into this browser's store and checks them. Ended by the signal or a broken connection, it keeps
   * what it has and goes on from there the next time.
   * @param url of the model's `model.safetensors`
   * @throws `cancelled`, `network`, `model-missing`, `model-corrupt`, `model-incompatible`, `storage-full`, `busy`
   */
  downloadWeights(
    name: string,
    url: string,
    onProgress: (progress: StoreProgress) => void,
    signal: AbortSignal,
  ): Promise<CatalogueModel>;
  /**
   * Copies a file of weights into the store and checks it.
   * @throws `cancelled`, `model-corrupt`, `model-incompatible`, `storage-full`, `busy`
   */
  keepWeights(
    file: SourceFile,
    onProgress: (progress: StoreProgress) => void,
    signal: AbortSignal,
  ): Promise<CatalogueModel>;
  removeWeights(name: string): Promise<void>;
  /** Starts anew on a video; `media` serves `FrameSource`. */
  openVideo(video: VideoInfo, media: MessagePort): Promise<void>;
  closeVideo(): Promise<void>;
  /**
   * Starts anew on a live source, beside the open video and by the same model. Its frames are numbered as they are recorded;
   * few of them are tracked, each by a run of one frame.
   * @param frames serves `FrameSource` for the frames recorded so far
   * @param port is served a `TrackerApi` for the live source
   */
  openLive(source: LiveSource, frames: MessagePort, port: MessagePort): Promise<void>;
  /** The live source has become this video, with the objects, prompts and masks it has: replaces the open video. */
  keepLive(video: VideoInfo, media: MessagePort): Promise<void>;
  /** Gives the live source up, if there is one. */
  closeLive(): Promise<void>;

  addObject(object: ObjectId): Promise<void>;
  removeObject(object: ObjectId): Promise<void>;
  /**
   * Takes objects over from a worker before: their masks stay as they are, their prompts are decoded when they are needed.
   * @throws `invalid-argument` where one of them is there already
   */
  adopt(objects: readonly AdoptedObject[]): Promise<void>;
  /**
   * States all prompts of one object on one frame, and returns its mask there. Stating none clears the frame.
   * @throws `unknown-object`, `frame-out-of-range`, `invalid-argument`, `busy`
   */
  prompt(object: ObjectId, frameIndex: number, prompts: FramePrompts): Promise<PromptResult>;
  /** Takes another candidate of the frame's last prompt; it conditions the track. */
  chooseCandidate(object: ObjectId, frameIndex: number, token: number): Promise<PromptResult>;

  /**
   * Propagates prompts through the video. Pulled: a frame is computed when the one before was taken. Ending the
   * iteration early, or the signal, stops the run; what was tracked is kept.
   * @throws `nothing-to-track`, `unknown-object`, `frame-out-of-range`, `busy`, `device-lost`
   */
  track(request: TrackRequest, signal: AbortSignal): Promise<AsyncIterable<TrackedFrame>>;

  /**
   * Keeps a tracked frame as it is: it conditions from now on and no run passes over it. Or lets it go again.
   * @throws `unknown-object`, `frame-out-of-range`, `invalid-argument` where there is no tracked mask
   */
  setLocked(object: ObjectId, frameIndex: number, isLocked: boolean): Promise<void>;
  /**
   * Remembers all objects as they are, for undo; between two of its frames while a run goes on. Snapshots go when another model is loaded.
   * @returns the snapshot
   */
  snapshot(): Promise<number>;
  /** Makes all objects what they were; the snapshot stays. @throws `unknown-snapshot` */
  restore(snapshot: number): Promise<void>;
  dropSnapshots(snapshots: number[]): Promise<void>;
  /** Changes some settings; masks already made are shown by the new ones. @throws `invalid-argument` */
  configure(settings: Partial<TrackerSettings>): Promise<TrackerSettings>;

  /** Repairs of one object; null for none but those of all. @throws `invalid-argument` */
  setCleanUp(object: ObjectId, cleanUp: ObjectCleanUp | null): Promise<void>;
  /** A mask without the object's own repairs, to be edited. */
  unrepairedMask(object: ObjectId, frameIndex: number): Promise<MaskResult | null>;

  /**
   * All masks of a frame to be kept beyond this worker, and adopted by another: by the settings of now, without the objects'
   * own repairs, which are made again when they are shown.
   * @throws `frame-out-of-range`
   */
  keptMasks(frameIndex: number): Promise<MaskResult[]>;

  /** As they were when a snapshot was taken, by the settings of now. @throws `unknown-snapshot`, `frame-out-of-range` */
  masksOfSnapshot(snapshot: number, frameIndex: number): Promise<MaskResult[]>;
  /** Serves `MaskSource` on a port, for the export worker. */
  connect(port: MessagePort): Promise<void>;
  stats(): Promise<SegmentStats>;
};
