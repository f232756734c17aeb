/** The run in progress. */
import type { ObjectId } from '../../workers/protocol/prompt';
import type { TrackDirection } from '../../workers/protocol/segment-contract';

export type TrackingRun = {
  objects: readonly ObjectId[];
  direction: TrackDirection;
  done: number;
  /** 0 until the first frame says. */
  total: number;
  msPerFrame: number | null;
  isCancelling: boolean;
  /** The viewport shows each frame as it is tracked, until the person looks elsewhere. */
  isFollowed: boolean;
};

/** What the last run did, to be told when it has ended. */
type TrackingResult = {
  frames: number;
  /** Frames whose mask has visibly changed. */
  changed: number;
  /** It ended where nothing changed any more. */
  isAffectedOnly: boolean;
};

export type TrackingState = {
  run: TrackingRun | null;
  last: TrackingResult | null;
};

export const notTracking: TrackingState = { run: null, last: null };

/** Null until it can be told. */
export function timeLeftMs(run: TrackingRun): number | null {
  return run.msPerFrame === null ? null : (run.total - run.done) * run.msPerFrame;
}
