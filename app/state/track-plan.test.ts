import { expect, it } from 'vitest';
import type { MaskSummary } from '../../workers/protocol/mask';
import type { FramePrompts } from '../../workers/protocol/prompt';
import { closeEdit, closeReachedEdits, markFresh, markStale, maskletsFor, writeMasks } from './masklets';
import type { PromptsState } from './prompts';
import { editPasses, gapPasses, passesFrom } from './track-plan';

const whole = { from: 0, to: 9 };

function masks(object: number, from: number, to: number, origin: MaskSummary['origin'] = 'track'): MaskSummary[] {
  return Array.from({ length: to - from + 1 }, (_, n) => ({
    object,
    frameIndex: from + n,
    area: 5,
    box: null,
    occlusionScore: 1,
    predictedIou: 1,
    pieces: 1,
    origin,
    version: n + 1,
  }));
}

const aPoint: FramePrompts = { points: [{ xNorm: 0.5, yNorm: 0.5, label: 1 }], box: null, mask: null };

/** Two objects of ten frames, tracked everywhere. */
const tracked = () => ({
  masklets: writeMasks(maskletsFor(10), [...masks(1, 0, 9), ...masks(2, 0, 9)]),
  prompts: { byObject: { 1: { 4: aPoint, 7: aPoint }, 2: { 4: aPoint } } } as PromptsState,
});

it('carries every correction outward, both ways, objects that share one together', () => {
  const state = tracked();
  state.masklets = markStale(state.masklets, 1, 4);
  state.masklets = markStale(state.masklets, 2, 4);
  state.masklets = markStale(state.masklets, 1, 7);
  expect(editPasses(state, [1, 2], { direction: 'both', range: whole })).toEqual([
    { objects: [1, 2], from: 4, to: 9, direction: 'forward', edit: 4 },
    { objects: [1], from: 7, to: 9, direction: 'forward', edit: 7 },
    { objects: [1], from: 7, to: 0, direction: 'backward', edit: 7 },
    { objects: [1, 2], from: 4, to: 0, direction: 'backward', edit: 4 },
  ]);
  expect(editPasses(state, [2], { direction: 'forward', range: { from: 2, to: 6 } })).toEqual([
    { objects: [2], from: 4, to: 6, direction: 'forward', edit: 4 },
  ]);
  state.masklets = closeEdit(state.masklets, 2, 4, 1);
  expect(editPasses(state, [2], { direction: 'forward', range: whole })).toEqual([]);
  expect(editPasses(state, [2], { direction: 'both', range: whole })).toHaveLength(1);
});

it('starts at a prompt that is left where an edit took the last one of its frame away', () => {
  const state = tracked();
  state.masklets = markStale(state.masklets, 1, 6);
  expect(editPasses(state, [1], { direction: 'both', range: whole })).toEqual([
    { objects: [1], from: 4, to: 9, direction: 'forward', edit: 6 },
    { objects: [1], from: 4, to: 0, direction: 'backward', edit: 6 },
  ]);
  state.masklets = markStale(tracked().masklets, 1, 2);
  expect(editPasses(state, [1], { direction: 'both', range: whole })).toEqual([
    { objects: [1], from: 4, to: 9, direction: 'forward', edit: 2 },
    { objects: [1], from: 4, to: 0, direction: 'backward', edit: 2 },
  ]);
  // Edits before the in point come in together.
  state.masklets = markStale(markStale(tracked().masklets, 1, 2), 1, 4);
  expect(editPasses(state, [1], { direction: 'forward', range: { from: 6, to: 9 } })).toEqual([
    { objects: [1], from: 6, to: 9, direction: 'forward', edit: 6 },
  ]);
});

it('closes an edit where nothing stale is left on its side', () => {
  let { masklets } = tracked();
  masklets = markStale(masklets, 1, 4);
  masklets = closeReachedEdits(markFresh(masklets, 1, 4, 9), 1);
  expect([...masklets.byObject[1]!.edits]).toEqual([[4, 2]]);
  masklets = closeReachedEdits(markFresh(masklets, 1, 0, 9), 1);
  expect(masklets.byObject[1]).toMatchObject({ staleFrames: 0 });
  expect(masklets.byObject[1]!.edits.size).toBe(0);
});

it('fills gaps away from what is there', () => {
  const state = { masklets: writeMasks(maskletsFor(10), [...masks(1, 3, 5), ...masks(2, 0, 6)]) };
  const scope = { direction: 'both', range: whole } as const;
  expect(gapPasses(state, [1], scope)).toEqual([
    { objects: [1], from: 2, to: 0, direction: 'backward' },
    { objects: [1], from: 6, to: 9, direction: 'forward' },
  ]);
  expect(gapPasses(state, [1], { ...scope, direction: 'forward' })).toHaveLength(1);
  expect(gapPasses(state, [2], { ...scope, range: { from: 0, to: 7 } })).toEqual([
    { objects: [2], from: 7, to: 7, direction: 'forward' },
  ]);
  expect(gapPasses(state, [3], scope)).toEqual([]);
});

it('runs from a frame in both directions, within in and out', () => {
  expect(passesFrom([1], 4, { direction: 'both', range: whole })).toEqual([
    { objects: [1], from: 4, to: 9, direction: 'forward' },
    { objects: [1], from: 3, to: 0, direction: 'backward' },
  ]);
  expect(passesFrom([1], 0, { direction: 'both', range: whole })).toHaveLength(1);
  expect(passesFrom([1], 0, { direction: 'both', range: { from: 3, to: 6 } })).toEqual([
    { objects: [1], from: 3, to: 6, direction: 'forward' },
  ]);
});
