import { afterEach, expect, it } from 'vitest';
import { MaskletError } from '../../workers/protocol/errors';
import { FrameMark, markOf, markedFrames } from '../state/masklets';
import { objectStatus } from '../state/object-status';
import { promptsOn, withBox, withPoints } from '../state/prompts';
import { patch } from '../state/store';
import { fakeEngine, settle } from './fake-threads';
import { promptPoint, removeLast } from './frame-gestures';

let running: ReturnType<typeof fakeEngine> | null = null;

async function opened() {
  const fake = fakeEngine();
  running = fake;
  void fake.engine.model.load();
  await fake.engine.video.openFiles([{ path: 'clip.mp4', file: new Blob(['x']) }]);
  return fake;
}

afterEach(async () => {
  await settle();
  running?.engine.context.threads.stop();
  running = null;
});

const point = { xNorm: 0.5, yNorm: 0.5, label: 1 as const };
const addPoint = (prompts: Parameters<typeof withPoints>[0]) => withPoints(prompts, [point]);

it('opens a video, shows its first frame and joins the segment worker to it', async () => {
  const { store, calls, engine, frames } = await opened();
  expect(store.getState().project).toMatchObject({ video: { name: 'clip.mp4', frameCount: 10 }, opening: null });
  expect(engine.presenter.shown?.frameIndex).toBe(0);
  expect(calls).toContain('openVideo');
  expect(frames.open).toBe(1);
});

it('keeps the open video and its objects when another file fails', async () => {
  const { engine, store, fail } = await opened();
  const object = engine.objects.add('Dog');
  await engine.prompts.change(object, 0, addPoint);
  fail.open = new MaskletError('not-a-video', 'No.');
  await expect(engine.video.openFiles([{ path: 'notes.txt', file: new Blob(['?']) }])).rejects.toMatchObject({
    code: 'not-a-video',
  });
  const { project, objects, notices, prompts } = store.getState();
  expect(project.video?.name).toBe('clip.mp4');
  expect(objects.list).toHaveLength(1);
  expect(promptsOn(prompts, object, 0).points).toHaveLength(1);
  expect(notices.open).toMatchObject({ code: 'not-a-video', action: 'choose-file' });
});

it('gives up an opening for a later one', async () => {
  const fake = fakeEngine();
  running = fake;
  const first = fake.engine.video.openFiles([{ path: 'first.mp4', file: new Blob(['1']) }]);
  const second = fake.engine.video.openFiles([{ path: 'second.mp4', file: new Blob(['2']) }]);
  await expect(first).rejects.toMatchObject({ code: 'cancelled' });
  expect((await second).name).toBe('second.mp4');
  expect(fake.store.getState().project.video?.name).toBe('second.mp4');
  expect(fake.store.getState().notices.open).toBeUndefined();
});

it('shows a prompt at once and its mask when it comes; calls of one frame are merged, the latest state wins', async () => {
  const { engine, store, gates, calls } = await opened();
  await engine.model.ready();
  const object = engine.objects.add();
  gates.prompt.isOpen = false;
  const answers = [1, 2, 3].map(() => engine.prompts.change(object, 4, addPoint));
  expect(promptsOn(store.getState().prompts, object, 4).points).toHaveLength(3);
  expect(store.getState().answers.pending.has(`${object}:4`)).toBe(true);
  await settle();
  // While the first call is out, the next two wait as one.
  const more = [engine.prompts.change(object, 4, addPoint), engine.prompts.change(object, 4, (p) => withBox(p, null))];
  gates.prompt.open();
  await Promise.all([...answers, ...more]);
  expect(calls.filter((call) => call.startsWith('prompt'))).toEqual(['prompt 1:4 3', 'prompt 1:4 4']);
  expect(store.getState().answers.pending.size).toBe(0);
  expect(markOf(store.getState().masklets.byObject[object], 4)).toBe(FrameMark.mask);
  expect(store.getState().masklets.byObject[object]?.columns.area[4]).toBe(4);
});

it('lets prompts wait for a model that is loading', async () => {
  const fake = fakeEngine();
  running = fake;
  const { engine, gates, calls } = fake;
  gates.model.isOpen = false;
  void engine.model.load();
  await engine.video.openFiles([{ path: 'clip.mp4', file: new Blob(['x']) }]);
  const answer = engine.prompts.change(engine.objects.add(), 0, addPoint);
  await settle();
  expect(calls.some((call) => call.startsWith('prompt'))).toBe(false);
  gates.model.open();
  expect((await answer).mask?.area).toBe(1);
});

it('puts back what the model last answered when a prompt fails', async () => {
  const { engine, store, fail } = await opened();
  const object = engine.objects.add();
  await engine.prompts.change(object, 0, addPoint);
  fail.prompt = new MaskletError('out-of-memory', 'No.');
  await expect(engine.prompts.change(object, 0, addPoint)).rejects.toMatchObject({ code: 'out-of-memory' });
  expect(promptsOn(store.getState().prompts, object, 0).points).toHaveLength(1);
  expect(store.getState().notices.frame?.code).toBe('out-of-memory');
  expect(store.getState().answers.pending.size).toBe(0);
});

it('offers candidates without their pixels and takes another one', async () => {
  const { engine, store } = await opened();
  const object = engine.objects.add();
  await engine.prompts.change(object, 0, addPoint);
  expect(store.getState().answers.candidates[`${object}:0`]).toEqual({
    token: 0,
    candidates: [
      { token: 0, predictedIou: 0.5, area: 1 },
      { token: 1, predictedIou: 0.6, area: 2 },
    ],
  });
  expect(engine.prompts.candidates(object, 0)[1]?.rle.counts).toBeInstanceOf(Uint32Array);
  await engine.prompts.choose(object, 0, 1);
  expect(store.getState().masklets.byObject[object]?.columns.area[0]).toBe(2);
});

it('tracks: writes summaries and progress, and keeps what was tracked when cancelled', async () => {
  const { engine, store, gates } = await opened();
  const object = engine.objects.add();
  await engine.prompts.change(object, 0, addPoint);
  gates.track.isOpen = false;
  const run = engine.tracking.track({ objects: [object], from: 1 });
  await expect(engine.tracking.track({ objects: [object] })).rejects.toMatchObject({ code: 'busy' });
  for (let n = 0; n < 3; n++) {
    await settle();
    gates.track.letThrough();
  }
  await settle();
  expect(store.getState().tracking.run).toMatchObject({ done: 3, total: 9, objects: [object] });
  expect(objectStatus(store.getState(), object)).toBe('tracking');
  const cancelled = engine.tracking.cancel();
  expect(store.getState().tracking.run?.isCancelling).toBe(true);
  await settle();
  gates.track.open();
  await cancelled;
  expect(await run).toBe(3);
  expect(store.getState().tracking.run).toBeNull();
  expect(markedFrames(store.getState().masklets.byObject[object])).toEqual([0, 1, 2, 3]);
  expect(store.getState().notices.tracking).toBeUndefined();
});

it('makes tracked frames stale after an edit, and after one in mid-run', async () => {
  const { engine, store, gates } = await opened();
  const object = engine.objects.add();
  await engine.prompts.change(object, 0, addPoint);
  await engine.tracking.track({ objects: [object], from: 1 });
  const masklet = () => store.getState().masklets.byObject[object]!;
  expect(masklet()).toMatchObject({ trackedFrames: 9, staleFrames: 0 });
  await engine.prompts.change(object, 5, addPoint);
  expect(masklet()).toMatchObject({ trackedFrames: 8, staleFrames: 8 });
  await engine.tracking.track({ objects: [object], from: 6 });
  expect(masklet().staleFrames).toBe(4);

  gates.track.isOpen = false;
  const run = engine.tracking.track({ objects: [object], from: 6 });
  await settle();
  await engine.prompts.change(object, 0, addPoint);
  gates.track.open();
  await run;
  // The run has taken it in: what came after follows from it.
  expect(masklet().staleFrames).toBe(4);
  expect(Array.from(masklet().columns.isStale.subarray(6))).toEqual([0, 0, 0, 0]);
});

it('ends a run with an error when the segment worker dies, and restarts with prompts kept', async () => {
  const { engine, store, gates, kill, calls } = await opened();
  const object = engine.objects.add('Dog');
  await engine.prompts.change(object, 2, addPoint);
  await engine.tracking.track({ objects: [object], from: 3, to: 5 });
  gates.track.isOpen = false;
  const run = engine.tracking.track({ objects: [object], from: 3 });
  await settle();
  kill.segment!(new MaskletError('worker-failed', 'Gone.'));
  await expect(run).rejects.toMatchObject({ code: 'worker-failed' });
  await settle();
  expect(store.getState().notices).toMatchObject({ threads: { code: 'worker-failed', action: 'restart' } });
  await expect(engine.prompts.change(object, 2, addPoint)).rejects.toMatchObject({ code: 'worker-failed' });

  calls.length = 0;
  gates.track.open();
  await engine.restart();
  expect(calls).toEqual(expect.arrayContaining(['start segment', 'load auto', 'openVideo', 'add 1', 'prompt 1:2 2']));
  expect(store.getState().notices.threads).toBeUndefined();
  expect(store.getState().objects.list[0]?.name).toBe('Dog');
  // Tracked masks went with the worker; the prompted one is there again.
  expect(markedFrames(store.getState().masklets.byObject[object])).toEqual([2]);
});

it('moves to WASM when the device is lost, and answers the prompt there', async () => {
  const { engine, store, fail, calls } = await opened();
  await engine.model.ready();
  expect(store.getState().model.status?.provider).toBe('webgpu');
  fail.prompt = new MaskletError('device-lost', 'Lost.');
  const answer = await engine.prompts.change(engine.objects.add(), 0, addPoint);
  expect(answer.mask?.area).toBe(1);
  expect(calls).toContain('load wasm');
  expect(store.getState().model.status?.provider).toBe('wasm');
  expect(store.getState().notices.model).toMatchObject({ code: 'device-lost', action: 'use-webgpu' });
});

it('reports a failed model and loads it again', async () => {
  const fake = fakeEngine();
  running = fake;
  const { engine, store, fail } = fake;
  fail.model = new MaskletError('model-corrupt', 'Bad hash.');
  await expect(engine.model.load()).rejects.toMatchObject({ code: 'model-corrupt' });
  expect(store.getState()).toMatchObject({
    model: { stage: 'failed', failure: { code: 'model-corrupt' } },
    notices: { model: { code: 'model-corrupt', action: 'retry-model' } },
  });
  await engine.model.load();
  expect(store.getState().model.stage).toBe('ready');
  expect(store.getState().notices.model).toBeUndefined();
});

it('starts the workers afresh for a runtime that did not start; prompts and masks stay as they are', async () => {
  const { engine, store, fail, calls } = await opened();
  const object = engine.objects.add('Dog');
  await engine.prompts.change(object, 2, addPoint);
  await engine.tracking.track({ objects: [object], from: 3, to: 5 });
  const { masklets, prompts } = store.getState();
  fail.model = new MaskletError('model-incompatible', 'Not started.', { reason: ['runtime-not-started'] });
  await expect(engine.model.load('wasm')).rejects.toMatchObject({ code: 'model-incompatible' });
  calls.length = 0;
  await engine.model.load('wasm');
  await settle();
  expect(calls).toEqual(expect.arrayContaining(['start segment', 'openVideo', 'adopt 1', 'load wasm']));
  // Known to the new worker: nothing is asked again.
  expect(calls.filter((call) => call.startsWith('prompt'))).toEqual([]);
  expect(store.getState().prompts).toBe(prompts);
  expect(markedFrames(store.getState().masklets.byObject[object])).toEqual(markedFrames(masklets.byObject[object]));
  expect(store.getState().masklets.byObject[object]?.staleFrames).toBe(0);
  expect(store.getState().notices.model).toBeUndefined();
  // Another load needs no other worker.
  calls.length = 0;
  await engine.model.load('wasm');
  expect(calls).toEqual(['load wasm']);
});

it('says once what a device could not do, and what is used instead', async () => {
  const fake = fakeEngine();
  running = fake;
  const { engine, store, device } = fake;
  device.verdict = { code: 'webgpu-unavailable', message: 'Wrong.', reason: ['wrong-numbers', 'fake', 'float16'] };
  await engine.model.load();
  expect(store.getState().notices.model).toMatchObject({ code: 'webgpu-unavailable', action: null, instead: 'webgpu' });
  device.verdict = null;
  await engine.model.load();
  expect(store.getState().notices.model).toBeUndefined();
});

it('asks only for the latest frame while scrubbing, and closes every frame', async () => {
  const { engine, store, gates, calls, frames } = await opened();
  calls.length = 0;
  gates.frame.isOpen = false;
  const seeks = [3, 4, 5, 6, 7].map((frameIndex) => engine.player.seek(frameIndex));
  expect(store.getState().playback).toMatchObject({ frameIndex: 7, shownFrame: 0 });
  await settle();
  gates.frame.open();
  await Promise.all(seeks);
  await settle();
  expect(calls.filter((call) => call.startsWith('frame'))).toEqual(['frame 3', 'frame 7']);
  expect(store.getState().playback.shownFrame).toBe(7);
  expect(frames.open).toBe(1);
  await expect(engine.player.seek(10)).rejects.toMatchObject({ code: 'frame-out-of-range' });
});

it('plays by the timestamps, drops frames rather than time, and stops at the end', async () => {
  const { engine, store, clock, frames } = await opened();
  engine.player.play();
  await clock.advance(16);
  await clock.advance(30);
  expect(store.getState().playback).toMatchObject({ isPlaying: true, shownFrame: 1 });
  // A slow repaint: frames 2 to 4 are never shown.
  await clock.advance(170);
  await clock.advance(1);
  await clock.advance(1);
  expect(store.getState().playback.shownFrame).toBe(5);
  for (let n = 0; n < 30; n++) await clock.advance(16);
  expect(store.getState().playback).toMatchObject({ isPlaying: false, frameIndex: 9, shownFrame: 9 });
  await settle();
  expect(frames.open).toBe(1);
});

it('loops between in and out, at another speed', async () => {
  const { engine, store, clock } = await opened();
  await engine.player.seek(2);
  engine.player.setIn();
  engine.player.setOut(5);
  patch(store, 'playback', { isLooping: true });
  engine.player.setSpeed(2);
  engine.player.play();
  const seen = new Set<number>();
  let returns = 0;
  let before = 2;
  for (let n = 0; n < 40; n++) {
    await clock.advance(10);
    const { shownFrame } = store.getState().playback;
    if (shownFrame < before) returns++;
    before = shownFrame;
    seen.add(shownFrame);
  }
  expect([...seen].sort((a, b) => a - b)).toEqual([2, 3, 4, 5]);
  expect(returns).toBeGreaterThan(2);
  engine.player.pause();
  engine.player.setOut(1);
  expect(store.getState().playback.range).toEqual({ from: 0, to: 1 });
  engine.player.clearRange();
  expect(store.getState().playback.range).toBeNull();
});

it('brings masks of the frame shown, and asks for them once', async () => {
  const { engine, calls } = await opened();
  const object = engine.objects.add();
  await engine.prompts.change(object, 0, addPoint);
  await settle();
  expect(engine.masks.known(0).map((mask) => mask.object)).toEqual([object]);
  calls.length = 0;
  await engine.player.seek(1);
  await engine.player.seek(0);
  await settle();
  expect(calls.filter((call) => call.startsWith('masksOfFrame'))).toEqual([]);
  await engine.objects.remove(object);
  expect(engine.masks.known(0)).toEqual([]);
});

it('exports what has masks, absent frames included', async () => {
  const { engine, exported } = await opened();
  await expect(engine.exporting.make('png-zip')).rejects.toMatchObject({ code: 'invalid-argument' });
  const object = engine.objects.add('Dog');
  engine.objects.add('Nothing');
  await engine.prompts.change(object, 7, addPoint);
  await engine.tracking.track({ objects: [object], from: 8 });
  const blob = await engine.exporting.make('png-zip');
  expect(await blob.text()).toBe('zip');
  expect(exported[0]).toMatchObject({
    model: { name: 'nano', version: '1', provider: 'webgpu' },
    objects: [{ id: object, name: 'Dog', frames: [7, 8, 9], prompts: [{ frameIndex: 7 }] }],
  });
});

it('makes the object with the first click, and takes prompts back', async () => {
  const { engine, store } = await opened();
  expect(await promptPoint(engine, store, { xNorm: 0.2, yNorm: 0.2 }, 0)).toBe('negative-first');
  expect(store.getState().objects.list).toHaveLength(0);
  expect(await promptPoint(engine, store, { xNorm: 0.2, yNorm: 0.2 }, 1)).toBe('prompted');
  expect(await promptPoint(engine, store, { xNorm: 0.3, yNorm: 0.2 }, 0)).toBe('prompted');
  expect(store.getState().objects.list.map(({ name }) => name)).toEqual(['Object 1']);
  expect(await removeLast(engine, store)).toBe(true);
  expect(promptsOn(store.getState().prompts, 1, 0).points).toHaveLength(1);
  await removeLast(engine, store);
  expect(markedFrames(store.getState().masklets.byObject[1])).toEqual([]);
  await removeLast(engine, store);
  expect(store.getState().objects.list).toHaveLength(0);
  expect(engine.objects.add()).toBe(2);
});
