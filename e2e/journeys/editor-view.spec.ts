/** What a person sees on the stage, and what the pointer and the fingers do there. */
import type { Page } from '@playwright/test';
import { expect, fixtureJson, test, type MaskletPage } from '../fixtures/masklet-page';
import { insidePoint, iou, pixelsOf, type Rle } from '../fixtures/rle';

type Truth = { objects: { counts: number[][] }[] };
const truth = fixtureJson<Truth>('media/shapes.json');
const truthOf = (object: number, frame: number): Rle => ({
  width: 320,
  height: 240,
  counts: truth.objects[object]!.counts[frame]!,
});
const areaOf = (mask: Rle) => pixelsOf(mask).reduce((sum, pixel) => sum + pixel, 0);

async function openShapes(masklet: MaskletPage): Promise<void> {
  await masklet.open();
  await masklet.openMedia('shapes.mp4');
  await masklet.modelReady();
}

/** Where a pixel of the video lies on the page, while the whole video is shown. */
async function onPage(page: Page, at: { x: number; y: number }): Promise<{ x: number; y: number }> {
  const box = (await page.getByTestId('stage').locator('canvas').first().boundingBox())!;
  return { x: box.x + ((at.x + 0.5) / 320) * box.width, y: box.y + ((at.y + 0.5) / 240) * box.height };
}

/** Alpha of the n-th picture of masks on the stage, at pixels of the video. */
async function painted(page: Page, layer: number, places: readonly { x: number; y: number }[]): Promise<boolean[]> {
  return page
    .getByTestId('stage')
    .locator('canvas')
    .nth(layer + 1)
    .evaluate((canvas: HTMLCanvasElement, points) => {
      const context = canvas.getContext('2d')!;
      return points.map(({ x, y }) => {
        const at = [((x + 0.5) / 320) * canvas.width, ((y + 0.5) / 240) * canvas.height];
        return context.getImageData(Math.floor(at[0]!), Math.floor(at[1]!), 1, 1).data[3]! > 0;
      });
    }, places);
}

async function paintedPixels(page: Page, layer: number): Promise<number> {
  return page
    .getByTestId('stage')
    .locator('canvas')
    .nth(layer + 1)
    .evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let at = 3; at < data.length; at += 4) if (data[at] !== 0) count++;
      return count;
    });
}

test('a soft brush follows the picture: fewer strokes to the edge of a thing', async ({ masklet }) => {
  const { page } = masklet;
  await openShapes(masklet);
  const disc = truthOf(0, 0);
  const pixels = pixelsOf(disc);
  const inside = [...pixels.keys()].filter((at) => pixels[at] === 1);
  const mean = (of: (at: number) => number) => inside.reduce((sum, at) => sum + of(at), 0) / inside.length;
  const middle = { x: mean((at) => at % 320), y: mean((at) => Math.floor(at / 320)) };
  await page.keyboard.press('m');
  // Larger than the disc by half.
  const wanted = Math.sqrt(inside.length / Math.PI) * 3;
  const size = async () => {
    const label = (await page.getByRole('button', { name: /^Size / }).getAttribute('aria-label'))!;
    return Number(/\d+/.exec(label)![0]);
  };
  while ((await size()) < wanted) await page.keyboard.press(']');
  const { x, y } = await onPage(page, middle);
  const dab = async (object: number) => {
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.up();
    await expect.poll(() => masklet.hasMask(object, 0)).toBe(true);
    return (await masklet.call('mask', object, 0))!;
  };
  const hard = await dab(1);
  await page.keyboard.press('n');
  for (let n = 0; n < 3; n++) await page.keyboard.press('{');
  await expect(page.getByRole('button', { name: /hardness 25\s?%$/ })).toBeVisible();
  // Both radii are seen around the pointer.
  await expect(page.getByTestId('brush').locator('circle')).toHaveCount(3);
  const soft = await dab(2);
  console.log(`one dab on the disc: IoU ${iou(hard, disc).toFixed(3)} hard, ${iou(soft, disc).toFixed(3)} soft`);
  expect(iou(soft, disc)).toBeGreaterThan(iou(hard, disc) + 0.2);
  expect(iou(soft, disc)).toBeGreaterThan(0.8);
  // What it takes is a mask prompt as any other: yes or no, and a step that is taken back.
  expect((await masklet.call('history')).steps.at(-1)?.action).toBe('mask');
  await page.keyboard.press('}');
  await expect(page.getByRole('button', { name: /hardness 50\s?%$/ })).toBeVisible();
  // Exactly, and without a mouse: the crosshair carries the rings.
  await page.getByRole('button', { name: /^Size / }).click();
  await page.getByRole('slider', { name: 'Hardness' }).focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: /hardness 100\s?%$/ })).toBeVisible();
  await page.getByTestId('stage').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('brush')).toHaveCount(2);
});

test('before and after stand side by side, and a correction beside what it changed', async ({ masklet }) => {
  const { page } = masklet;
  await openShapes(masklet);
  const object = await masklet.call('addObject', 'Thing');
  const [disc, square] = [insidePoint(truthOf(0, 0)), insidePoint(truthOf(1, 0))];
  await masklet.call('prompt', { object, frame: 0, mask: truthOf(0, 0) });
  const divider = page.getByRole('separator', { name: 'Divider of the comparison' });
  await expect(divider).toHaveCount(0);
  await expect.poll(() => painted(page, 0, [disc, square])).toEqual([true, false]);
  await page.keyboard.press('y');
  await expect(divider).toHaveAttribute('aria-valuenow', '50');
  await expect(page.getByText('Picture', { exact: true })).toBeVisible();
  // By keys, by mouse, by finger.
  await divider.focus();
  for (let n = 0; n < 3; n++) await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Shift+ArrowLeft');
  await expect(divider).toHaveAttribute('aria-valuenow', '34');
  expect((await masklet.call('status')).frame).toBe(0);
  const stage = (await page.getByTestId('stage').boundingBox())!;
  await page.mouse.move(stage.x + stage.width * 0.34, stage.y + 80);
  await page.mouse.down();
  await page.mouse.move(stage.x + stage.width * 0.6, stage.y + 90, { steps: 4 });
  await page.mouse.up();
  await expect(divider).toHaveAttribute('aria-valuenow', '60');
  const touch = await page.context().newCDPSession(page);
  const finger = (type: 'touchStart' | 'touchMove' | 'touchEnd', share: number) =>
    touch.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: type === 'touchEnd' ? [] : [{ x: stage.x + stage.width * share, y: stage.y + 90 }],
    });
  await finger('touchStart', 0.6);
  await finger('touchMove', 0.5);
  await finger('touchMove', 0.3);
  await finger('touchEnd', 0.3);
  await expect(divider).toHaveAttribute('aria-valuenow', '30');
  // None of it was a click on the frame.
  expect((await masklet.call('history')).steps).toHaveLength(2);

  // Against what was there before the correction: the disc to the left, the square to the right.
  await masklet.call('prompt', { object, frame: 0, mask: truthOf(1, 0) });
  await page.keyboard.press('y');
  await expect(page.getByText('Before', { exact: true })).toBeVisible();
  await expect.poll(() => painted(page, 0, [disc, square])).toEqual([true, false]);
  await expect.poll(() => painted(page, 1, [disc, square])).toEqual([false, true]);
  // With the run that carries it out.
  await masklet.call('track', { to: 6 });
  await masklet.call('prompt', { object, frame: 3, mask: truthOf(0, 3) });
  await page.keyboard.press('y');
  await expect(divider).toHaveCount(0);
  await masklet.call('seek', 0);
  await page.keyboard.press('i');
  await masklet.call('seek', 6);
  await page.keyboard.press('o');
  await page.keyboard.press('t');
  await masklet.idle();
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  // At the first frame that has changed.
  await expect.poll(async () => (await masklet.call('status')).frame).toBeLessThan(6);
  await masklet.call('seek', 3);
  const here = [insidePoint(truthOf(0, 3)), insidePoint(truthOf(1, 3))];
  await expect.poll(() => painted(page, 0, here)).toEqual([false, true]);
  await expect.poll(() => painted(page, 1, here)).toEqual([true, false]);
});

test('hover, candidates, neighbours, pixel grid and pinch', async ({ masklet }) => {
  const { page } = masklet;
  await openShapes(masklet);
  const disc = await masklet.call('addObject', 'Disc');
  await masklet.call('prompt', { object: disc, frame: 0, mask: truthOf(0, 0) });
  await masklet.call('prompt', { object: disc, frame: 1, mask: truthOf(1, 1) });
  await masklet.call('seek', 0);
  const moveTo = async (at: { x: number; y: number }) => {
    const { x, y } = await onPage(page, at);
    await page.mouse.move(x, y);
  };
  const label = page.getByTestId('stage').getByText('Disc', { exact: true });
  await moveTo(insidePoint(truthOf(0, 0)));
  await expect(label).toBeVisible();
  await moveTo({ x: 2, y: 2 });
  await expect(label).toHaveCount(0);

  // The outline of the next frame's mask comes on top of what is seen.
  const alone = await paintedPixels(page, 0);
  await page.keyboard.press('Shift+o');
  await expect.poll(() => paintedPixels(page, 0)).toBeGreaterThan(alone);
  // A line, no fill.
  expect(await painted(page, 0, [insidePoint(truthOf(1, 1))])).toEqual([false]);
  await page.keyboard.press('Shift+o');
  await expect.poll(() => paintedPixels(page, 0)).toBe(alone);

  // All answers to an ambiguous click stand side by side, and any of them can be taken.
  const square = await masklet.call('addObject', 'Square');
  const { candidates } = await masklet.call('prompt', {
    object: square,
    frame: 0,
    points: [{ ...insidePoint(truthOf(1, 0)), label: 1 }],
  });
  expect(candidates.length).toBeGreaterThan(1);
  const group = page.getByRole('radiogroup', { name: 'Which one did you mean?' });
  // Only those that look different, and hovering one tries it out in the frame.
  const area = async () => areaOf((await masklet.call('mask', square, 0))!);
  const chosen = await area();
  const offered = await group
    .getByRole('radio')
    .evaluateAll((all) => all.map((each) => Number(each.getAttribute('value'))));
  expect(offered.length).toBeGreaterThan(1);
  expect(offered.length).toBeLessThanOrEqual(candidates.length);
  const other = offered.find((token) => candidates[token]!.area !== chosen)!;
  const own = await paintedPixels(page, 0);
  const radio = group.locator(`[value="${other}"]`);
  await radio.hover();
  await expect.poll(() => paintedPixels(page, 0)).not.toBe(own);
  expect(await area()).toBe(chosen);
  await page.mouse.move(4, 4);
  await expect.poll(() => paintedPixels(page, 0)).toBe(own);
  await radio.click();
  await expect.poll(area).toBe(candidates[other]!.area);

  // Near enough, pixels are told apart; fingers bring it nearer and further.
  const grid = page.getByTestId('pixel-grid');
  await expect(grid).toHaveCount(0);
  const zoom = async () =>
    Number((await page.getByRole('button', { name: 'Zoom', exact: true }).textContent())!.replace(/\D/g, ''));
  const before = await zoom();
  const stage = (await page.getByTestId('stage').boundingBox())!;
  const middle = { x: stage.x + stage.width / 2, y: stage.y + stage.height / 2 };
  const touch = await page.context().newCDPSession(page);
  const fingers = async (from: number, to: number) => {
    const at = (apart: number) => [
      { x: middle.x - apart, y: middle.y, id: 1 },
      { x: middle.x + apart, y: middle.y, id: 2 },
    ];
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(from) });
    for (let n = 1; n <= 4; n++) {
      await touch.send('Input.dispatchTouchEvent', {
        type: 'touchMove',
        touchPoints: at(from + ((to - from) * n) / 4),
      });
    }
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  };
  await fingers(40, 240);
  await expect.poll(zoom).toBeGreaterThan(before * 4);
  await expect(grid).toBeVisible();
  // A line each pixel of the video.
  const cell = await grid.evaluate((element) => Number.parseFloat(getComputedStyle(element).backgroundSize));
  expect(cell).toBeCloseTo((await zoom()) / 100, 0);
  await fingers(240, 40);
  await expect.poll(zoom).toBeLessThan(before * 1.5);
  // Two fingers are no click.
  expect((await masklet.call('history')).steps.at(-1)?.action).toBe('candidate');
});
