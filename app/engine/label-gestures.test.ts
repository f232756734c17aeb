import { afterEach, expect, it } from 'vitest';
import type { LabelPicture } from '../masks/read-labels';
import { maskHas } from '../masks/edit-mask';
import { promptsOn } from '../state/prompts';
import { fakeEngine, settle } from './fake-threads';
import { promptLabels, type LabelChoice } from './label-gestures';

let running: ReturnType<typeof fakeEngine> | null = null;

afterEach(async () => {
  await settle();
  running?.engine.context.threads.stop();
  running = null;
});

/** Half the video's size: the left half is label 1, of the right half the upper row is label 2. */
const picture: LabelPicture = {
  width: 4,
  height: 2,
  labels: [
    { name: '1', color: [255, 0, 0], area: 4 },
    { name: '2', color: [0, 255, 0], area: 2 },
  ],
  labelOf: Uint16Array.of(1, 1, 2, 2, 1, 1, 0, 0),
};

async function chosen(choice: LabelChoice) {
  const fake = fakeEngine();
  running = fake;
  const { engine, store } = fake;
  void engine.model.load();
  await engine.video.openFiles([{ path: 'clip.mp4', file: new Blob(['x']) }]);
  await engine.model.ready();
  const object = engine.objects.add();
  const steps = store.getState().history.position;
  await promptLabels(engine, picture, choice, { object, frameIndex: 1 });
  const { objects, prompts, history } = store.getState();
  const corners = [
    [1, 1],
    [6, 0],
    [6, 3],
  ] as const;
  return {
    steps: history.position - steps,
    inside: objects.list.map(({ id }) => corners.map(([x, y]) => maskHas(promptsOn(prompts, id, 1).mask!, x, y))),
  };
}

it('makes of the labels of a picture one object, an object each, or one of them, in one step', async () => {
  expect(await chosen('all')).toEqual({ steps: 1, inside: [[true, true, false]] });
  expect(await chosen(1)).toEqual({ steps: 1, inside: [[false, true, false]] });
  expect(await chosen('each')).toEqual({
    steps: 1,
    inside: [
      [true, false, false],
      [false, true, false],
    ],
  });
});
