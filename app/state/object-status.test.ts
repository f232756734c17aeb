import { expect, it } from 'vitest';
import { maskletsFor, markStale, writeMasks } from './masklets';
import { objectStatus, objectsToTrack, startOfRun } from './object-status';
import { addObject, changeObject, neighbourOf, removeObject, type ObjectsState, noObjects } from './objects';
import { frameAt } from './playback';
import { noPrompts, promptedFrames, promptsOn, statePrompts, withBox, withoutPoint, withPoints } from './prompts';
import { createAppStore, patch, watch, type AppState } from './store';

const point = { xNorm: 0.5, yNorm: 0.5, label: 1 as const };

function tracked(object: number, from: number, to: number, area = 5) {
  return Array.from({ length: to - from }, (_, n) => ({
    object,
    frameIndex: from + n,
    area,
    box: null,
    occlusionScore: 1,
    predictedIou: 1,
    pieces: 1,
    origin: 'track' as const,
    version: n + 1,
  }));
}

/** Two objects of ten frames: the first prompted on frame 2, the second on frame 5. */
function twoObjects(): AppState {
  const store = createAppStore();
  let prompts = statePrompts(noPrompts, 1, 2, { points: [point], box: null, mask: null });
  prompts = statePrompts(prompts, 2, 5, { points: [point], box: null, mask: null });
  store.setState({
    objects: addObject(addObject(noObjects, 'One'), 'Two'),
    prompts,
    masklets: maskletsFor(10),
  });
  return store.getState();
}

it('says in a word how an object stands', () => {
  const state = twoObjects();
  expect(objectStatus(state, 1)).toBe('untracked');
  const masklets = writeMasks(state.masklets, [...tracked(1, 0, 5), ...tracked(1, 5, 6, 0)]);
  expect(objectStatus({ ...state, masklets }, 1)).toBe('tracked');
  expect(objectStatus({ ...state, masklets, playback: { ...state.playback, shownFrame: 5 } }, 1)).toBe('absent');
  expect(objectStatus({ ...state, masklets: markStale(masklets, 1, 0) }, 1)).toBe('stale');
});

it('tracks what is unfinished in a direction, or everything when nothing is', () => {
  let state = twoObjects();
  expect(objectsToTrack(state, 'both')).toEqual([1, 2]);
  state = { ...state, masklets: writeMasks(state.masklets, tracked(1, 0, 10)) };
  expect(objectsToTrack(state, 'both')).toEqual([2]);
  state = { ...state, masklets: writeMasks(state.masklets, tracked(2, 5, 10)) };
  expect(objectsToTrack(state, 'forward')).toEqual([1, 2]);
  expect(objectsToTrack(state, 'backward')).toEqual([2]);
  state = { ...state, masklets: markStale(state.masklets, 1, 0) };
  expect(objectsToTrack(state, 'forward')).toEqual([1]);
});

it('starts a run at the playhead where there is a mask to go on from', () => {
  let state = twoObjects();
  const at = (shownFrame: number) => ({ ...state, playback: { ...state.playback, shownFrame } });
  expect(startOfRun(at(7), [1, 2], 'forward')).toBeUndefined();
  state = { ...state, masklets: writeMasks(state.masklets, [...tracked(1, 0, 8), ...tracked(2, 0, 8)]) };
  expect(startOfRun(at(7), [1, 2], 'forward')).toBe(7);
  expect(startOfRun(at(7), [1, 2], 'both')).toBeUndefined();
  // Before an object's first prompt there is nothing to track it forward from.
  expect(startOfRun(at(3), [1, 2], 'forward')).toBeUndefined();
  expect(startOfRun(at(1), [1, 2], 'backward')).toBe(1);
});

it('never reuses an id, gives colours back, and selects a neighbour', () => {
  let objects: ObjectsState = ['a', 'b', 'c'].reduce(addObject, noObjects);
  expect(neighbourOf(objects, 2)).toBe(3);
  expect(neighbourOf(objects, 3)).toBe(2);
  objects = removeObject(objects, 2);
  objects = addObject(objects, 'd');
  expect(objects.list.map(({ id, colorIndex }) => [id, colorIndex])).toEqual([
    [1, 0],
    [3, 2],
    [4, 1],
  ]);
  expect(changeObject(objects, 4, { name: 'e' }).list[2]).toMatchObject({ id: 4, name: 'e', isVisible: true });
});

it('adds points and a box to what is there, to a mask as well', () => {
  const mask = { width: 1, height: 1, counts: Uint32Array.of(0, 1) };
  const box = { x0Norm: 0, y0Norm: 0, x1Norm: 1, y1Norm: 1 };
  const withMask = { points: [], box: null, mask };
  expect(withBox(withPoints(withMask, [point]), box)).toEqual({ points: [point], box, mask });
  const both = withBox(withPoints({ points: [point], box: null, mask: null }, [point]), box);
  expect(both).toEqual({ points: [point, point], box, mask: null });
  let prompts = statePrompts(noPrompts, 1, 10, both);
  prompts = statePrompts(prompts, 1, 9, withoutPoint(both, 0));
  expect(promptedFrames(prompts, 1)).toEqual([9, 10]);
  prompts = statePrompts(prompts, 1, 10, { points: [], box: null, mask: null });
  expect(promptedFrames(prompts, 1)).toEqual([9]);
  expect(promptsOn(prompts, 1, 9).points).toHaveLength(1);
});

it('finds the frame of a time', () => {
  const timestampsUs = Float64Array.of(0, 40_000, 50_000, 200_000);
  expect([-5, 0, 39_999, 40_000, 199_999, 200_000, 9e9].map((timeUs) => frameAt(timestampsUs, timeUs))).toEqual([
    0, 0, 0, 1, 2, 3, 3,
  ]);
});

it('tells watchers of what they picked only', () => {
  const store = createAppStore();
  const seen: number[] = [];
  const stop = watch(
    store,
    (state) => state.playback.frameIndex,
    (now) => seen.push(now),
  );
  patch(store, 'view', { tool: 'box' });
  patch(store, 'playback', { frameIndex: 3 });
  stop();
  patch(store, 'playback', { frameIndex: 4 });
  expect(seen).toEqual([3]);
});
