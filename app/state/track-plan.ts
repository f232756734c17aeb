/**
 * Which passes through the video bring objects up to date. Pure: what a person means by "Track" is decided here.
 */
import type { ObjectId } from '../../workers/protocol/prompt';
import type { TrackDirection } from '../../workers/protocol/segment-contract';
import { FrameMark, markOf, type Masklet, type OpenEdit } from './masklets';
import { promptedFrames } from './prompts';
import type { AppState } from './store';

/** First and last frame, inclusive. */
export type FrameRange = { from: number; to: number };

export type Pass = {
  objects: ObjectId[];
  from: number;
  /** Inclusive; before `from` when it goes backward. */
  to: number;
  direction: 'forward' | 'backward';
  /** It carries the edit of this frame outward: it ends where, past that frame, nothing changes any more. */
  edit?: number;
};

export type TrackScope = { direction: TrackDirection; range: FrameRange };

export const forwardBit: OpenEdit = 1;
export const backwardBit: OpenEdit = 2;

/** All frames, or those between in and out. */
export function scopeRange({ masklets, playback }: Pick<AppState, 'masklets' | 'playback'>): FrameRange {
  return playback.range ?? { from: 0, to: masklets.frameCount - 1 };
}

/**
 * From each edited frame outward: forward passes first, each edit once, objects with the same edit together. Where the
 * edit took the frame's last prompt away, its neighbours remember masks that this prompt has made: the way starts at the
 * nearest frame that has one, before it rather than after.
 */
export function editPasses(
  state: Pick<AppState, 'masklets' | 'prompts'>,
  objects: readonly ObjectId[],
  scope: TrackScope,
): Pass[] {
  const { from, to } = scope.range;
  const passes: Pass[] = [];
  for (const object of objects) {
    const prompted = promptedFrames(state.prompts, object);
    for (const [frameIndex, open] of state.masklets.byObject[object]?.edits ?? []) {
      const nearest =
        prompted.findLast((frame) => frame <= frameIndex) ?? prompted.find((frame) => frame > frameIndex) ?? frameIndex;
      const start = clamp(nearest, scope.range);
      const edit = clamp(frameIndex, scope.range);
      if ((open & forwardBit) !== 0 && frameIndex <= to && scope.direction !== 'backward') {
        join(passes, { objects: [object], from: start, to, direction: 'forward', edit });
      }
      // Nothing lies before the first frame.
      if ((open & backwardBit) !== 0 && frameIndex >= from && start > from && scope.direction !== 'forward') {
        join(passes, { objects: [object], from: start, to: from, direction: 'backward', edit });
      }
    }
  }
  return passes.sort(inOrder);
}

/** Adds a pass, or its objects to one that is the same for others. */
function join(passes: Pass[], pass: Pass): void {
  const same = passes.find(
    ({ from, edit, direction }) => from === pass.from && edit === pass.edit && direction === pass.direction,
  );
  if (same) same.objects = [...new Set([...same.objects, ...pass.objects])];
  else passes.push(pass);
}

/** Forward first, then backward, each along its way. */
function inOrder(a: Pass, b: Pass): number {
  if (a.direction !== b.direction) return a.direction === 'forward' ? -1 : 1;
  return a.direction === 'forward' ? a.from - b.from : b.from - a.from;
}

function clamp(frameIndex: number, { from, to }: FrameRange): number {
  return Math.max(from, Math.min(to, frameIndex));
}

/** Through the frames that have no mask yet, away from those that have. */
export function gapPasses(
  state: Pick<AppState, 'masklets'>,
  objects: readonly ObjectId[],
  { direction, range }: TrackScope,
): Pass[] {
  const passes = new Map<string, Pass>();
  for (const object of objects) {
    const masklet = state.masklets.byObject[object];
    for (const { from, to } of gapsOf(masklet, range)) {
      const hasBefore = from > 0 && markOf(masklet, from - 1) !== FrameMark.none;
      const hasAfter = markOf(masklet, to + 1) !== FrameMark.none;
      const isForward = hasBefore && direction !== 'backward';
      if (!isForward && (!hasAfter || direction === 'forward')) continue;
      const key = `${from}-${to} ${isForward}`;
      const pass = passes.get(key);
      if (pass) pass.objects.push(object);
      else if (isForward) passes.set(key, { objects: [object], from, to, direction: 'forward' });
      else passes.set(key, { objects: [object], from: to, to: from, direction: 'backward' });
    }
  }
  return [...passes.values()];
}

/** A run in one or both directions from a frame, within the scope. */
export function passesFrom(objects: ObjectId[], start: number, { direction, range }: TrackScope): Pass[] {
  const from = clamp(start, range);
  const passes: Pass[] = [];
  if (direction !== 'backward') passes.push({ objects, from, to: range.to, direction: 'forward' });
  const before = direction === 'both' ? from - 1 : from;
  if (direction !== 'forward' && before >= range.from) {
    passes.push({ objects, from: before, to: range.from, direction: 'backward' });
  }
  return passes;
}

function gapsOf(masklet: Masklet | undefined, { from, to }: FrameRange): FrameRange[] {
  const gaps: FrameRange[] = [];
  for (let frameIndex = from; frameIndex <= to; frameIndex++) {
    if (markOf(masklet, frameIndex) !== FrameMark.none) continue;
    const last = gaps.at(-1);
    if (last?.to === frameIndex - 1) last.to = frameIndex;
    else gaps.push({ from: frameIndex, to: frameIndex });
  }
  return gaps;
}
