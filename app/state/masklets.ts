/**
 * Every object's masks over the video, as summaries in columns. The columns are written in place and the small record
 * around them is replaced, so that a tracked frame costs O(objects) however long the video is. Who keeps a state for
 * later shares it first (`shareMasklets`); the next write then copies the columns, once.
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
  /** 1 where a person declared a tracked mask right: it conditions, and no run passes over it. */
  readonly isLocked: Uint8Array;
  /** 1 where the last run over it has visibly changed the mask. */
  readonly isChanged: Uint8Array;
  /** 1 − IoU of that mask with the one before. */
  readonly change: Float32Array;
  readonly area: Uint32Array;
  /** Which way the run went that made a tracked mask: 1 forward, 2 backward, 0 before it is known. */
  readonly passage: Uint8Array;
  /** 1 − IoU with the mask of the run before, where that one went the other way; else 0. */
  readonly disagreement: Float32Array;
  /** The share of a tracked mask that other objects claim too, 0 to 1. */
  readonly overlap: Float32Array;
  /** Separate parts of the mask, at most 255. */
  readonly pieces: Uint8Array;
  readonly occlusionScore: Float32Array;
  readonly predictedIou: Float32Array;
  readonly version: Uint32Array;
};

/** Passages that have not taken a changed frame in yet: 1 forward, 2 backward, 3 both. */
export type OpenEdit = 1 | 2 | 3;

export type Masklet = {
  readonly columns: MaskColumns;
  /** Frames whose prompts have changed since the rest was tracked. */
  readonly edits: ReadonlyMap<number, OpenEdit>;
  /** Somebody else holds the columns too: they are copied before they are written. */
  readonly isShared: boolean;
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

/** What may be kept: no later write shows in it. Put the result into the store, so that writers know. */
export function shareMasklets(state: MaskletsState): MaskletsState {
  const entries = Object.entries(state.byObject).map(([id, masklet]) => [id, { ...masklet, isShared: true }]);
  return { ...state, byObject: Object.fromEntries(entries) as MaskletsState['byObject'] };
}

export function eraseMask(state: MaskletsState, object: ObjectId, frameIndex: number): MaskletsState {
  const before = state.byObject[object];
  if (!before || markOf(before, frameIndex) === FrameMark.none) return state;
  const masklet = writable(before);
  const { columns } = masklet;
  const erased: Masklet = {
    ...masklet,
    markedFrames: masklet.markedFrames - 1,
    trackedFrames: masklet.trackedFrames - columns.isTracked[frameIndex]!,
    staleFrames: masklet.staleFrames - columns.isStale[frameIndex]!,
  };
  columns.mark[frameIndex] = FrameMark.none;
  columns.isTracked[frameIndex] = 0;
  columns.isStale[frameIndex] = 0;
  columns.isLocked[frameIndex] = 0;
  columns.passage[frameIndex] = 0;
  columns.disagreement[frameIndex] = 0;
  return put(state, object, erased);
}

/**
 * After an edit of an object's prompts on a frame: what was tracked from the old ones no longer follows from them,
 * except for locked frames.
 */
export function markStale(state: MaskletsState, object: ObjectId, frameIndex: number): MaskletsState {
  const before = state.byObject[object];
  if (!before || before.trackedFrames === 0) return state;
  const isDone = before.staleFrames === before.trackedFrames && before.edits.get(frameIndex) === 3;
  if (isDone) return state;
  const masklet = writable(before);
  const { isTracked, isLocked, isStale } = masklet.columns;
  let staleFrames = 0;
  for (let n = 0; n < isStale.length; n++) {
    isStale[n] = isTracked[n]! & (1 - isLocked[n]!);
    staleFrames += isStale[n]!;
  }
  return put(state, object, { ...masklet, staleFrames, edits: new Map(masklet.edits).set(frameIndex, 3) });
}

/** Frames of an inclusive range that follow from the present prompts after all: a run has shown it. */
export function markFresh(state: MaskletsState, object: ObjectId, from: number, to: number): MaskletsState {
  const before = state.byObject[object];
  if (!before || before.staleFrames === 0 || from > to) return state;
  const masklet = writable(before);
  const { isStale } = masklet.columns;
  let staleFrames = masklet.staleFrames;
  for (let frameIndex = from; frameIndex <= to; frameIndex++) {
    staleFrames -= isStale[frameIndex]!;
    isStale[frameIndex] = 0;
  }
  return put(state, object, { ...masklet, staleFrames });
}

/** A run has taken an edit in, in these directions. */
export function closeEdit(
  state: MaskletsState,
  object: ObjectId,
  frameIndex: number,
  directions: OpenEdit,
): MaskletsState {
  const masklet = state.byObject[object];
  const open = masklet?.edits.get(frameIndex);
  if (!masklet || open === undefined) return state;
  const edits = new Map(masklet.edits);
  const left = open & ~directions;
  if (left === 0) edits.delete(frameIndex);
  else edits.set(frameIndex, left as OpenEdit);
  return put(state, object, { ...masklet, edits });
}

/** Edits with no stale frame left on a side have been taken in there. */
export function closeReachedEdits(state: MaskletsState, object: ObjectId): MaskletsState {
  const masklet = state.byObject[object];
  if (!masklet || masklet.edits.size === 0) return state;
  const first = masklet.columns.isStale.indexOf(1);
  const last = masklet.columns.isStale.lastIndexOf(1);
  const edits = new Map<number, OpenEdit>();
  for (const [frameIndex, open] of masklet.edits) {
    const left = open & ((last > frameIndex ? 1 : 0) | (first >= 0 && first < frameIndex ? 2 : 0));
    if (left !== 0) edits.set(frameIndex, left as OpenEdit);
  }
  return put(state, object, { ...masklet, edits });
}

/** @returns `state` itself where there is no tracked mask to lock */
export function setLocked(
  state: MaskletsState,
  object: ObjectId,
  frameIndex: number,
  isLocked: boolean,
): MaskletsState {
  const before = state.byObject[object];
  if (!before || before.columns.isTracked[frameIndex] !== 1) return state;
  const masklet = writable(before);
  const { columns } = masklet;
  columns.isLocked[frameIndex] = isLocked ? 1 : 0;
  const staleFrames = masklet.staleFrames - columns.isStale[frameIndex]!;
  columns.isStale[frameIndex] = 0;
  return put(state, object, { ...masklet, staleFrames });
}

/** Below this agreement with the mask before, a person sees a difference. */
const visibleChange = 0.95;

/**
 * Notes which of the masks just tracked differ from those before, as far as there were any, and where runs from two sides
 * disagree.
 * @returns how many differ
 */
export function noteChanges(
  state: MaskletsState,
  frameIndex: number,
  masks: readonly { object: ObjectId; agreement: number | null }[],
  isBackward: boolean,
): number {
  let changed = 0;
  for (const { object, agreement } of masks) {
    const isChanged = agreement !== null && agreement < visibleChange;
    if (isChanged) changed++;
    // Just written, so nobody else holds the columns.
    const columns = state.byObject[object]?.columns;
    if (!columns) continue;
    columns.isChanged[frameIndex] = isChanged ? 1 : 0;
    columns.change[frameIndex] = isChanged ? 1 - agreement : 0;
    const passage = isBackward ? 2 : 1;
    const isOtherWay = columns.passage[frameIndex] === 3 - passage;
    columns.disagreement[frameIndex] = isOtherWay && agreement !== null ? 1 - agreement : 0;
    columns.passage[frameIndex] = columns.isTracked[frameIndex] === 1 ? passage : 0;
  }
  return changed;
}

/** Notes how much of the masks just tracked other objects claim too. */
export function noteOverlaps(
  state: MaskletsState,
  frameIndex: number,
  masks: readonly { object: ObjectId; overlap: number }[],
): void {
  for (const { object, overlap } of masks) {
    const columns = state.byObject[object]?.columns;
    if (columns) columns.overlap[frameIndex] = overlap;
  }
}

/** The frame on which the last run has changed masks most; null where it changed none. */
export function mostChangedFrame({ byObject }: MaskletsState): number | null {
  let found: { frameIndex: number; change: number } | null = null;
  for (const { columns } of Object.values(byObject)) {
    for (const [frameIndex, change] of columns.change.entries()) {
      if (change > (found?.change ?? 0)) found = { frameIndex, change };
    }
  }
  return found && found.frameIndex;
}

/** Before a run: what the one before changed is no news. */
export function forgetChanges(state: MaskletsState, objects: readonly ObjectId[]): MaskletsState {
  let next = state;
  for (const object of objects) {
    const before = state.byObject[object];
    if (!before?.columns.isChanged.includes(1)) continue;
    const masklet = writable(before);
    masklet.columns.isChanged.fill(0);
    masklet.columns.change.fill(0);
    next = put(next, object, masklet);
  }
  return next;
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

function put(state: MaskletsState, object: ObjectId, masklet: Masklet): MaskletsState {
  const next = { ...masklet, revision: masklet.revision + 1 };
  return { ...state, byObject: { ...state.byObject, [object]: next } };
}

function writable(masklet: Masklet): Masklet {
  if (!masklet.isShared) return masklet;
  const copies = Object.entries(masklet.columns).map(([name, column]) => [name, column.slice()]);
  return { ...masklet, columns: Object.fromEntries(copies) as MaskColumns, isShared: false };
}

function writeMask(before: Masklet, mask: MaskSummary): Masklet {
  const masklet = writable(before);
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
  columns.pieces[frameIndex] = Math.min(255, mask.pieces);
  columns.occlusionScore[frameIndex] = mask.occlusionScore;
  columns.predictedIou[frameIndex] = mask.predictedIou;
  columns.version[frameIndex] = mask.version;
  columns.overlap[frameIndex] = 0;
  if (isTracked === 0) {
    columns.isLocked[frameIndex] = 0;
    columns.passage[frameIndex] = 0;
    columns.disagreement[frameIndex] = 0;
  }
  return {
    ...masklet,
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
    isLocked: new Uint8Array(frameCount),
    isChanged: new Uint8Array(frameCount),
    change: new Float32Array(frameCount),
    passage: new Uint8Array(frameCount),
    disagreement: new Float32Array(frameCount),
    overlap: new Float32Array(frameCount),
    area: new Uint32Array(frameCount),
    pieces: new Uint8Array(frameCount),
    occlusionScore: new Float32Array(frameCount),
    predictedIou: new Float32Array(frameCount),
    version: new Uint32Array(frameCount),
  };
  const counts = { revision: 0, markedFrames: 0, trackedFrames: 0, staleFrames: 0 };
  return { columns, ...counts, edits: new Map(), isShared: false };
}
