import { afterEach, expect, it } from 'vitest';
import { MaskletError } from '../../workers/protocol/errors';
import { fakeEngine, settle } from '../engine/fake-threads';
import { promptsOn } from '../state/prompts';
import { createAutomation } from './automation';

let running: ReturnType<typeof fakeEngine> | null = null;

async function opened() {
  const fake = fakeEngine();
  running = fake;
  fake.engine.model.load().catch(() => undefined);
  const api = createAutomation(fake.engine, fake.store);
  await api.open(new File(['x'], 'clip.mp4'));
  return { ...fake, api };
}

afterEach(async () => {
  await settle();
  running?.engine.context.threads.stop();
});

it('opens, prompts, tracks, reads and exports', async () => {
  const { api, store } = await opened();
  expect(await api.status()).toMatchObject({
    ready: true,
    model: 'nano',
    frameCount: 10,
    size: { width: 8, height: 4 },
  });
  const dog = await api.addObject('Dog');
  const answer = await api.prompt({ object: dog, frame: 3, points: [{ x: 2, y: 1, label: 1 }] });
  expect(answer).toEqual({
    score: 5,
    predictedIou: expect.closeTo(0.9) as number,
    area: 1,
    candidates: [
      { token: 0, predictedIou: 0.5, area: 1 },
      { token: 1, predictedIou: 0.6, area: 2 },
    ],
  });
  expect(promptsOn(store.getState().prompts, dog, 3).points).toEqual([{ xNorm: 0.25, yNorm: 0.25, label: 1 }]);
  expect((await api.chooseCandidate(dog, 3, 1)).area).toBe(2);
  expect(await api.track({ objects: [dog], from: 4, to: 6 })).toBe(3);
  expect(await api.mask(dog, 5)).toEqual({
    width: 8,
    height: 4,
    counts: [0, 2, 30],
    score: 5,
    predictedIou: expect.closeTo(0.9) as number,
  });
  expect(await api.mask(dog, 9)).toBeNull();
  expect(await (await api.export('png-zip')).text()).toBe('zip');
  await api.seek(6);
  expect((await api.status()).frame).toBe(6);
  await api.clear({ object: dog, frame: 3 });
  expect(await api.mask(dog, 3)).toBeNull();
  await api.removeObject(dog);
  expect((await api.status()).objects).toEqual([]);
  expect(await api.stats()).toMatchObject({ segment: { encoderRuns: 0 } });
});

it('adds points to those that are there, replaces the box, and starts anew when asked to', async () => {
  const { api, store } = await opened();
  const object = await api.addObject();
  const on = () => promptsOn(store.getState().prompts, object, 0);
  await api.prompt({ object, frame: 0, points: [{ x: 1, y: 1, label: 1 }], box: [0, 0, 4, 4] });
  await api.prompt({ object, frame: 0, points: [{ x: 2, y: 1, label: 0 }] });
  expect(on().points.map(({ label }) => label)).toEqual([1, 0]);
  expect(on().box).toEqual({ x0Norm: 0, y0Norm: 0, x1Norm: 0.5, y1Norm: 1 });
  await api.prompt({ object, frame: 0, box: [0, 0, 8, 4] });
  expect(on().box?.x1Norm).toBe(1);
  expect(on().points).toHaveLength(2);
  await api.prompt({ object, frame: 0, points: [{ x: 1, y: 1, label: 1 }], replace: true });
  expect(on()).toMatchObject({ points: [{ label: 1 }], box: null });
});

it('selects the object and shows the frame of a prompt', async () => {
  const { api, store } = await opened();
  const first = await api.addObject();
  await api.addObject();
  await api.prompt({ object: first, frame: 7, points: [{ x: 1, y: 1, label: 1 }] });
  await settle();
  expect(store.getState()).toMatchObject({ view: { selectedObject: first }, playback: { shownFrame: 7 } });
});

it('names the wrong argument and what it may be', async () => {
  const { api } = await opened();
  const object = await api.addObject();
  const prompt = (argument: unknown) => api.prompt(argument as Parameters<typeof api.prompt>[0]);
  const cases: [Promise<unknown>, string, RegExp][] = [
    [prompt(null), 'invalid-argument', /`prompt` must be an object, not null/],
    [prompt({ object: 'x', frame: 0 }), 'invalid-argument', /`object` must be the id/],
    [prompt({ object: 99, frame: 0 }), 'unknown-object', /no object 99/],
    [prompt({ object, frame: 10, points: [] }), 'frame-out-of-range', /`frame` must be from 0 to 9, not 10/],
    [prompt({ object, frame: 0.5 }), 'invalid-argument', /`frame` must be an integer from 0 to 9/],
    [prompt({ object, frame: 0 }), 'invalid-argument', /points, a box or a mask/],
    [prompt({ object, frame: 0, points: [{ x: 9, y: 0, label: 1 }] }), 'invalid-argument', /`points\[0\].x`.* 0 to 8/],
    [
      prompt({ object, frame: 0, points: [{ x: 1, y: 0, label: 2 }] }),
      'invalid-argument',
      /label` must be one of 0, 1/,
    ],
    [prompt({ object, frame: 0, points: [{ x: NaN, y: 0, label: 1 }] }), 'invalid-argument', /not NaN/],
    [prompt({ object, frame: 0, box: [4, 0, 4, 4] }), 'invalid-argument', /`box\[2\]` must be greater/],
    [prompt({ object, frame: 0, box: [0, 0, 4] }), 'invalid-argument', /four numbers/],
    [
      prompt({ object, frame: 0, mask: { width: 8, height: 4, counts: [0, 3] } }),
      'invalid-argument',
      /sum to 32, not runs of 3/,
    ],
    [
      prompt({ object, frame: 0, mask: { width: 7, height: 4, counts: [] } }),
      'invalid-argument',
      /`mask.width` must be the video's, 8/,
    ],
    [api.track({ objects: [] }), 'invalid-argument', /`objects`/],
    [api.track({ direction: 'up' as 'forward' }), 'invalid-argument', /"forward", "backward", "both"/],
    [api.track({ to: -1 }), 'frame-out-of-range', /`to`/],
    [api.track(), 'nothing-to-track', /nothing to track/],
    [api.chooseCandidate(object, 0, 4), 'invalid-argument', /`token` must be one of 0, 1, 2, 3/],
    [api.export('gif' as 'png-zip'), 'invalid-argument', /"png-zip"/],
    [api.export('png-zip'), 'invalid-argument', /no masks/],
    [api.open(5 as unknown as string), 'invalid-argument', /`source`/],
  ];
  for (const [call, code, message] of cases) {
    const error: unknown = await call.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MaskletError);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string });
  }
});

it('says that no video is open', async () => {
  const fake = fakeEngine();
  running = fake;
  const api = createAutomation(fake.engine, fake.store);
  await expect(api.addObject()).rejects.toMatchObject({ code: 'no-video' });
  await expect(api.seek(0)).rejects.toMatchObject({ code: 'no-video' });
  await expect(api.track()).rejects.toMatchObject({ code: 'no-video' });
});
