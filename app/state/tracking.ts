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
  /** Frames that this average is made of: those that were computed, not those that had a prompt. */
  measured: number;
  isCancelling: boolean;
  /** The viewport shows each frame as it is tracked, until the person looks elsewhere. */
  isFollowed: boolean;
};

/** What the last run did, to be told when it has ended. */
export type TrackingResult = {
  frames: number;
  /** Those of them that were tracked before. */
  again: number;
  /** It was cancelled; what was tracked by then is kept. */
  isStopped: boolean;
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

/** The first frame of a run also waits for what was prepared for it. */
const fewestMeasured = 3;

/** Null until it can be told. */
export function timeLeftMs({ msPerFrame, measured, total, done }: TrackingRun): number | null {
  return msPerFrame === null || measured < fewestMeasured ? null : (total - done) * msPerFrame;
}
