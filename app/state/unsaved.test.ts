import { expect, it } from 'vitest';
import type { VideoInfo } from '../../workers/protocol/video';
import { addObject, changeObject, noObjects } from './objects';
import { noPrompts, statePrompts } from './prompts';
import { createAppStore, patch } from './store';
import { timeLeftMs, type TrackingRun } from './tracking';
import { hasUnsavedWork } from './unsaved';

it('knows what would be lost: what was prompted and not exported since it changed', () => {
  const store = createAppStore();
  const isUnsaved = () => hasUnsavedWork(store.getState());
  patch(store, 'project', { video: { name: 'a.mp4' } as VideoInfo });
  store.setState({ objects: addObject(noObjects, 'Dog') });
  expect(isUnsaved()).toBe(false);
  const prompts = { points: [{ xNorm: 0.5, yNorm: 0.5, label: 1 as const }], box: null, mask: null };
  store.setState({ prompts: statePrompts(noPrompts, 1, 0, prompts) });
  expect(isUnsaved()).toBe(true);
  const { objects, prompts: stated, masklets } = store.getState();
  patch(store, 'exporting', { saved: { objects, prompts: stated, masklets } });
  expect(isUnsaved()).toBe(false);
  store.setState({ objects: changeObject(objects, 1, { name: 'Cat' }) });
  expect(isUnsaved()).toBe(true);
  patch(store, 'projects', { saving: 'saved' });
  expect(isUnsaved()).toBe(false);
  patch(store, 'projects', { saving: 'behind' });
  expect(isUnsaved()).toBe(true);
});

it('tells the time left once it was measured', () => {
  const run = { total: 100, done: 1, msPerFrame: 10, measured: 1 } as TrackingRun;
  expect(timeLeftMs(run)).toBeNull();
  expect(timeLeftMs({ ...run, done: 4, measured: 3 })).toBe(960);
  expect(timeLeftMs({ ...run, msPerFrame: null, measured: 5 })).toBeNull();
});
