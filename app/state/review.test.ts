import { expect, it } from 'vitest';
import type { MaskSummary } from '../../workers/protocol/mask';
import { maskletsFor, noteChanges, noteOverlaps, setLocked, writeMasks } from './masklets';
import { addObject, changeObject, noObjects } from './objects';
import { neighbouringStop, noReview, reviewKey, reviewStops, type ReviewReason } from './review';

const frameCount = 60;

/** Two objects, tracked without a hitch but for what `odd` says of object 1. */
function tracked(odd: Record<number, Partial<MaskSummary>>) {
  const mask = (object: number, frameIndex: number): MaskSummary => ({
    object,
    frameIndex,
    // Objects grow and turn, slowly.
    area: 1000 + frameIndex * 10,
    box: null,
    pieces: 1,
    occlusionScore: 8 + Math.sin(frameIndex / 3) / 2,
    predictedIou: 0.9 + Math.sin(frameIndex / 5) / 50,
    origin: frameIndex === 0 ? 'prompt' : 'track',
    version: frameIndex + 1,
    ...(object === 1 ? odd[frameIndex] : {}),
  });
  const all = [1, 2].flatMap((object) => Array.from({ length: frameCount }, (_, n) => mask(object, n)));
  return {
    objects: addObject(addObject(noObjects, 'Dog'), 'Ball'),
    masklets: writeMasks(maskletsFor(frameCount), all),
    review: noReview,
  };
}

const found = (state: Parameters<typeof reviewStops>[0]): [number, ReviewReason][] =>
  reviewStops(state).map(({ frameIndex, reason }) => [frameIndex, reason]);

it('stops at what objects seldom do, and nowhere else', () => {
  expect(found(tracked({}))).toEqual([]);
  const gone = { area: 0, pieces: 0, occlusionScore: -4 };
  expect(found(tracked({ 20: gone, 21: gone, 40: { area: 3000 } }))).toEqual([
    // It is back on frame 22, too near to the stop before it to be one of its own.
    [20, 'vanishes'],
    [40, 'area'],
  ]);
  expect(found(tracked(Object.fromEntries(Array.from({ length: 20 }, (_, n) => [20 + n, gone]))))).toEqual([
    [20, 'vanishes'],
    // It may have come back unnoticed.
    [29, 'absent'],
    [40, 'appears'],
  ]);
  expect(found(tracked({ 30: { pieces: 4 } }))).toEqual([[30, 'pieces']]);
  expect(found(tracked({ 30: { predictedIou: 0.5 } }))).toEqual([[30, 'score']]);
  expect(found(tracked({ 30: { occlusionScore: 1 } }))).toEqual([[30, 'score']]);
  const cut = tracked({});
  expect(found({ ...cut, review: { ...noReview, sceneCuts: [33] } })).toEqual([
    [33, 'scene-cut'],
    [33, 'scene-cut'],
  ]);
});

it("leaves out what a person has made, locked or found right, until it changes, and locked objects' masks", () => {
  const larger = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [50 + n, { area: 9000 }]));
  const state = tracked({ 10: { area: 9000 }, 30: { pieces: 4, origin: 'prompt' }, ...larger });
  expect(found(state)).toEqual([
    [10, 'area'],
    [50, 'area'],
  ]);
  const locked = { ...state, masklets: setLocked(state.masklets, 1, 50, true) };
  expect(found(locked)).toEqual([[10, 'area']]);

  const key = reviewKey(locked.masklets.byObject[1], 1, 10);
  const dismissed = { ...locked, review: { ...noReview, dismissed: new Set([key]) } };
  expect(found(dismissed)).toEqual([]);
  const again: MaskSummary = {
    object: 1,
    frameIndex: 10,
    area: 8000,
    box: null,
    pieces: 1,
    occlusionScore: 8,
    predictedIou: 0.9,
    origin: 'track',
    version: 999,
  };
  expect(found({ ...dismissed, masklets: writeMasks(dismissed.masklets, [again]) })).toEqual([[10, 'area']]);
  expect(found({ ...state, objects: changeObject(state.objects, 1, { isLocked: true }) })).toEqual([]);
});

it('walks in the order of time, around the end', () => {
  const stops = reviewStops(tracked({ 10: { area: 9000 }, 30: { pieces: 3 }, 50: { area: 9000 } }));
  const walk = (from: number, isNext: boolean) => neighbouringStop(stops, from, isNext)?.frameIndex;
  expect([walk(0, true), walk(10, true), walk(50, true)]).toEqual([10, 30, 10]);
  expect([walk(50, false), walk(31, false), walk(0, false)]).toEqual([30, 30, 50]);
  expect(neighbouringStop([], 3, true)).toBeNull();
});

it('stops where runs from two sides disagree', () => {
  const state = tracked({});
  const pass = (isBackward: boolean, agreement: (frameIndex: number) => number) => {
    for (let frameIndex = 1; frameIndex < frameCount; frameIndex++) {
      noteChanges(state.masklets, frameIndex, [{ object: 1, agreement: agreement(frameIndex) }], isBackward);
    }
  };
  // The first runs, and one more in the same direction: what that changes was asked for.
  pass(false, () => 1);
  pass(false, () => 0.3);
  expect(found({ ...state, review: { ...noReview } })).toEqual([]);
  pass(true, (frameIndex) => (frameIndex === 25 ? 0.2 : frameIndex > 20 && frameIndex < 30 ? 0.5 : 0.99));
  expect(found({ ...state, review: { ...noReview } })).toEqual([[25, 'disagreement']]);
  // Once they agree, nothing is left of it.
  pass(false, () => 0.98);
  expect(found({ ...state, review: { ...noReview } })).toEqual([]);
});

it('makes one stop of what comes and goes, and ranks by harm', () => {
  // A piece that comes and goes over the whole video.
  const flapping = Object.fromEntries(Array.from({ length: 14 }, (_, n) => [3 + 4 * n, { pieces: 2 }]));
  const stops = reviewStops(tracked(flapping));
  expect(stops.map(({ reason }) => reason)).toEqual(['pieces']);
  // Looked at once is enough.
  const state = tracked(flapping);
  const dismissed = new Set([reviewKey(state.masklets.byObject[1], 1, stops[0]!.frameIndex)]);
  expect(found({ ...state, review: { ...noReview, dismissed } })).toEqual([]);
  // After a long while it is news.
  expect(found(tracked({ 10: { pieces: 3 }, 50: { pieces: 3 } }))).toEqual([
    [10, 'pieces'],
    [50, 'pieces'],
  ]);
  // What takes much of the mask with it weighs more than a speck.
  const weightOf = (area: number) => reviewStops(tracked({ 30: { pieces: 2, area } }))[0]!.weight;
  expect(weightOf(1020)).toBeGreaterThan(weightOf(1300));
});

it('stops where a mask goes over to another object', () => {
  const state = tracked({ 45: { pieces: 2 } });
  for (let frameIndex = 20; frameIndex < 40; frameIndex++) {
    noteOverlaps(state.masklets, frameIndex, [{ object: 1, overlap: 0.1 + frameIndex / 50 }]);
  }
  expect(found(state)).toEqual([
    [20, 'overlap'],
    [45, 'pieces'],
  ]);
  const [overlap, pieces] = reviewStops(state);
  expect(overlap!.weight).toBeGreaterThan(pieces!.weight);
});
