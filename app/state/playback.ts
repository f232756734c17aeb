/** Where the playhead is. */
import type { Failure } from '../../workers/protocol/errors';

export type PlaybackState = {
  /** The playhead: moves at once. */
  frameIndex: number;
  /** The frame on the canvas: follows as soon as it is decoded. Prompts go to this one. */
  shownFrame: number;
  /** Why the canvas is empty: `shownFrame` cannot be decoded. Null where it is shown. */
  failure: Failure | null;
  isPlaying: boolean;
  /** In and out, inclusive: where playing loops and runs stay. Null is the whole video. */
  range: { from: number; to: number } | null;
  isLooping: boolean;
  /** 1 is the video's own. */
  speed: number;
  isMuted: boolean;
};

export const playbackAtStart: PlaybackState = {
  frameIndex: 0,
  shownFrame: 0,
  failure: null,
  isPlaying: false,
  range: null,
  isLooping: false,
  speed: 1,
  isMuted: false,
};

/** The frame on screen at a time: the last one that has begun. Timestamps ascend and start at 0. */
export function frameAt(timestampsUs: Float64Array, timeUs: number): number {
  let low = 0;
  let high = timestampsUs.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (timestampsUs[middle]! <= timeUs) low = middle;
    else high = middle - 1;
  }
  return low;
}
