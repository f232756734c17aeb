import { expect, it } from 'vitest';
import type { MaskSummary } from '../../workers/protocol/mask';
import {
  eraseMask,
  forgetMasklet,
  FrameMark,
  markedFrames,
  markOf,
  markStale,
  maskletsFor,
  shareMasklets,
  writeMasks,
} from './masklets';

let version = 0;

function mask(object: number, frameIndex: number, origin: 'prompt' | 'track', area = 10): MaskSummary {
  const scores = { occlusionScore: 1, predictedIou: 0.8, pieces: 1 };
  return { object, frameIndex, area, box: null, ...scores, origin, version: ++version };
}

it('keeps summaries in columns, and counts without reading them', () => {
  let state = maskletsFor(5);
  state = writeMasks(state, [mask(1, 0, 'prompt'), mask(2, 0, 'track', 0)]);
  state = writeMasks(state, [mask(1, 1, 'track'), mask(1, 3, 'track')]);
  expect(markedFrames(state.byObject[1])).toEqual([0, 1, 3]);
  expect(state.byObject[1]).toMatchObject({ markedFrames: 3, trackedFrames: 2, staleFrames: 0 });
  expect(markOf(state.byObject[2], 0)).toBe(FrameMark.absent);
  expect(markOf(state.byObject[3], 0)).toBe(FrameMark.none);
  expect(state.byObject[1]!.columns.predictedIou[3]).toBeCloseTo(0.8);
  // Written again, counted once.
  state = writeMasks(state, [mask(1, 3, 'prompt')]);
  expect(state.byObject[1]).toMatchObject({ markedFrames: 3, trackedFrames: 1 });
});

it('makes tracked frames stale until they are tracked again, and prompted ones never', () => {
  let state = writeMasks(maskletsFor(5), [mask(1, 0, 'prompt'), mask(1, 1, 'track'), mask(1, 2, 'track')]);
  state = markStale(state, 1, 0);
  expect(Array.from(state.byObject[1]!.columns.isStale)).toEqual([0, 1, 1, 0, 0]);
  expect(state.byObject[1]!.staleFrames).toBe(2);
  expect(markStale(state, 1, 0)).toBe(state);
  state = writeMasks(state, [mask(1, 2, 'track')]);
  expect(state.byObject[1]!.staleFrames).toBe(1);
  state = eraseMask(state, 1, 1);
  expect(state.byObject[1]).toMatchObject({ markedFrames: 2, trackedFrames: 1, staleFrames: 0 });
  expect(markStale(state, 7, 0)).toBe(state);
});

it('replaces only what has changed', () => {
  const before = writeMasks(maskletsFor(3), [mask(1, 0, 'track'), mask(2, 0, 'track')]);
  const after = writeMasks(before, [mask(2, 1, 'track')]);
  expect(after.byObject[1]).toBe(before.byObject[1]);
  expect(after.byObject[2]).not.toBe(before.byObject[2]);
  expect(after.byObject[2]!.columns).toBe(before.byObject[2]!.columns);
  expect(forgetMasklet(after, 2).byObject).toEqual({ 1: before.byObject[1] });
});

it('writes a frame of 16 objects in place, at the end of 1,000 frames as at their start', () => {
  let state = maskletsFor(1000);
  const write = (frameIndex: number) => {
    const masks = Array.from({ length: 16 }, (_, n) => mask(n + 1, frameIndex, 'track'));
    state = writeMasks(state, masks);
  };
  write(0);
  const columns = Object.values(state.byObject).map((masklet) => masklet.columns);
  for (let frameIndex = 1; frameIndex < 1000; frameIndex++) write(frameIndex);
  // Nothing was copied on the way.
  Object.values(state.byObject).forEach((masklet, n) => expect(masklet.columns).toBe(columns[n]));
  expect(state.byObject[16]!.trackedFrames).toBe(1000);
  // Somebody keeps it: then it is copied, once.
  state = shareMasklets(state);
  write(5);
  const copied = state.byObject[16]!.columns;
  expect(copied).not.toBe(columns[15]);
  write(6);
  expect(state.byObject[16]!.columns).toBe(copied);
});
