/** The frames of a run, in the order they are passed. */
import type { TrackDirection } from '../../protocol/segment-contract';

export type Passage = { frameIndex: number; isReverse: boolean };

/**
 * Forward is inclusive of the start and of `to`; backward likewise, and nothing at all from frame 0. `both` passes
 * forward first, then backward from the frame before the start.
 * Source: `propagate_in_video`, sam2_video_predictor.py@2b90b9f L560-L585.
 * @param to last frame, or null for the video's end in the direction of travel (the backward part of `both` always
 *   goes to frame 0 then)
 */
export function planPassages(
  start: number,
  to: number | null,
  direction: TrackDirection,
  frameCount: number,
): Passage[] {
  const forward: Passage[] = [];
  const backward: Passage[] = [];
  if (direction !== 'backward') {
    const end = to === null || (direction === 'both' && to < start) ? frameCount - 1 : Math.min(to, frameCount - 1);
    for (let frameIndex = start; frameIndex <= end; frameIndex++) forward.push({ frameIndex, isReverse: false });
  }
  if (direction !== 'forward' && start > 0) {
    const end = to === null || (direction === 'both' && to > start) ? 0 : Math.max(to, 0);
    const first = direction === 'both' ? start - 1 : start;
    for (let frameIndex = first; frameIndex >= end; frameIndex--) backward.push({ frameIndex, isReverse: true });
  }
  return [...forward, ...backward];
}
