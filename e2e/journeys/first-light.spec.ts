/** What the product is for, once through, by hand: open, click, track, scrub, correct, save. */
import { readFileSync } from 'node:fs';
import { decode } from 'fast-png';
import { unzipSync } from 'fflate';
import { expect, fixtureJson, mediaFile, test, type MaskletPage } from '../fixtures/masklet-page';
import { insidePoint, iou, pixelsOf, type Rle } from '../fixtures/rle';

type Truth = { width: number; height: number; objects: { name: string; counts: number[][] }[] };
const truth = fixtureJson<Truth>('media/shapes.json');
const truthOf = (object: number, frame: number): Rle => ({
  width: 320,
  height: 240,
  counts: truth.objects[object]!.counts[frame]!,
});

/** Clicks the frame at a pixel of the video. */
async function clickFrame(
  { page }: MaskletPage,
  at: { x: number; y: number },
  button: 'left' | 'right' = 'left',
): Promise<void> {
  const box = (await page.getByTestId('stage').locator('canvas').first().boundingBox())!;
  const position = { x: box.x + (at.x / 320) * box.width, y: box.y + (at.y / 240) * box.height };
  await page.mouse.click(position.x, position.y, { button });
}

test('a person opens a clip, clicks two objects, tracks, corrects one, and saves PNGs that equal what they saw', async ({
  masklet,
}) => {
  const { page } = masklet;
  await masklet.open();
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Choose a video' }).click(),
  ]);
  await chooser.setFiles({ name: 'shapes.mp4', mimeType: 'video/mp4', buffer: mediaFile('shapes.mp4') });
  await expect(page.getByTestId('stage')).toBeVisible();
  expect(await masklet.call('status')).toMatchObject({ frameCount: 40, size: { width: 320, height: 240 } });

  // The first click makes the object; no dialog comes between.
  await clickFrame(masklet, insidePoint(truthOf(0, 0)));
  await expect.poll(() => masklet.hasMask(1, 0), { timeout: 60_000 }).toBe(true);
  expect(iou((await masklet.call('mask', 1, 0))!, truthOf(0, 0))).toBeGreaterThan(0.75);

  await page.keyboard.press('n');
  await clickFrame(masklet, insidePoint(truthOf(1, 0)));
  await expect.poll(async () => (await masklet.call('status')).objects.length).toBe(2);
  await expect.poll(() => masklet.hasMask(2, 0)).toBe(true);

  await page.getByRole('button', { name: 'Track', exact: true }).click();
  await expect(page.getByRole('progressbar')).toBeVisible();
  await masklet.idle();
  for (const frame of [0, 10, 20, 30, 39]) {
    expect(iou((await masklet.call('mask', 1, frame))!, truthOf(0, frame)), `disc, frame ${frame}`).toBeGreaterThan(
      0.7,
    );
    expect(await masklet.call('mask', 2, frame), `square, frame ${frame}`).not.toBeNull();
  }

  // Back to frame 12 by keyboard, and a negative click on what does not belong.
  await page.keyboard.press('Home');
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect.poll(async () => (await masklet.call('status')).frame).toBe(12);
  const other = await masklet.call('mask', 1, 12);
  const corner = { x: 5, y: 235 };
  await clickFrame(masklet, corner, 'right');
  await expect(page.getByRole('button', { name: /^Remove Point 1/ })).toBeVisible();
  await expect.poll(async () => pixelsOf((await masklet.call('mask', 2, 12))!)[corner.y * 320 + corner.x]).toBe(0);
  // The other object is not touched.
  expect(await masklet.call('mask', 1, 12)).toEqual(other);

  const shown: Record<string, Rle> = {};
  for (const object of [1, 2]) {
    for (const frame of [0, 12, 39]) shown[`${object}/${frame}`] = (await masklet.call('mask', object, frame))!;
  }
  await page.getByRole('button', { name: 'Export' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save zip' }).click(),
  ]);
  const files = unzipSync(readFileSync(await download.path()));
  const description = JSON.parse(new TextDecoder().decode(files['masklet.json'])) as {
    video: { width: number; height: number; timestampsUs: number[] };
    objects: { id: number; folder: string; frames: number[]; prompts: unknown[] }[];
    model: { name: string };
  };
  expect(description.video).toMatchObject({ width: 320, height: 240 });
  expect(description.video.timestampsUs).toHaveLength(40);
  expect(description.model.name).toBe('nano');
  expect(description.objects.map(({ frames }) => frames.length)).toEqual([40, 40]);
  expect(Object.keys(files)).toHaveLength(81);
  for (const [key, mask] of Object.entries(shown)) {
    const [id, frame] = key.split('/').map(Number) as [number, number];
    const { folder } = description.objects.find((object) => object.id === id)!;
    const png = decode(files[`${folder}/${String(frame).padStart(5, '0')}.png`]!);
    expect(png).toMatchObject({ width: 320, height: 240, channels: 1, depth: 8 });
    expect(Array.from(png.data), key).toEqual(Array.from(pixelsOf(mask), (pixel) => pixel * 255));
  }
});

test('the sample is one click away, and one click on its balloon is enough', async ({ masklet }) => {
  const { page } = masklet;
  await masklet.open();
  await page.getByRole('button', { name: /Open the sample/ }).click();
  await expect(page.getByTestId('stage')).toBeVisible();
  await masklet.modelReady();
  const { frameCount } = await masklet.call('status');
  type Sample = { width: number; height: number; objects: Record<string, Record<string, number[]>> };
  const sample = fixtureJson<Sample>('fixtures/sample-truth.json');
  const balloon = (frame: number): Rle => ({ ...sample, counts: sample.objects['red balloon']![frame]! });

  const object = await masklet.call('addObject', 'Balloon');
  await masklet.call('prompt', { object, frame: 0, points: [{ ...insidePoint(balloon(0)), label: 1 }] });
  expect(iou((await masklet.call('mask', object, 0))!, balloon(0))).toBeGreaterThan(0.8);
  expect(await masklet.call('track')).toBe(frameCount);
  for (const frame of [31, 62, 93, 124]) {
    const tracked = iou((await masklet.call('mask', object, frame))!, balloon(frame));
    console.log(`sample, frame ${frame}: ${tracked.toFixed(3)}`);
    expect(tracked, `frame ${frame}`).toBeGreaterThan(0.7);
  }
});

test('the whole of it by keyboard alone', async ({ masklet }) => {
  const { page } = masklet;
  await masklet.open();
  await masklet.openMedia('shapes.mp4');
  await masklet.modelReady();
  // The crosshair starts in the middle; the disc's place is reached in large and small steps.
  await page.getByTestId('stage').focus();
  await page.keyboard.press('Alt+ArrowLeft');
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await masklet.call('status')).objects.length, { timeout: 60_000 }).toBe(1);
  await expect.poll(() => masklet.hasMask(1, 0), { timeout: 60_000 }).toBe(true);
  await page.keyboard.press('Shift+F');
  await expect.poll(() => masklet.hasMask(1, 39), { timeout: 100_000 }).toBe(true);
  await page.keyboard.press('End');
  await expect.poll(async () => (await masklet.call('status')).frame).toBe(39);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
});
