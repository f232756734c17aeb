/** After a run: the frames worth a look, and the keys that walk through them. */
import { expect, fixtureJson, test } from '../fixtures/masklet-page';
import type { Rle } from '../fixtures/rle';

type Truth = { objects: { counts: number[][] }[] };
const truth = fixtureJson<Truth>('media/shapes.json');
const square = (frame: number): Rle => ({ width: 320, height: 240, counts: truth.objects[1]!.counts[frame]! });
const nothing: Rle = { width: 320, height: 240, counts: [320 * 240] };

test('a track that breaks is offered for review, walked to by key, and found right', async ({ masklet }) => {
  const { page } = masklet;
  await masklet.open();
  await masklet.openMedia('shapes.mp4');
  const object = await masklet.call('addObject', 'Square');
  await masklet.call('prompt', { object, frame: 0, mask: square(0) });
  // Declared absent half-way: what follows the declaration is a track that begins or ends there.
  await masklet.call('prompt', { object, frame: 20, mask: nothing });
  await masklet.call('track', {});
  const stops = await masklet.call('review');
  expect(stops.map(({ frame }) => frame)).toEqual(stops.map(({ frame }) => frame).toSorted((a, b) => a - b));
  // Behind the declaration it comes back out of nothing, or stays gone for long: what the model makes of it is worth a look.
  const behind = stops.filter(({ frame }) => frame > 20).map(({ reason }) => reason);
  expect(behind.some((reason) => reason === 'appears' || reason === 'absent')).toBe(true);

  await masklet.call('seek', 0);
  await page.getByTestId('stage').focus();
  await page.keyboard.press('j');
  await expect.poll(async () => (await masklet.call('status')).frame).toBe(stops[0]!.frame);
  await expect(page.getByRole('button', { name: 'Looks right' })).toBeVisible();
  await page.keyboard.press('l');
  await expect.poll(async () => (await masklet.call('review')).length).toBe(stops.length - 1);
});
