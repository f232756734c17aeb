/** What is told of an object in one word, and which objects a run would take. */
import type { ObjectId } from '../../workers/protocol/prompt';
import type { TrackDirection } from '../../workers/protocol/segment-contract';
import { FrameMark, markOf, type Masklet } from './masklets';
import { findObject } from './objects';
import { isPrompted, promptedFrames } from './prompts';
import type { AppState } from './store';
import { scopeRange } from './track-plan';

export type ObjectStatus = 'untracked' | 'stale' | 'tracking' | 'tracked' | 'absent';

export function objectStatus(state: AppState, object: ObjectId): ObjectStatus {
  const masklet = state.masklets.byObject[object];
  if (state.tracking.run?.objects.includes(object)) return 'tracking';
  if (!masklet || masklet.trackedFrames === 0) return 'untracked';
  if (masklet.staleFrames > 0) return 'stale';
  return markOf(masklet, state.playback.shownFrame) === FrameMark.absent ? 'absent' : 'tracked';
}

export function promptedObjects(state: AppState): ObjectId[] {
  return state.objects.list.map(({ id }) => id).filter((id) => isPrompted(state.prompts, id));
}

/**
 * The objects a person means by "track": those that have something left to do in that direction, so that the others are
 * not computed again; all prompted ones when nothing is left. Locked ones stay as they are.
 */
export function objectsToTrack(state: AppState, direction: TrackDirection): ObjectId[] {
  const prompted = promptedObjects(state).filter((id) => !findObject(state.objects, id)?.isLocked);
  const range = scopeRange(state);
  const unfinished = prompted.filter((id) => {
    const first = promptedFrames(state.prompts, id)[0]!;
    const from = direction === 'forward' ? Math.max(range.from, first) : range.from;
    const to = direction === 'backward' ? Math.min(range.to, first) : range.to;
    return !isUpToDate(state.masklets.byObject[id], from, to);
  });
  return unfinished.length > 0 ? unfinished : prompted;
}

/**
 * Where a run in one direction starts: at the playhead when every object has a mask there to go on from, so that a
 * correction is tracked from where it was made; else at the first prompted frame, which is the tracker's default.
 */
export function startOfRun(
  state: AppState,
  objects: readonly ObjectId[],
  direction: TrackDirection,
): number | undefined {
  const { shownFrame } = state.playback;
  if (direction === 'both') return undefined;
  const canGoOn = objects.every((id) => {
    const masklet = state.masklets.byObject[id];
    return markOf(masklet, shownFrame) !== FrameMark.none && masklet?.columns.isStale[shownFrame] === 0;
  });
  const isBehindAll = objects.every((id) => {
    const prompted = promptedFrames(state.prompts, id);
    return direction === 'forward' ? prompted[0]! <= shownFrame : prompted.at(-1)! >= shownFrame;
  });
  return canGoOn && isBehindAll ? shownFrame : undefined;
}

function isUpToDate(masklet: Masklet | undefined, from: number, to: number): boolean {
  if (!masklet) return false;
  const { mark, isStale } = masklet.columns;
  for (let frameIndex = from; frameIndex <= to; frameIndex++) {
    if (mark[frameIndex] === FrameMark.none || isStale[frameIndex] === 1) return false;
  }
  return true;
}
