import { afterEach, expect, it } from 'vitest';
import { withPoints } from '../state/prompts';
import { patch } from '../state/store';
import { fakeEngine, settle } from './fake-threads';

let running: ReturnType<typeof fakeEngine> | null = null;

/** An object with a click on frame 0, tracked through all ten frames. */
async function tracked() {
  const fake = fakeEngine();
  running = fake;
  const { engine, calls, store } = fake;
  void engine.model.load();
  await engine.video.openFiles([{ path: 'clip.mp4', file: new Blob(['x']) }]);
  const object = engine.objects.add();
  await engine.prompts.change(object, 0, addPoint);
  await engine.tracking.trackUnfinished('both');
  const runs = () => calls.filter((call) => call.startsWith('track')).map((call) => call.slice('track '.length));
  return { ...fake, object, runs, masklet: () => store.getState().masklets.byObject[object]! };
}

afterEach(async () => {
  await settle();
  running?.engine.context.threads.stop();
  running = null;
});

const addPoint = (prompts: Parameters<typeof withPoints>[0]) =>
  withPoints(prompts, [{ xNorm: 0.5, yNorm: 0.5, label: 1 }]);

it('tracks again only as far as a correction reaches, and tells what changed', async () => {
  const { engine, store, object, runs, reach, masklet } = await tracked();
  reach.frames = 2;
  await engine.prompts.change(object, 5, addPoint);
  expect(masklet().staleFrames).toBe(8);
  expect(await engine.tracking.trackUnfinished('both')).toBe(6);
  expect(runs()).toEqual(['1 0-9', '1 5-9 outward', '1 5-0 outward']);
  // The rest follows from the correction too.
  expect(masklet().staleFrames).toBe(0);
  expect(masklet().edits.size).toBe(0);
  expect(Array.from(masklet().columns.isChanged)).toEqual([0, 0, 0, 1, 1, 1, 1, 1, 0, 0]);
  expect(store.getState().tracking.last).toEqual({
    frames: 6,
    again: 6,
    changed: 6,
    isAffectedOnly: true,
    isStopped: false,
  });
  expect(store.getState().history.steps.map(({ action }) => action)).toEqual([
    'new-object',
    'add-point',
    'track',
    'add-point',
    'track',
  ]);
});

it('goes one way only when asked to, and knows what is left', async () => {
  const { engine, object, runs, reach, masklet } = await tracked();
  reach.frames = 1;
  await engine.prompts.change(object, 5, addPoint);
  await engine.tracking.trackUnfinished('forward');
  expect(runs().at(-1)).toBe('1 5-9 outward');
  expect(Array.from(masklet().columns.isStale)).toEqual([0, 1, 1, 1, 1, 0, 0, 0, 0, 0]);
  await engine.tracking.trackUnfinished('both');
  expect(runs().slice(2)).toEqual(['1 5-0 outward']);
  expect(masklet().staleFrames).toBe(0);
});

it('can be told to track everything again', async () => {
  const { engine, object, runs, masklet } = await tracked();
  engine.settings.change({ isAffectedOnly: false });
  await engine.prompts.change(object, 5, addPoint);
  await engine.tracking.trackUnfinished('both');
  expect(runs().slice(1)).toEqual(['1 0-9']);
  expect(masklet().edits.size).toBe(0);
});

it('stays between in and out, and goes on where it was cancelled', async () => {
  const { engine, store, object, runs, masklet } = await tracked();
  patch(store, 'playback', { range: { from: 3, to: 7 } });
  await engine.prompts.change(object, 5, addPoint);
  await engine.tracking.trackUnfinished('both');
  expect(runs().slice(1)).toEqual(['1 5-7 outward', '1 5-3 outward']);
  expect(masklet().staleFrames).toBeGreaterThan(0);
  patch(store, 'playback', { range: null });
  await engine.tracking.trackUnfinished('both');
  expect(masklet().staleFrames).toBe(0);

  await engine.history.goTo(2);
  expect(masklet().trackedFrames).toBe(0);
  await engine.tracking.track({ to: 4 });
  await engine.tracking.trackUnfinished('both');
  expect(runs().at(-1)).toBe('1 5-9');
});

it('takes a correction in mid-run in, also behind the run', async () => {
  const { engine, store, object, gates, runs, reach, masklet } = await tracked();
  await engine.history.undo();
  gates.track.isOpen = false;
  const run = engine.tracking.trackUnfinished('both');
  for (let n = 0; n < 6; n++) {
    await settle();
    gates.track.letThrough();
  }
  await settle();
  expect(masklet().markedFrames).toBe(6);
  await engine.prompts.change(object, 2, addPoint);
  expect(store.getState().tracking.run).not.toBeNull();
  reach.frames = 1;
  gates.track.open();
  await run;
  expect(runs().slice(2)).toEqual(['1 2-9 outward', '1 2-0 outward']);
  expect(masklet()).toMatchObject({ staleFrames: 0 });
});

it('tracks one frame, some frames, or to a frame', async () => {
  const { engine, object, runs } = await tracked();
  await engine.player.seek(4);
  await engine.tracking.trackOn(1);
  await engine.tracking.trackOn(-3);
  await engine.player.seek(4);
  await engine.tracking.trackTo(9);
  await engine.player.seek(4);
  expect(await engine.tracking.trackTo(4)).toBe(0);
  expect(runs().slice(1)).toEqual([`${object} 5-5`, `${object} 4-2`, `${object} 5-9`]);
});

it('leaves locked objects alone', async () => {
  const { engine, store, object } = await tracked();
  engine.objects.setLocked(object, true);
  await expect(engine.prompts.change(object, 3, addPoint)).rejects.toMatchObject({ code: 'invalid-argument' });
  await expect(engine.tracking.trackUnfinished('both')).rejects.toMatchObject({ code: 'nothing-to-track' });
  expect(store.getState().prompts.byObject[object]![3]).toBeUndefined();
  engine.objects.setLocked(object, false);
  await engine.prompts.change(object, 3, addPoint);
});
