/** A masklet as spans of frames that look the same in its lane. */
import { FrameMark, type MaskColumns } from '../state/masklets';

export type LaneSpan = {
  from: number;
  /** Exclusive. */
  to: number;
  isAbsent: boolean;
  isStale: boolean;
};

/** In order; frames without an answer are in none. */
export function laneSpans({ mark, isStale }: Pick<MaskColumns, 'mark' | 'isStale'>): LaneSpan[] {
  const spans: LaneSpan[] = [];
  let open: LaneSpan | null = null;
  for (let frameIndex = 0; frameIndex < mark.length; frameIndex++) {
    if (mark[frameIndex] === FrameMark.none) {
      open = null;
      continue;
    }
    const absent = mark[frameIndex] === FrameMark.absent;
    const stale = isStale[frameIndex] === 1;
    if (open && open.isAbsent === absent && open.isStale === stale) {
      open.to = frameIndex + 1;
    } else {
      open = { from: frameIndex, to: frameIndex + 1, isAbsent: absent, isStale: stale };
      spans.push(open);
    }
  }
  return spans;
}
