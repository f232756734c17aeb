import { afterEach, expect, it } from 'vitest';
import { MaskletError } from '../../workers/protocol/errors';
import { markedFrames, markOf } from '../state/masklets';
import { emptyPrompts, promptsOn, withPoints } from '../state/prompts';
import { reviewStops } from '../state/review';
import { patch } from '../state/store';
import { fakeEngine, settle } from './fake-threads';
import { promptPoint } from './frame-gestures';

let running: ReturnType<typeof fakeEngine> | null = null;

async function opened() {
  const fake = fakeEngine();
  running = fake;
  void fake.engine.model.load();
  await fake.engine.video.openFiles([{ path: 'clip.mp4', file: new Blob(['x']) }]);
  const actions = () => fake.store.getState().history.steps.map(({ action }) => action);
  const masksOf = (object: number) => markedFrames(fake.store.getState().masklets.byObject[object]);
  return { ...fake, actions, masksOf };
}

afterEach(async () => {
  await settle();
  running?.engine.context.threads.stop();
  running = null;
});

const addPoint = (prompts: Parameters<typeof withPoints>[0]) =>
  withPoints(prompts, [{ xNorm: 0.5, yNorm: 0.5, label: 1 }]);

it('takes back clicks, a whole run, names and objects, and brings them back', async () => {
  const { engine, store, actions, masksOf } = await opened();
  await promptPoint(engine, store, { xNorm: 0.2, yNorm: 0.2 }, 1);
  await promptPoint(engine, store, { xNorm: 0.3, yNorm: 0.2 }, 0);
  await engine.tracking.track({});
  engine.objects.rename(1, 'Dog');
  await engine.objects.remove(1);
  expect(actions()).toEqual(['new-object', 'add-point', 'track', 'rename', 'delete-object']);
  expect(store.getState().history.steps[4]).toMatchObject({ object: 'Dog' });

  expect(await engine.history.undo()).toBe(true);
  expect(store.getState().objects.list).toMatchObject([{ id: 1, name: 'Dog' }]);
  expect(masksOf(1)).toHaveLength(10);
  await engine.history.undo();
  expect(store.getState().objects.list[0]?.name).toBe('Object 1');
  // A run is one step.
  await engine.history.undo();
  expect(masksOf(1)).toEqual([0]);
  expect(store.getState().masklets.byObject[1]?.columns.area[0]).toBe(2);
  await engine.history.undo();
  expect(promptsOn(store.getState().prompts, 1, 0).points).toHaveLength(1);
  expect(store.getState().masklets.byObject[1]?.columns.area[0]).toBe(1);
  // The candidates of the ambiguous click are there again, with their masks.
  expect(engine.prompts.candidates(1, 0)).toHaveLength(2);
  await engine.history.undo();
  expect(store.getState().objects.list).toEqual([]);
  expect(await engine.history.undo()).toBe(false);

  for (let n = 0; n < 5; n++) expect(await engine.history.redo()).toBe(true);
  expect(await engine.history.redo()).toBe(false);
  expect(store.getState().objects.list).toEqual([]);
  await engine.history.goTo(3);
  expect(masksOf(1)).toHaveLength(10);
  // Ids are not used again, whatever was taken back.
  expect(engine.objects.add()).toBe(2);
  expect(actions()).toEqual(['new-object', 'add-point', 'track', 'new-object']);
});

it('shows the masks of the state restored, and lets go of states that nothing leads to', async () => {
  const { engine, store, calls, snapshots } = await opened();
  const object = engine.objects.add();
  await engine.prompts.change(object, 0, addPoint);
  await engine.prompts.change(object, 0, addPoint);
  await settle();
  expect(engine.masks.known(0)[0]?.area).toBe(2);
  await engine.history.undo();
  await settle();
  expect(engine.masks.known(0)[0]?.area).toBe(1);
  expect(calls.at(-1)).toBe('masksOfFrame 0');
  expect(snapshots.size).toBe(4);
  // The present was remembered before it was replaced.
  await engine.history.redo();
  await settle();
  expect(engine.masks.known(0)[0]?.area).toBe(2);
  await engine.history.undo();
  await settle();
  expect(snapshots.size).toBe(4);
  await engine.prompts.change(object, 3, addPoint);
  await settle();
  expect(store.getState().history.steps).toHaveLength(3);
  expect(snapshots.size).toBe(3);
});

it('states the prompts that a state had and the worker did not know yet', async () => {
  const { engine, store, gates, calls } = await opened();
  await engine.model.ready();
  const object = engine.objects.add();
  gates.prompt.isOpen = false;
  // The second and third are one question, so the worker never knew the second alone.
  const answers = [1, 2, 3].map(() => engine.prompts.change(object, 4, addPoint));
  await settle();
  gates.prompt.open();
  await Promise.all(answers);
  expect(calls.filter((call) => call.startsWith('prompt'))).toEqual(['prompt 1:4 3']);
  await engine.history.undo();
  expect(promptsOn(store.getState().prompts, object, 4).points).toHaveLength(2);
  await settle();
  expect(calls.filter((call) => call.startsWith('prompt')).at(-1)).toBe('prompt 1:4 2');
  expect(store.getState().masklets.byObject[object]?.columns.area[4]).toBe(2);
  await engine.history.redo();
  expect(store.getState().masklets.byObject[object]?.columns.area[4]).toBe(3);
});

it('drops the answer to a click that was taken back meanwhile', async () => {
  const { engine, store, gates } = await opened();
  await engine.model.ready();
  const object = engine.objects.add();
  gates.prompt.isOpen = false;
  const answer = engine.prompts.change(object, 2, addPoint);
  await settle();
  const undone = engine.history.undo();
  expect(promptsOn(store.getState().prompts, object, 2)).toBe(emptyPrompts);
  gates.prompt.open();
  await expect(answer).rejects.toMatchObject({ code: 'cancelled' });
  await undone;
  expect(markOf(store.getState().masklets.byObject[object], 2)).toBe(0);
  expect(store.getState().answers.pending.size).toBe(0);
  expect(store.getState().notices).toEqual({});
});

it('takes a click back that still waits for the model', async () => {
  const fake = fakeEngine();
  running = fake;
  const { engine, store, gates, calls } = fake;
  gates.model.isOpen = false;
  void engine.model.load();
  await engine.video.openFiles([{ path: 'clip.mp4', file: new Blob(['x']) }]);
  const object = engine.objects.add();
  const first = engine.prompts.change(object, 0, addPoint);
  const second = engine.prompts.change(object, 1, addPoint);
  const answers = Promise.allSettled([first, second]);
  await settle();
  const undone = [engine.history.undo(), engine.history.undo()];
  await settle();
  gates.model.open();
  expect(await answers).toMatchObject([{ reason: { code: 'cancelled' } }, { reason: { code: 'cancelled' } }]);
  await Promise.all(undone);
  expect(calls.some((call) => call.startsWith('prompt'))).toBe(false);
  expect(promptsOn(store.getState().prompts, object, 0)).toBe(emptyPrompts);
});

it('takes back a run that goes on, and leaves no step of one that did nothing', async () => {
  const { engine, store, gates, fail, actions, masksOf } = await opened();
  const object = engine.objects.add();
  await engine.prompts.change(object, 0, addPoint);
  fail.track = new MaskletError('device-lost', 'Lost.');
  await expect(engine.tracking.track({})).rejects.toMatchObject({ code: 'device-lost' });
  await settle();
  // Another device is another model: what it knew is gone, and so is the history.
  expect(actions()).toEqual([]);
  gates.track.isOpen = false;
  const run = engine.tracking.track({});
  await settle();
  gates.track.letThrough();
  await settle();
  gates.track.letThrough();
  await settle();
  expect(masksOf(object)).toEqual([0, 1]);
  const undone = engine.history.undo();
  await settle();
  gates.track.open();
  await undone;
  await run;
  expect(store.getState().tracking.run).toBeNull();
  expect(masksOf(object)).toEqual([0]);
});

it('locks a tracked frame, which stays fresh, and unlocks it by undo', async () => {
  const { engine, store, calls } = await opened();
  const object = engine.objects.add();
  await engine.prompts.change(object, 0, addPoint);
  await expect(engine.prompts.lock(object, 5, true)).rejects.toMatchObject({ code: 'invalid-argument' });
  await engine.tracking.track({});
  await engine.prompts.lock(object, 5, true);
  await engine.prompts.change(object, 3, addPoint);
  const { isStale, isLocked } = store.getState().masklets.byObject[object]!.columns;
  expect([isStale[4], isStale[5], isLocked[5]]).toEqual([1, 0, 1]);
  await engine.history.undo();
  await engine.history.undo();
  expect(store.getState().masklets.byObject[object]!.columns.isLocked[5]).toBe(0);
  expect(calls).toContain('lock 1:5 true');
});

it('makes one step of a dragged slider', async () => {
  const { engine, store, actions } = await opened();
  const object = engine.objects.add();
  for (const opacity of [0.9, 0.5, 0.2]) engine.objects.setOpacity(object, opacity);
  engine.objects.recolor(object, 4);
  engine.objects.setOpacity(object, 0.1);
  expect(actions()).toEqual(['new-object', 'opacity', 'recolor', 'opacity']);
  await engine.history.undo();
  await engine.history.undo();
  await engine.history.undo();
  expect(store.getState().objects.list[0]).toMatchObject({ opacity: 1, colorIndex: 0 });
});

it('takes back settings, in and out, and what was found right', async () => {
  const { engine, store, actions, calls } = await opened();
  const object = engine.objects.add();
  await engine.prompts.change(object, 0, addPoint);
  await engine.tracking.track({});
  const told = () => calls.filter((call) => call.startsWith('configure')).map((call) => call.slice(10));
  engine.settings.change({ nonOverlapping: true });
  engine.settings.change({ nonOverlapping: true });
  engine.settings.change({ isAffectedOnly: false });
  await settle();
  // The page's own is none of the worker's business.
  expect(told()).toEqual(['8,0,true,auto,true']);
  engine.player.setIn(2);
  engine.player.setIn(3);
  engine.player.setOut(7);
  // The last frame has lost its object.
  await engine.player.seek(9);
  const stops = () => reviewStops(store.getState()).map(({ frameIndex }) => frameIndex);
  expect(stops()).toContain(9);
  await engine.review.dismiss();
  expect(stops()).not.toContain(9);
  expect(actions().slice(2)).toEqual(['track', 'settings', 'settings', 'range', 'looks-right']);

  await engine.history.undo();
  expect(stops()).toContain(9);
  expect(store.getState().playback.range).toEqual({ from: 3, to: 7 });
  await engine.history.undo();
  expect(store.getState().playback.range).toBeNull();
  await engine.history.undo();
  expect(store.getState().settings).toMatchObject({ isAffectedOnly: true, nonOverlapping: true });
  await engine.history.undo();
  await settle();
  expect(store.getState().settings.nonOverlapping).toBe(false);
  expect(told()).toEqual(['8,0,true,auto,true', '8,0,false,auto,true']);
  await engine.history.goTo(actions().length);
  await settle();
  expect(stops()).not.toContain(9);
  expect(told().at(-1)).toBe('8,0,true,auto,true');
  await engine.restart();
  await settle();
  // A new worker is told what the person has chosen.
  expect(told()).toHaveLength(4);
});

it('keeps the repairs of the worker as the state has them', async () => {
  const { engine, calls } = await opened();
  const object = engine.objects.add();
  engine.objects.setCleanUp(object, { fillHoleArea: 8, removeIslandArea: 2, growPx: 3, smoothPx: 0, featherPx: 1 });
  engine.objects.rename(object, 'Dog');
  await engine.history.undo();
  await engine.history.undo();
  await engine.history.redo();
  await settle();
  expect(calls.filter((call) => call.startsWith('clean'))).toEqual([
    'clean 1 8,2,3,0,1',
    'clean 1 none',
    'clean 1 8,2,3,0,1',
  ]);
  await engine.restart();
  await settle();
  expect(calls.filter((call) => call.startsWith('clean'))).toHaveLength(4);
});

it('shows the masks of before the last correction, beside those of now', async () => {
  const { engine, store } = await opened();
  const object = engine.objects.add();
  await engine.prompts.change(object, 0, addPoint);
  await engine.tracking.track({});
  const versionAt = (frameIndex: number) => engine.earlierMasks.known(frameIndex)[0]?.version;
  const trackedVersion = engine.context.store.getState().masklets.byObject[object]!.columns.version[5];
  await engine.player.seek(5);
  await settle();
  // Nobody has asked.
  expect(engine.earlierMasks.known(5)).toEqual([]);
  await engine.prompts.change(object, 3, addPoint);
  await engine.tracking.track({});
  patch(store, 'view', { comparison: 'before' });
  await engine.player.seek(5);
  await settle();
  expect(versionAt(5)).toBe(trackedVersion);
  expect(engine.masks.known(5)[0]!.version).toBeGreaterThan(trackedVersion!);
  // With everything taken back there is nothing before.
  await engine.history.goTo(0);
  await settle();
  expect(engine.earlierMasks.known(5)).toEqual([]);
});

it('takes class labels back', async () => {
  const { engine, store, actions } = await opened();
  await promptPoint(engine, store, { xNorm: 0.2, yNorm: 0.2 }, 1);
  const category = () => store.getState().objects.list[0]!.category;
  engine.objects.setCategory(1, ' police \n car ');
  engine.objects.setCategory(1, 'police car');
  expect(category()).toBe('police car');
  engine.objects.setCategory(1, ' ');
  expect(category()).toBeNull();
  expect(actions()).toEqual(['new-object', 'category', 'category']);
  await engine.history.undo();
  expect(category()).toBe('police car');
  await engine.history.undo();
  expect(category()).toBeNull();
});
