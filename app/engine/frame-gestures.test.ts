import { afterEach, expect, it } from 'vitest';
import { maskHas, strokeSpans } from '../masks/edit-mask';
import { promptsOn } from '../state/prompts';
import { patch } from '../state/store';
import { fakeEngine, settle } from './fake-threads';
import { movePoint, objectAt, paintMask, promptMask, promptPoint, removeLast } from './frame-gestures';

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

const size = { width: 8, height: 4 };
const dab = (x: number, y: number) => strokeSpans([{ x: x + 0.5, y: y + 0.5 }], 0.6, size);

it('builds strokes upon each other without waiting for answers, and makes the object with the first', async () => {
  const { engine, store, gates } = await opened();
  await engine.model.ready();
  expect(await paintMask(engine, store, dab(1, 1), false)).toBe('negative-first');
  gates.prompt.isOpen = false;
  const strokes = [paintMask(engine, store, dab(1, 1), true)];
  await settle();
  strokes.push(paintMask(engine, store, dab(5, 2), true));
  await settle();
  strokes.push(paintMask(engine, store, dab(1, 1), false));
  await settle();
  const { mask } = promptsOn(store.getState().prompts, 1, 0);
  expect([maskHas(mask!, 1, 1), maskHas(mask!, 5, 2)]).toEqual([false, true]);
  gates.prompt.open();
  await Promise.all(strokes);
  expect(store.getState().history.steps.map(({ action }) => action)).toEqual(['new-object', 'mask', 'mask']);
});

it('leaves a stroke on the frame it was made on', async () => {
  const { engine, store } = await opened();
  await promptPoint(engine, store, { xNorm: 0.2, yNorm: 0.2 }, 1);
  const stroke = paintMask(engine, store, dab(6, 3), true);
  await engine.player.seek(4);
  await stroke;
  expect(promptsOn(store.getState().prompts, 1, 0).mask).not.toBeNull();
  expect(promptsOn(store.getState().prompts, 1, 4).mask).toBeNull();
  expect(store.getState().playback.frameIndex).toBe(4);
});

it('moves points, removes the chosen one first, and finds the object under a place', async () => {
  const { engine, store } = await opened();
  await promptPoint(engine, store, { xNorm: 0.2, yNorm: 0.2 }, 1);
  await promptPoint(engine, store, { xNorm: 0.7, yNorm: 0.7 }, 0);
  await movePoint(engine, store, 0, { xNorm: 0.3, yNorm: 0.4 });
  const points = () => promptsOn(store.getState().prompts, 1, 0).points;
  expect(points()[0]).toEqual({ xNorm: 0.3, yNorm: 0.4, label: 1 });
  patch(store, 'view', { selectedPoint: 0 });
  await removeLast(engine, store);
  expect(points()).toEqual([{ xNorm: 0.7, yNorm: 0.7, label: 0 }]);
  expect(store.getState().view.selectedPoint).toBeNull();

  await promptMask(engine, store, { ...size, counts: Uint32Array.of(0, 4, 28) });
  await settle();
  expect(objectAt(engine, store, { xNorm: 0.05, yNorm: 0.1 })).toBe(1);
  expect(objectAt(engine, store, { xNorm: 0.9, yNorm: 0.9 })).toBeNull();
  engine.objects.setVisible(1, false);
  expect(objectAt(engine, store, { xNorm: 0.05, yNorm: 0.1 })).toBeNull();
});
