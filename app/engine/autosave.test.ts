import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { MaskletError } from '../../workers/protocol/errors';
import { promptedFrames, promptsOn, withPoints } from '../state/prompts';
import { hasUnsavedWork } from '../state/unsaved';
import { fakeEngine, FakeDisk, settle } from './fake-threads';

type Fake = ReturnType<typeof fakeEngine>;
const running: Fake[] = [];

afterEach(async () => {
  await settle();
  for (const { engine } of running.splice(0)) engine.context.threads.stop();
});

function start(disk = new FakeDisk()): Fake {
  const fake = fakeEngine({ keeps: true, disk });
  running.push(fake);
  void fake.engine.model.load();
  return fake;
}

const clip = { path: 'clip.mp4', file: new Blob(['frames']) };

async function opened(disk?: FakeDisk): Promise<Fake> {
  const fake = start(disk);
  await fake.engine.video.openFiles([clip]);
  return fake;
}

const point = { xNorm: 0.5, yNorm: 0.5, label: 1 as const };
const addPoint = (prompts: Parameters<typeof withPoints>[0]) => withPoints(prompts, [point]);

/** Time for what was done to be written. */
async function pass({ clock }: Fake): Promise<void> {
  for (let n = 0; n < 6; n++) await clock.advance(2000);
}

/** What is kept of the masks, and what is shown of them. */
function kept({ disk, store }: Fake, id = 'project-1') {
  const onDisk = disk.project(id).masks.map(({ object, frameIndex, counts }) => `${object}:${frameIndex} ${counts}`);
  const { byObject } = store.getState().masklets;
  const shown = Object.entries(byObject).flatMap(([object, { columns }]) =>
    [...columns.mark].flatMap((mark, frameIndex) => (mark === 0 ? [] : `${object}:${frameIndex}`)),
  );
  return { onDisk: onDisk.sort(), shown: shown.sort() };
}

/** The masks that the segment worker has, as they would be kept. */
async function inWorker({ engine, store }: Fake): Promise<string[]> {
  const found: string[] = [];
  const { toCocoString } = await import('../../workers/rle/coco-string');
  for (let frameIndex = 0; frameIndex < 10; frameIndex++) {
    const masks = await engine.context.threads.segment.keptMasks(frameIndex);
    for (const { object, rle } of masks) {
      if (store.getState().masklets.byObject[object]?.columns.mark[frameIndex]) {
        found.push(`${object}:${frameIndex} ${toCocoString(rle.counts)}`);
      }
    }
  }
  return found.sort();
}

it('keeps nothing for merely looking, and everything from the first object on', async () => {
  const fake = await opened();
  const { engine, store, disk, calls } = fake;
  await engine.player.seek(3);
  await pass(fake);
  expect(disk.projects.size).toBe(0);
  expect(store.getState().projects.saving).toBe('waiting');

  const object = engine.objects.add('Dog');
  expect(store.getState().projects.saving).toBe('behind');
  await engine.prompts.change(object, 2, addPoint);
  expect(hasUnsavedWork(store.getState())).toBe(true);
  await pass(fake);
  expect(store.getState().projects.saving).toBe('saved');
  expect(hasUnsavedWork(store.getState())).toBe(false);
  expect(calls.filter((call) => call === 'persist')).toHaveLength(1);
  const { head, slices } = disk.project('project-1');
  expect(head).toMatchObject({ name: 'clip.mp4', source: { files: [{ name: 'clip.mp4', sizeBytes: 6 }] } });
  expect(slices['objects']).toMatchObject({ list: [{ name: 'Dog' }] });
  expect(slices['prompts/1/2']).toMatchObject({ points: [point], mask: null });
  expect(kept(fake).onDisk.map((mask) => mask.split(' ')[0])).toEqual(['1:2']);
  expect(disk.pictures).toBe(1);

  // What was tracked, what was taken back, and what was removed.
  await engine.tracking.track({ objects: [object], from: 2, to: 6, direction: 'forward' });
  await pass(fake);
  expect(kept(fake).onDisk).toEqual(await inWorker(fake));
  expect(kept(fake).onDisk).toHaveLength(5);
  await engine.history.undo();
  await pass(fake);
  expect(kept(fake).onDisk).toEqual(await inWorker(fake));
  expect(kept(fake).onDisk).toHaveLength(1);
  await engine.history.redo();
  await pass(fake);
  expect(kept(fake).onDisk).toHaveLength(5);
  await engine.objects.remove(object);
  await pass(fake);
  expect(kept(fake).onDisk).toEqual([]);
  expect(disk.project('project-1').slices['prompts/1/2']).toBeNull();
});

it('brings a project back: objects, prompts, masks, marks and place, without asking the model', async () => {
  const fake = await opened();
  const { engine, disk } = fake;
  const object = engine.objects.add('Dog');
  await engine.prompts.change(object, 2, addPoint);
  await engine.tracking.track({ objects: [object], from: 2, to: 6, direction: 'forward' });
  await engine.prompts.lock(object, 5, true);
  await engine.prompts.change(object, 4, addPoint);
  engine.objects.setCleanUp(object, { fillHoleArea: 0, removeIslandArea: 0, growPx: 2, smoothPx: 0, featherPx: 0 });
  await engine.player.seek(4);
  await pass(fake);
  const before = kept(fake);

  const next = start(disk);
  await next.engine.projects.find();
  expect(next.store.getState().projects.list).toMatchObject([{ id: 'project-1', name: 'clip.mp4' }]);
  await next.engine.projects.open('project-1', 'https://example.test/');
  expect(next.store.getState().projects.awaited).toMatchObject({ fileName: 'clip.mp4', difference: null });
  // Another file is known to be another.
  await next.engine.projects.give([{ path: 'other.mp4', file: new Blob(['others']) }]);
  expect(next.store.getState().projects.awaited?.difference).toMatchObject({ kind: 'content', given: 'other.mp4' });
  await next.engine.projects.give([{ path: 'other.mp4', file: new Blob(['more of it']) }]);
  expect(next.store.getState().projects.awaited?.difference).toMatchObject({ kind: 'size' });
  expect(next.store.getState().project.video).toBeNull();
  // Its name does not matter.
  await next.engine.projects.give([{ path: 'renamed.mp4', file: clip.file }]);
  const { objects, prompts, masklets, playback, projects } = next.store.getState();
  expect(projects.awaited).toBeNull();
  expect(objects.list).toMatchObject([{ id: object, name: 'Dog', cleanUp: { growPx: 2 } }]);
  expect(promptedFrames(prompts, object)).toEqual([2, 4]);
  expect(playback.frameIndex).toBe(4);
  const { columns, staleFrames } = masklets.byObject[object]!;
  expect([...columns.isLocked]).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
  expect([...columns.isStale]).toEqual([0, 0, 0, 1, 0, 0, 1, 0, 0, 0]);
  expect(staleFrames).toBe(2);
  expect(await inWorker(next)).toEqual(before.onDisk);
  await settle();
  expect(next.calls.filter((call) => call.startsWith('prompt'))).toEqual([]);
  expect(next.calls).toContain('clean 1 0,0,2,0,0');
  // Nothing was lost by looking, and what is done now is kept in it.
  await pass(next);
  expect(kept(next)).toEqual(before);
  await next.engine.prompts.change(next.engine.objects.add('Cat'), 0, addPoint);
  await pass(next);
  expect(kept(next).onDisk).toHaveLength(before.onDisk.length + 1);
  expect(disk.projects.size).toBe(1);
});

it('asks for a prompt that had no answer when the page was left', async () => {
  const fake = await opened();
  const { engine, gates, disk } = fake;
  await engine.model.ready();
  gates.prompt.isOpen = false;
  const answer = engine.prompts.change(engine.objects.add(), 2, addPoint).catch(() => undefined);
  await pass(fake);
  expect(disk.project('project-1').masks).toEqual([]);
  const next = start(disk);
  await next.engine.projects.open('project-1', 'https://example.test/');
  await next.engine.projects.give([clip]);
  await settle();
  expect(next.calls).toContain('prompt 1:2 1');
  expect(next.store.getState().masklets.byObject[1]?.columns.mark[2]).toBe(1);
  gates.prompt.open();
  await answer;
});

it('leaves a project whole when another video is opened, and begins another', async () => {
  const fake = await opened();
  const { engine, disk } = fake;
  await engine.prompts.change(engine.objects.add('Dog'), 2, addPoint);
  // At once: nothing has been written yet.
  await engine.video.openFiles([{ path: 'second.mp4', file: new Blob(['second']) }]);
  expect(disk.project('project-1').masks).toHaveLength(1);
  await pass(fake);
  expect(disk.openId).toBeNull();
  await engine.prompts.change(engine.objects.add('Cat'), 0, addPoint);
  await pass(fake);
  expect([...disk.projects.values()].map(({ head }) => head.name)).toEqual(['clip.mp4', 'second.mp4']);
  expect(disk.project('project-1').slices['objects']).toMatchObject({ list: [{ name: 'Dog' }] });
});

it('pauses on a full disk with a sentence and goes on when it is told to; another failure turns it off', async () => {
  const fake = await opened();
  const { engine, store, disk } = fake;
  const object = engine.objects.add('Dog');
  await engine.prompts.change(object, 2, addPoint);
  await pass(fake);
  disk.failure = new MaskletError('storage-full', 'Full.', { reason: ['project-disk-full'] });
  await engine.prompts.change(object, 3, addPoint);
  await pass(fake);
  expect(store.getState().projects.saving).toBe('paused');
  expect(store.getState().notices.saving).toMatchObject({ code: 'storage-full', action: 'save-again' });
  expect(hasUnsavedWork(store.getState())).toBe(true);
  expect(disk.project('project-1').masks).toHaveLength(1);
  await engine.autosave.goOnSaving();
  expect(store.getState().projects.saving).toBe('saved');
  expect(store.getState().notices.saving).toBeUndefined();
  expect(disk.project('project-1').masks).toHaveLength(2);

  disk.failure = new MaskletError('internal', 'The file is gone.');
  engine.objects.rename(object, 'Cat');
  await pass(fake);
  expect(store.getState().projects.saving).toBe('off');
  expect(store.getState().notices.saving?.reason).toEqual(['project-not-saved']);
  expect((await engine.prompts.change(object, 5, addPoint)).mask).not.toBeNull();
});

it('says quietly that a browser keeps nothing, and is in nobody’s way', async () => {
  const fake = await opened();
  const { engine, store, disk } = fake;
  disk.failure = new MaskletError('internal', 'No files in a private window.');
  const object = engine.objects.add('Dog');
  await engine.prompts.change(object, 2, addPoint);
  await pass(fake);
  expect(store.getState().projects.saving).toBe('off');
  expect(store.getState().notices).toEqual({});
  expect(hasUnsavedWork(store.getState())).toBe(true);
  await engine.video.openFiles([clip]);
  expect(disk.projects.size).toBe(0);
});

it('gives a segment worker that failed its masks back', async () => {
  const fake = await opened();
  const { engine, store, kill, calls } = fake;
  const object = engine.objects.add('Dog');
  await engine.prompts.change(object, 2, addPoint);
  await engine.tracking.track({ objects: [object], from: 2, to: 6, direction: 'forward' });
  await pass(fake);
  const before = kept(fake);
  // Not kept any more.
  const late = engine.prompts.change(object, 8, addPoint);
  await late;
  kill.segment!(new MaskletError('worker-failed', 'It broke.'));
  await settle();
  await engine.restart();
  await settle();
  expect(calls.filter((call) => call.startsWith('prompt'))).toEqual(['prompt 1:2 1', 'prompt 1:8 1', 'prompt 1:8 1']);
  expect(promptsOn(store.getState().prompts, object, 8).points).toHaveLength(1);
  await pass(fake);
  expect(kept(fake).onDisk).toEqual(await inWorker(fake));
  expect(kept(fake).onDisk).toHaveLength(before.onDisk.length + 1);
});

it('comes to the state of the page, whatever was done to it', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('click' as const), object: fc.nat(2), frame: fc.nat(9) }),
    fc.record({ do: fc.constant('clear' as const), object: fc.nat(2), frame: fc.nat(9) }),
    fc.record({ do: fc.constant('track' as const), from: fc.nat(9), to: fc.nat(9) }),
    fc.record({
      do: fc.constantFrom<'undo' | 'redo' | 'remove' | 'wait'>('undo', 'redo', 'remove', 'wait'),
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      const fake = await opened();
      const { engine, store } = fake;
      const ids = () => store.getState().objects.list.map(({ id }) => id);
      const first = engine.objects.add();
      await engine.prompts.change(first, 0, addPoint);
      await fake.clock.advance(400);
      for (const taken of steps) {
        if (taken.do === 'wait') await fake.clock.advance(400);
        else if (taken.do === 'undo') await engine.history.undo();
        else if (taken.do === 'redo') await engine.history.redo();
        else if (taken.do === 'remove') {
          const id = ids().at(-1);
          if (id !== undefined) await engine.objects.remove(id);
        } else if (taken.do === 'track') {
          const request = { objects: ids(), from: taken.from, to: taken.to, direction: 'forward' as const };
          if (ids().length > 0) await engine.tracking.track(request).catch(() => undefined);
        } else if (taken.do === 'click' || taken.do === 'clear') {
          const id = ids()[taken.object] ?? engine.objects.add();
          if (taken.do === 'click') await engine.prompts.change(id, taken.frame, addPoint);
          else await engine.prompts.clear(id, taken.frame).catch(() => undefined);
        }
      }
      await pass(fake);
      expect(store.getState().projects.saving).toBe('saved');
      const { onDisk, shown } = kept(fake);
      expect(onDisk.map((mask) => mask.split(' ')[0])).toEqual(shown);
      expect(onDisk).toEqual(await inWorker(fake));
      const { slices } = fake.disk.project('project-1');
      const { prompts, objects } = store.getState();
      const stated = Object.entries(slices).filter(([name, value]) => name.startsWith('prompts/') && value !== null);
      const expected = ids().flatMap((id) => promptedFrames(prompts, id).map((frame) => `prompts/${id}/${frame}`));
      expect(stated.map(([name]) => name).sort()).toEqual(expected.sort());
      expect(slices['objects']).toEqual(JSON.parse(JSON.stringify(objects)));
      engine.context.threads.stop();
    }),
    { numRuns: 15 },
  );
});
