import { afterEach, expect, it } from 'vitest';
import type { ReadLabels } from '../../workers/protocol/read-labels';
import { encodeRle } from '../../workers/rle/rle';
import { promptedFrames } from '../state/prompts';
import { fakeEngine, settle } from './fake-threads';
import { areLabelFiles } from './import-commands';

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

const files = [{ path: 'labels.json', file: new Blob(['{}']) }];

function labelsOn(frames: number[], width: number, height: number): ReadLabels {
  const pixels = Array.from({ length: width * height }, (_, at) => (at === 0 ? 1 : 0));
  const rle = encodeRle(pixels, width, height);
  const masks = frames.map((frameNumber) => ({ frameNumber, rle }));
  return { objects: [{ name: 'Car', category: 'car', masks }], leftOut: 0 };
}

it('makes objects with mask prompts, in one step that is taken back as one', async () => {
  const { engine, store, reading } = await opened();
  const { width, height } = store.getState().project.video!;
  reading.labels = labelsOn([0, 2, 100_000], width, height);
  const report = await engine.importing.importMasks(files);
  expect(report).toEqual({ objects: 1, masks: 2, resized: 0, unfitted: 1, leftOut: 0 });
  const { objects, prompts, importing, history } = store.getState();
  expect(objects.list).toMatchObject([{ name: 'Car', category: 'car' }]);
  expect(promptedFrames(prompts, objects.list[0]!.id)).toEqual([0, 2]);
  expect(importing).toEqual({ run: null, report });
  expect(history.steps.map(({ action }) => action)).toEqual(['import']);
  await engine.history.undo();
  expect(store.getState().objects.list).toEqual([]);
});

it('keeps what was answered when it is cancelled, and no more', async () => {
  const { engine, store, reading } = await opened();
  const { width, height } = store.getState().project.video!;
  const [car] = labelsOn([0, 1, 2], width, height).objects;
  reading.labels = { objects: [car!, { ...car!, name: 'Dog' }], leftOut: 0 };
  const stop = store.subscribe(({ importing }) => {
    if (importing.run?.done === 2) engine.importing.cancel();
  });
  await expect(engine.importing.importMasks(files)).rejects.toThrow();
  stop();
  const { objects, prompts, importing } = store.getState();
  expect(objects.list.map(({ name }) => name)).toEqual(['Car']);
  expect(promptedFrames(prompts, objects.list[0]!.id)).toEqual([0, 1, 2]);
  expect(importing).toEqual({ run: null, report: null });
  await engine.history.undo();
  expect(store.getState().objects.list).toEqual([]);
});

it('changes nothing where no frame fits', async () => {
  const { engine, store, reading } = await opened();
  reading.labels = labelsOn([100_000], 2, 2);
  await expect(engine.importing.importMasks(files)).rejects.toMatchObject({ reason: ['no-frame-fits'] });
  const { objects, history, notices, importing } = store.getState();
  expect(objects.list).toEqual([]);
  expect(history.steps).toEqual([]);
  expect(notices.import).toMatchObject({ code: 'invalid-argument', action: null });
  expect(importing.run).toBeNull();
});

it('knows labels from videos', () => {
  const of = (...paths: string[]) => areLabelFiles(paths.map((path) => ({ path, file: new Blob() })));
  expect(of('a.json')).toBe(true);
  expect(of('a/annotations.XML', 'a/b.json')).toBe(true);
  expect(of('x/meta.json', 'x/Annotations/v/00000.png')).toBe(true);
  expect(of('x/00000.png', 'x/00001.png')).toBe(false);
  expect(of('train/meta.json', 'train/JPEGImages/v/00000.jpg', 'train/Annotations/v/00000.png')).toBe(false);
  expect(of('clip.mp4')).toBe(false);
  expect(of()).toBe(false);
});
