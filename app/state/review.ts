/**
 * The frames most worth a look, from what the model said of them: where a mask changes in a way that objects seldom do.
 * A mask that a person made or declared right is not asked about again.
 */
import type { ObjectId } from '../../workers/protocol/prompt';
import { FrameMark, type Masklet } from './masklets';
import type { AppState } from './store';

export type ReviewReason =
  'appears' | 'vanishes' | 'scene-cut' | 'area' | 'pieces' | 'score' | 'disagreement' | 'absent' | 'overlap';

export type ReviewStop = {
  object: ObjectId;
  frameIndex: number;
  reason: ReviewReason;
  /** 0 to 1: how much it is worth a look. */
  weight: number;
};

export type ReviewState = {
  /** Keys of the masks that a person has looked at and found right. */
  dismissed: ReadonlySet<string>;
  /** First frames of scenes, ascending. */
  sceneCuts: readonly number[];
};

export const noReview: ReviewState = { dismissed: new Set(), sceneCuts: [] };

/** Of several stops of an object within so many frames, the weightiest is left. */
const stopDistance = 6;

/** What a frame is compared with: the median of so many frames before it. */
const usualFrames = 7;

/** An area that changes by this factor from one frame to the next is worth a look. */
const areaFactor = 1.35;

/** A predicted IoU that falls by this much below its usual value is. */
const iouDrop = 0.12;

/** An occlusion score (a logit) that falls by this much is. */
const scoreDrop = 3;

/** Runs from two sides that agree less than this are worth a look. */
const disagreementFrom = 0.2;

/** A mask of which so much is another object's too may have gone over to it. */
const overlapFrom = 0.3;

/** What comes and goes is one event for as long as it does not stay away for so many frames. */
const eventGap = 20;

/** What lasts, and is looked at once. */
const lasting: ReadonlySet<ReviewReason> = new Set(['pieces', 'score', 'disagreement', 'overlap']);

/** Whoever is gone for so many frames may have been missed when it came back: a look half-way tells. */
const longAbsence = 16;

const mostStops = 99;

/** All stops of a state, in the order of time; those of a frame by weight. */
export function reviewStops({
  objects,
  masklets,
  review,
}: Pick<AppState, 'objects' | 'masklets' | 'review'>): ReviewStop[] {
  return objects.list
    .filter(({ isLocked }) => !isLocked)
    .flatMap(({ id }) => {
      const masklet = masklets.byObject[id];
      return masklet ? stopsOf(id, masklet, review) : [];
    })
    .sort((a, b) => b.weight - a.weight)
    .slice(0, mostStops)
    .sort((a, b) => a.frameIndex - b.frameIndex || b.weight - a.weight);
}

/** Names a mask: another mask of the same object and frame has another key. */
export function reviewKey(masklet: Masklet | undefined, object: ObjectId, frameIndex: number): string {
  return `${object}/${frameIndex}/${masklet?.columns.version[frameIndex] ?? 0}`;
}

/** The stop after or before a frame, around the end. */
export function neighbouringStop(stops: readonly ReviewStop[], frameIndex: number, isNext: boolean): ReviewStop | null {
  const found = isNext
    ? stops.find((stop) => stop.frameIndex > frameIndex)
    : stops.findLast((stop) => stop.frameIndex < frameIndex);
  return found ?? stops.at(isNext ? 0 : -1) ?? null;
}

/** A masklet's record is replaced with every change, so what was found in one holds as long as it does. */
const stopsFound = new WeakMap<Masklet, { review: ReviewState; stops: ReviewStop[] }>();

function stopsOf(object: ObjectId, masklet: Masklet, review: ReviewState): ReviewStop[] {
  const found = stopsFound.get(masklet);
  if (found?.review === review) return found.stops;
  const stops = findStops(object, masklet, review);
  stopsFound.set(masklet, { review, stops });
  return stops;
}

/** One object's stops, the weightiest of each neighbourhood. O(frames). */
function findStops(object: ObjectId, masklet: Masklet, review: ReviewState): ReviewStop[] {
  const { columns } = masklet;
  const cuts = new Set(review.sceneCuts);
  const found: ReviewStop[] = [];
  for (let frameIndex = 1; frameIndex < columns.mark.length; frameIndex++) {
    const isAnswer = columns.mark[frameIndex] !== FrameMark.none && columns.mark[frameIndex - 1] !== FrameMark.none;
    const isPersons = columns.isTracked[frameIndex] === 0 || columns.isLocked[frameIndex] === 1;
    if (!isAnswer || isPersons || columns.isStale[frameIndex] === 1) continue;
    const worst = worstReason(masklet, frameIndex, cuts.has(frameIndex));
    if (worst) found.push({ object, frameIndex, ...worst });
  }
  for (const { from, to } of trackedAbsences(masklet)) {
    if (to - from + 1 < longAbsence) continue;
    found.push({ object, frameIndex: (from + to) >> 1, reason: 'absent', weight: 0.5 });
  }
  // Last: a stop that was found right must not make room for the frame beside it.
  return thinned(grouped(found)).filter(
    ({ frameIndex }) => !review.dismissed.has(reviewKey(masklet, object, frameIndex)),
  );
}

/** Passages that runs, not persons, found the object absent from. */
function trackedAbsences({ columns }: Masklet): { from: number; to: number }[] {
  const absences: { from: number; to: number }[] = [];
  columns.mark.forEach((mark, frameIndex) => {
    const isAbsent =
      mark === FrameMark.absent && columns.isTracked[frameIndex] === 1 && columns.isStale[frameIndex] === 0;
    if (!isAbsent || columns.isLocked[frameIndex] === 1) return;
    const last = absences.at(-1);
    if (last?.to === frameIndex - 1) last.to = frameIndex;
    else absences.push({ from: frameIndex, to: frameIndex });
  });
  return absences;
}

function worstReason(
  { columns }: Masklet,
  frameIndex: number,
  isSceneCut: boolean,
): Pick<ReviewStop, 'reason' | 'weight'> | null {
  const wasThere = columns.mark[frameIndex - 1] === FrameMark.mask;
  const isThere = columns.mark[frameIndex] === FrameMark.mask;
  const candidates: Pick<ReviewStop, 'reason' | 'weight'>[] = [];
  if (isSceneCut) candidates.push({ reason: 'scene-cut', weight: 1 });
  if (wasThere && !isThere) candidates.push({ reason: 'vanishes', weight: 0.9 });
  if (!wasThere && isThere) candidates.push({ reason: 'appears', weight: 0.85 });
  const disagreement = columns.disagreement[frameIndex]!;
  if (disagreement > disagreementFrom) {
    candidates.push({ reason: 'disagreement', weight: 0.9 * share(disagreement, 0.8) });
  }
  if (wasThere && isThere) {
    const factor = Math.abs(Math.log(columns.area[frameIndex]! / columns.area[frameIndex - 1]!));
    if (factor > Math.log(areaFactor)) candidates.push({ reason: 'area', weight: share(factor, Math.log(4)) });
    const overlap = columns.overlap[frameIndex]!;
    if (overlap >= overlapFrom && columns.overlap[frameIndex - 1]! < overlapFrom) {
      candidates.push({ reason: 'overlap', weight: 0.7 + 0.3 * overlap });
    }
    const more = columns.pieces[frameIndex]! - columns.pieces[frameIndex - 1]!;
    // Specks come and go and take nothing with them.
    const harm = 0.4 + 0.6 * share(factor, Math.log(areaFactor));
    if (more > 0) candidates.push({ reason: 'pieces', weight: 0.6 * share(more, 3) * harm });
    const fallen = Math.max(
      fall(columns.predictedIou, frameIndex) / iouDrop,
      fall(columns.occlusionScore, frameIndex) / scoreDrop,
    );
    if (fallen > 1) candidates.push({ reason: 'score', weight: 0.8 * share(fallen, 4) });
  }
  return candidates.reduce<(typeof candidates)[number] | null>(
    (worst, next) => (worst && worst.weight >= next.weight ? worst : next),
    null,
  );
}

/** How far a value lies below what it was in the frames before. */
function fall(column: Float32Array, frameIndex: number): number {
  const before = column.slice(Math.max(0, frameIndex - usualFrames), frameIndex).sort();
  return before[before.length >> 1]! - column[frameIndex]!;
}

function share(value: number, most: number): number {
  return Math.min(1, value / most);
}

/** One stop for what lasts: its weightiest frame, and weightier the longer it goes on. */
function grouped(stops: readonly ReviewStop[]): ReviewStop[] {
  const events: { stop: ReviewStop; count: number; last: number }[] = [];
  for (const stop of stops.toSorted((a, b) => a.frameIndex - b.frameIndex)) {
    const open = lasting.has(stop.reason) ? events.findLast((event) => event.stop.reason === stop.reason) : undefined;
    if (!open || stop.frameIndex - open.last > eventGap) {
      events.push({ stop, count: 1, last: stop.frameIndex });
      continue;
    }
    open.count++;
    open.last = stop.frameIndex;
    if (stop.weight > open.stop.weight) open.stop = stop;
  }
  return events.map(({ stop, count }) => ({ ...stop, weight: Math.min(1, stop.weight + 0.02 * (count - 1)) }));
}

function thinned(stops: readonly ReviewStop[]): ReviewStop[] {
  const kept: ReviewStop[] = [];
  for (const stop of stops.toSorted((a, b) => b.weight - a.weight)) {
    if (kept.every(({ frameIndex }) => Math.abs(frameIndex - stop.frameIndex) >= stopDistance)) kept.push(stop);
  }
  return kept;
}
