/**
 * Every object's masks over the video, as summaries in columns. The columns are written in place and the small record
 * around them is replaced, so that a tracked frame costs O(objects) however long the video is.
 */
import type { MaskSummary } from '../../workers/protocol/mask';
import type { ObjectId } from '../../workers/protocol/prompt';

/** What an object has on a frame. */
export const FrameMark = { none: 0, mask: 1, absent: 2 } as const;
export type FrameMark = (typeof FrameMark)[keyof typeof FrameMark];

/** One entry per frame. Read them only through the current record: its `revision` says when they have changed. */
export type MaskColumns = {
  readonly mark: Uint8Array;
  /** 1 where the mask was tracked before the object's last prompt change. */
  readonly isStale: Uint8Array;
  /** 1 where the mask comes from tracking rather than from a prompt. */
  readonly isTracked: Uint8Array;
  readonly area: Uint32Array;
  readonly occlusionScore: Float32Array;
  readonly predictedIou: Float32Array;
  readonly version: Uint32Array;
};

export type Masklet = {
  readonly columns: MaskColumns;
  readonly revision: number;
  readonly markedFrames: number;
  readonly trackedFrames: number;
  readonly staleFrames: number;
};

export type MaskletsState = {
  frameCount: number;
  byObject: Readonly<Record<ObjectId, Masklet>>;
};

export const noMasklets: MaskletsState = { frameCount: 0, byObject: {} };

export function maskletsFor(frameCount: number): MaskletsState {
  return { frameCount, byObject: {} };
}

export function writeMasks(state: MaskletsState, masks: readonly MaskSummary[]): MaskletsState {
  if (masks.length === 0) return state;
  const byObject = { ...state.byObject };
  for (const mask of masks) {
    byObject[mask.object] = writeMask(byObject[mask.object] ?? emptyMasklet(state.frameCount), mask);
  }
  return { ...state, byObject };
}

export function eraseMask(state: MaskletsState, object: ObjectId, frameIndex: number): MaskletsState {
  const masklet = state.byObject[object];
  if (!masklet || markOf(masklet, frameIndex) === FrameMark.none) return state;
  const { columns } = masklet;
  const erased: Masklet = {
    columns,
    revision: masklet.revision + 1,
    markedFrames: masklet.markedFrames - 1,
    trackedFrames: masklet.trackedFrames - columns.isTracked[frameIndex]!,
    staleFrames: masklet.staleFrames - columns.isStale[frameIndex]!,
  };
  columns.mark[frameIndex] = FrameMark.none;
  columns.isTracked[frameIndex] = 0;
  columns.isStale[frameIndex] = 0;
  return { ...state, byObject: { ...state.byObject, [object]: erased } };
}

/** After an edit of an object's prompts: what was tracked from the old ones no longer follows from them. */
export function markStale(state: MaskletsState, object: ObjectId): MaskletsState {
  const masklet = state.byObject[object];
  if (!masklet || masklet.staleFrames === masklet.trackedFrames) return state;
  const { isTracked, isStale } = masklet.columns;
  isStale.set(isTracked);
  const stale: Masklet = { ...masklet, revision: masklet.revision + 1, staleFrames: masklet.trackedFrames };
  return { ...state, byObject: { ...state.byObject, [object]: stale } };
}

export function forgetMasklet(state: MaskletsState, object: ObjectId): MaskletsState {
  const { [object]: _forgotten, ...byObject } = state.byObject;
  return { ...state, byObject };
}

export function markOf(masklet: Masklet | undefined, frameIndex: number): FrameMark {
  return (masklet?.columns.mark[frameIndex] ?? FrameMark.none) as FrameMark;
}

/** Frames on which the object has an answer, absent ones too, ascending. */
export function markedFrames(masklet: Masklet | undefined): number[] {
  const frames: number[] = [];
  masklet?.columns.mark.forEach((mark, frameIndex) => {
    if (mark !== FrameMark.none) frames.push(frameIndex);
  });
  return frames;
}

function writeMask(masklet: Masklet, mask: MaskSummary): Masklet {
  const { columns } = masklet;
  const { frameIndex } = mask;
  const wasMarked = columns.mark[frameIndex] === FrameMark.none ? 0 : 1;
  const wasTracked = columns.isTracked[frameIndex]!;
  const wasStale = columns.isStale[frameIndex]!;
  const isTracked = mask.origin === 'track' ? 1 : 0;
  columns.mark[frameIndex] = mask.area > 0 ? FrameMark.mask : FrameMark.absent;
  columns.isTracked[frameIndex] = isTracked;
  columns.isStale[frameIndex] = 0;
  columns.area[frameIndex] = mask.area;
  columns.occlusionScore[frameIndex] = mask.occlusionScore;
  columns.predictedIou[frameIndex] = mask.predictedIou;
  columns.version[frameIndex] = mask.version;
  return {
    columns,
    revision: masklet.revision + 1,
    markedFrames: masklet.markedFrames + 1 - wasMarked,
    trackedFrames: masklet.trackedFrames + isTracked - wasTracked,
    staleFrames: masklet.staleFrames - wasStale,
  };
}

function emptyMasklet(frameCount: number): Masklet {
  const columns: MaskColumns = {
    mark: new Uint8Array(frameCount),
    isStale: new Uint8Array(frameCount),
    isTracked: new Uint8Array(frameCount),
    area: new Uint32Array(frameCount),
    occlusionScore: new Float32Array(frameCount),
    predictedIou: new Float32Array(frameCount),
    version: new Uint32Array(frameCount),
  };
  return { columns, revision: 0, markedFrames: 0, trackedFrames: 0, staleFrames: 0 };
}
