/** `window.masklet`: what a script can do, and how it is told what it can't. */
import { unzipSync } from 'fflate';
import { expect, fixtureJson, test } from '../fixtures/masklet-page';
import { insidePoint, iou, pixelsOf, type Rle } from '../fixtures/rle';

type Truth = { objects: { counts: number[][] }[] };
const truth = fixtureJson<Truth>('media/shapes.json');
const disc = (frame: number): Rle => ({ width: 320, height: 240, counts: truth.objects[0]!.counts[frame]! });
const square = (frame: number): Rle => ({ width: 320, height: 240, counts: truth.objects[1]!.counts[frame]! });

test('prompts of every kind, runs in both directions, and cancelling', async ({ masklet }) => {
  await masklet.open();
  const info = await masklet.openMedia('shapes.mp4');
  expect(info).toMatchObject({ width: 320, height: 240, frameCount: 40, name: 'shapes.mp4' });

  // A script need not wait for the model: prompt does.
  const first = await masklet.call('addObject', 'Disc');
  // Where the disc stands alone: while it passes before the square a click can mean either or both.
  const start = insidePoint(disc(10));
  const answer = await masklet.call('prompt', { object: first, frame: 10, points: [{ ...start, label: 1 }] });
  expect(answer.score).toBeGreaterThan(0);
  expect(answer.area).toBe(pixelsOf((await masklet.call('mask', first, 10))!).reduce((sum, pixel) => sum + pixel, 0));
  expect(answer.candidates.length).toBe(4);

  const second = await masklet.call('addObject', 'Square');
  await masklet.call('prompt', { object: second, frame: 0, mask: square(0) });
  expect((await masklet.call('mask', second, 0))!.counts).toEqual(square(0).counts);
  // A run in both directions from there covers every frame once.
  expect(await masklet.call('track', { objects: [first], direction: 'both' })).toBe(40);
  for (const frame of [2, 20, 38])
    expect(iou((await masklet.call('mask', first, frame))!, disc(frame))).toBeGreaterThan(0.8);
  expect(await masklet.call('mask', second, 5)).toBeNull();
  expect(await masklet.call('track', { objects: [second], from: 0, to: 9 })).toBe(10);
  expect(iou((await masklet.call('mask', second, 5))!, square(5))).toBeGreaterThan(0.85);
  expect(await masklet.call('mask', second, 10)).toBeNull();

  const third = await masklet.call('addObject');
  const point = insidePoint(square(0));
  await masklet.call('prompt', {
    object: third,
    frame: 0,
    box: [point.x - 40, point.y - 40, point.x + 40, point.y + 40],
  });
  // Cancelled when a few frames are there: they stay, and the promise tells how many.
  const tracked = await masklet.page.evaluate(async (object) => {
    const run = window.masklet.track({ objects: [object] });
    while ((await window.masklet.mask(object, 3)) === null) await new Promise((resolve) => setTimeout(resolve, 20));
    await window.masklet.cancel();
    return run.then(
      (frames) => ({ frames }),
      (error: { code: string }) => ({ code: error.code }),
    );
  }, third);
  if ('code' in tracked) expect(tracked.code).toBe('cancelled');
  else expect(tracked.frames).toBeLessThan(40);
  expect(await masklet.call('mask', third, 3)).not.toBeNull();
  expect(await masklet.call('mask', third, 39)).toBeNull();
  expect((await masklet.call('status')).isTracking).toBe(false);

  const files = Object.keys(unzipSync(await masklet.exportZip()));
  expect(files.filter((file) => file.startsWith('001_disc/'))).toHaveLength(40);
  expect(files.filter((file) => file.startsWith('002_square/'))).toHaveLength(10);

  await masklet.call('removeObject', second);
  await masklet.call('clear', { object: third });
  expect((await masklet.call('status')).objects.map(({ id }) => id)).toEqual([first, third]);
  // Ids are never used again.
  expect(await masklet.call('addObject')).toBe(third + 1);
  const { media } = await masklet.call('stats');
  expect(media.liveFrames).toBeLessThanOrEqual(64);
});

test('says what is wrong with an argument', async ({ masklet }) => {
  await masklet.open();
  await expect(masklet.call('addObject')).rejects.toMatchObject({ code: 'no-video' });
  await expect(masklet.call('track')).rejects.toMatchObject({ code: 'no-video' });
  await masklet.openMedia('shapes.mp4');
  await masklet.modelReady();
  await expect(masklet.call('track')).rejects.toMatchObject({ code: 'nothing-to-track' });
  const object = await masklet.call('addObject');
  const points = [{ x: 10, y: 10, label: 1 as const }];
  await expect(masklet.call('prompt', { object: 99, frame: 0, points })).rejects.toMatchObject({
    code: 'unknown-object',
  });
  await expect(masklet.call('prompt', { object, frame: 40, points })).rejects.toMatchObject({
    code: 'frame-out-of-range',
  });
  await expect(masklet.call('prompt', { object, frame: 0.5, points })).rejects.toMatchObject({
    code: expect.stringMatching(/frame-out-of-range|invalid-argument/),
  });
  for (const prompt of [
    { object, frame: 0 },
    { object, frame: 0, points: [{ x: 500, y: 10, label: 1 as const }] },
    { object, frame: 0, points: [{ x: NaN, y: 10, label: 1 as const }] },
    { object, frame: 0, box: [50, 50, 10, 10] as const },
    { object, frame: 0, mask: { width: 320, height: 240, counts: [1, 2, 3] } },
  ]) {
    await expect(masklet.call('prompt', prompt), JSON.stringify(prompt)).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  }
  await expect(masklet.call('mask', object, 99)).rejects.toMatchObject({ code: 'frame-out-of-range' });
  await expect(masklet.call('seek', -1)).rejects.toMatchObject({ code: 'frame-out-of-range' });
});
