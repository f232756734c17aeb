/** What is known of an object's masks beside the masks themselves, short enough to be written with every change. */
import type { ObjectId } from '../../workers/protocol/prompt';
import type { MaskletsState, Masklet, OpenEdit } from './masklets';

/** First and last frame, inclusive. */
type FrameRange = [from: number, to: number];

export type SavedMarks = {
  stale: FrameRange[];
  locked: FrameRange[];
  /** Frames that a run made on its way forward, and backward. */
  forward: FrameRange[];
  backward: FrameRange[];
  edits: [frameIndex: number, open: OpenEdit][];
};

export function savedMarks({ columns, edits }: Masklet): SavedMarks {
  return {
    stale: rangesOf(columns.isStale, 1),
    locked: rangesOf(columns.isLocked, 1),
    forward: rangesOf(columns.passage, 1),
    backward: rangesOf(columns.passage, 2),
    edits: [...edits],
  };
}

/** Puts marks on masks that have just been made of what was saved; only tracked ones take them. */
export function restoreMarks(state: MaskletsState, object: ObjectId, marks: SavedMarks): MaskletsState {
  const masklet = state.byObject[object];
  if (!masklet) return state;
  const { columns } = masklet;
  const isTracked = (frameIndex: number) => columns.isTracked[frameIndex] === 1;
  const put = (column: Uint8Array, ranges: readonly FrameRange[] | undefined, value: number) => {
    for (const [from, to] of ranges ?? []) {
      for (let n = Math.max(0, from); n <= Math.min(to, column.length - 1); n++) if (isTracked(n)) column[n] = value;
    }
  };
  put(columns.isStale, marks.stale, 1);
  put(columns.isLocked, marks.locked, 1);
  put(columns.passage, marks.forward, 1);
  put(columns.passage, marks.backward, 2);
  const staleFrames = columns.isStale.reduce((sum, isStale) => sum + isStale, 0);
  const edits = new Map(marks.edits?.filter(([frameIndex]) => frameIndex < state.frameCount));
  return { ...state, byObject: { ...state.byObject, [object]: { ...masklet, staleFrames, edits } } };
}

function rangesOf(column: Uint8Array, value: number): FrameRange[] {
  const ranges: FrameRange[] = [];
  for (let from = column.indexOf(value); from >= 0;) {
    let to = from;
    while (column[to + 1] === value) to++;
    ranges.push([from, to]);
    from = column.indexOf(value, to + 1);
  }
  return ranges;
}
