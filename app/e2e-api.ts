/** What the page offers to scripts as `window.masklet`. Types only; docs/automation.md tells the rest. */
import type { ExportFormat } from '../workers/protocol/export-formats';
import type { MediaStats, OpenOptions } from '../workers/protocol/media-contract';
import type { ObjectId, PointLabel } from '../workers/protocol/prompt';
import type {
  CatalogueModel,
  ModelStatus,
  ObjectCleanUp,
  Precision,
  Provider,
  SegmentStats,
  TrackDirection,
  TrackerSettings,
} from '../workers/protocol/segment-contract';
import type { HistoryAction } from './state/history';
import type { ImportReport } from './state/importing';

export type OpenedVideo = {
  name: string;
  width: number;
  height: number;
  frameCount: number;
  /** Integer µs, one per frame, starting at 0. */
  timestampsUs: number[];
  durationUs: number;
  /** Per frame, its number in the source, ascending. */
  sourceFrames: number[];
  /** Integer µs from the source's first frame to frame 0. */
  sourceStartUs: number;
  /** Frames of the source, open or not. */
  sourceFrameCount: number;
  codec: string;
  sizeBytes: number;
  /** The videos in what was opened: tracks, folders of pictures, files; one, for most. */
  parts: { name: string | null; size: { width: number; height: number } | null; frameCount: number | null }[];
  /** Which of them is open. */
  part: number;
};

export type AutomationStatus = {
  /** A video is open and the model is loaded. */
  ready: boolean;
  /** Name of the model pack; null until it is loaded. */
  model: string | null;
  provider: Provider | null;
  device: string | null;
  /** Of the arithmetic of the large graphs. */
  precision: Precision | null;
  /** Why WebGPU is not used, or not in float16; null where all is as it should be, or as asked for. */
  fallbackReason: string | null;
  frameCount: number;
  /** Of the video; null when none is open. */
  size: { width: number; height: number } | null;
  /** The frame shown. */
  frame: number;
  /** Why it cannot be seen, in a sentence; null where it can. */
  frameError: string | null;
  isTracking: boolean;
  objects: { id: ObjectId; name: string }[];
};

/** Video pixels, origin at the top left corner of the top left pixel. */
type AutomationPoint = { x: number; y: number; label: PointLabel };

/** Uncompressed COCO RLE: column-major, the first run counts background. */
type AutomationRle = { width: number; height: number; counts: readonly number[] };

type PromptArguments = {
  object: ObjectId;
  frame: number;
  /** Added to the points that are there, as clicks are. */
  points?: readonly AutomationPoint[];
  /** Replaces the box that is there: x0, y0, x1, y1. */
  box?: readonly [number, number, number, number];
  /** Replaces all points and the box. */
  mask?: AutomationRle;
  /** Forgets the prompts of the frame before these are taken. */
  replace?: boolean;
};

type AutomationCandidate = { token: number; predictedIou: number; area: number };

export type PromptAnswer = {
  /** Occlusion score, a logit: the object is visible where it is positive. */
  score: number;
  predictedIou: number;
  /** Pixels. */
  area: number;
  /** The other masks of an ambiguous prompt. */
  candidates: AutomationCandidate[];
};

type TrackArguments = {
  /** Those with prompts, by default. */
  objects?: readonly ObjectId[];
  /** Default: the first prompted frame. */
  from?: number;
  /** Last frame, inclusive. Default: the video's end in the direction of travel. */
  to?: number;
  /** Default: forward. */
  direction?: TrackDirection;
};

/** A frame worth a look; `weight` from 0 to 1. */
type AutomationStop = { object: ObjectId; frame: number; reason: string; weight: number };

type AutomationMask = AutomationRle & { counts: number[]; score: number; predictedIou: number };

type LoadModelArguments = {
  /** `nano`, or one of `models()`. */
  name?: string;
  /** Address of a pack: its folder, its manifest, or a zip of it. */
  pack?: string;
  /** Weights (`.safetensors`, `.pt`), a pack in a zip, or the files of a pack's folder. */
  files?: File | readonly File[];
  /** Of models that leave the choice. */
  imageSize?: number;
  /** Downloads the weights where they are not kept; without it, nothing is fetched from elsewhere. */
  download?: boolean;
  /** Where weights are downloaded from; stays chosen. */
  hub?: string;
};

type AutomationHistory = {
  /** The oldest first. */
  steps: { action: HistoryAction; object: string | null; frame: number | null }[];
  /** How many of them are done; the rest was taken back. */
  position: number;
};

type AutomationStats = {
  media: MediaStats;
  segment: SegmentStats;
  page: { maskCacheBytes: number; jsHeapBytes: number | null };
};

/** Every promise rejects with a `MaskletError`, whose `code` says what failed. */
export type MaskletApi = {
  open(source: File | File[] | Blob | URL | string, options?: OpenOptions): Promise<OpenedVideo>;
  status(): Promise<AutomationStatus>;
  addObject(name?: string): Promise<ObjectId>;
  removeObject(object: ObjectId): Promise<void>;
  prompt(prompt: PromptArguments): Promise<PromptAnswer>;
  chooseCandidate(object: ObjectId, frame: number, token: number): Promise<PromptAnswer>;
  clear(what?: { object?: ObjectId; frame?: number }): Promise<void>;
  track(request?: TrackArguments): Promise<number>;
  cancel(): Promise<void>;
  mask(object: ObjectId, frame: number): Promise<AutomationMask | null>;
  lock(object: ObjectId, frame: number, isLocked?: boolean): Promise<void>;
  review(): Promise<AutomationStop[]>;
  configure(settings?: Partial<TrackerSettings>): Promise<TrackerSettings>;
  setCategory(object: ObjectId, category: string | null): Promise<void>;
  cleanUp(object: ObjectId, changes: Partial<ObjectCleanUp> | null): Promise<void>;
  undo(): Promise<boolean>;
  redo(): Promise<boolean>;
  history(): Promise<AutomationHistory>;
  models(): Promise<readonly CatalogueModel[]>;
  loadModel(model: LoadModelArguments): Promise<ModelStatus>;
  pauseDownload(): Promise<void>;
  removeModel(name: string): Promise<void>;
  seek(frame: number): Promise<void>;
  importMasks(files: File | File[]): Promise<ImportReport>;
  export(format: ExportFormat): Promise<Blob>;
  stats(): Promise<AutomationStats>;
};

declare global {
  interface Window {
    masklet: MaskletApi;
  }
}
