/** The editor, by hand and by keys: what people do between the first click and the export. */
import { expect, fixtureJson, test, type MaskletPage } from '../fixtures/masklet-page';
import { insidePoint, type Rle } from '../fixtures/rle';

type Truth = { width: number; height: number; objects: { name: string; counts: number[][] }[] };
const truth = fixtureJson<Truth>('media/shapes.json');
const truthOf = (object: number, frame: number): Rle => ({
  width: 320,
  height: 240,
  counts: truth.objects[object]!.counts[frame]!,
});

/** Where a pixel of the video lies on the page, while the whole video is shown. */
async function onPage({ page }: MaskletPage, at: { x: number; y: number }): Promise<{ x: number; y: number }> {
  const box = (await page.getByTestId('stage').locator('canvas').first().boundingBox())!;
  return { x: box.x + ((at.x + 0.5) / 320) * box.width, y: box.y + ((at.y + 0.5) / 240) * box.height };
}

async function clickFrame(masklet: MaskletPage, at: { x: number; y: number }, button: 'left' | 'right' = 'left') {
  const { x, y } = await onPage(masklet, at);
  await masklet.page.mouse.click(x, y, { button });
}

async function openShapes(masklet: MaskletPage): Promise<void> {
  await masklet.open();
  await masklet.openMedia('shapes.mp4');
  await masklet.modelReady();
}

test('everything can be taken back and brought back, a run as one step', async ({ masklet }) => {
  const { page } = masklet;
  await openShapes(masklet);
  const masks = async (frames: readonly number[]) => {
    const { objects } = await masklet.call('status');
    const found: unknown[] = [];
    for (const { id, name } of objects) {
      for (const frame of frames) found.push([name, frame, (await masklet.call('mask', id, frame))?.counts ?? null]);
    }
    return found;
  };
  const states: unknown[] = [];
  const remember = async () => states.push(await masks([0, 9, 20]));
  const done = async (steps: number) =>
    expect.poll(async () => (await masklet.call('history')).steps.length, { timeout: 60_000 }).toBe(steps);
  await remember();
  await clickFrame(masklet, insidePoint(truthOf(0, 0)));
  await expect.poll(() => masklet.hasMask(1, 0), { timeout: 60_000 }).toBe(true);
  await remember();
  await page.keyboard.press('Shift+F');
  await done(2);
  await masklet.idle();
  await remember();
  await masklet.call('seek', 9);
  await clickFrame(masklet, { x: 5, y: 235 }, 'right');
  await done(3);
  await expect
    .poll(async () => JSON.stringify(await masks([9])))
    .not.toBe(JSON.stringify([(states[2] as unknown[])[1]]));
  await remember();
  await masklet.call('removeObject', 1);
  await remember();
  expect((await masklet.call('history')).steps.map(({ action }) => action)).toEqual([
    'new-object',
    'track',
    'add-point',
    'delete-object',
  ]);

  for (const expected of states.slice(0, -1).reverse()) {
    await page.keyboard.press('Control+z');
    await expect.poll(() => masks([0, 9, 20])).toEqual(expected);
  }
  for (const expected of states.slice(1)) {
    await page.keyboard.press('Control+Shift+z');
    await expect.poll(() => masks([0, 9, 20])).toEqual(expected);
  }
  // By name, from the list.
  await page.getByRole('button', { name: 'History' }).click();
  await page.getByRole('button', { name: /^Track · Object 1/ }).click();
  await expect.poll(() => masks([0, 9, 20])).toEqual(states[2]);
  await page.keyboard.press('Escape');
});
