/** The page as somebody meets it who has not seen it before: what goes wrong must lose nothing, and say what to do. */
import { expect, fixtureJson, mediaFile, test, type MaskletPage } from '../fixtures/masklet-page';
import { insidePoint, iou, type Rle } from '../fixtures/rle';

type Truth = { objects: { counts: number[][] }[] };
const truth = fixtureJson<Truth>('media/shapes.json');
const truthOf = (object: number, frame: number): Rle => ({
  width: 320,
  height: 240,
  counts: truth.objects[object]!.counts[frame]!,
});

async function clickFrame({ page }: MaskletPage, at: { x: number; y: number }, button: 'left' | 'right' = 'left') {
  const box = (await page.getByTestId('stage').locator('canvas').first().boundingBox())!;
  const [x, y] = [box.x + ((at.x + 0.5) / 320) * box.width, box.y + ((at.y + 0.5) / 240) * box.height];
  await page.mouse.click(x, y, { button });
}

async function openShapes(masklet: MaskletPage): Promise<void> {
  await masklet.open();
  await masklet.openMedia('shapes.mp4');
  await masklet.modelReady();
}

async function drop({ page }: MaskletPage, name: string): Promise<void> {
  await page.evaluate(
    ([base64, fileName]) => {
      const transfer = new DataTransfer();
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      transfer.items.add(new File([bytes], fileName));
      window.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
    },
    [mediaFile(name).toString('base64'), name] as const,
  );
}

test('a part that does not come says so, is fetched again, and takes nothing with it', async ({ masklet }) => {
  const { page } = masklet;
  let isCut = true;
  let asked = 0;
  await page.route(/\/assets\/ModelsSheet-[^/]*\.js/, (route) => {
    asked++;
    return isCut ? route.abort() : route.continue();
  });
  await openShapes(masklet);
  const object = await masklet.call('addObject', 'Disc');
  await masklet.call('prompt', { object, frame: 0, mask: truthOf(0, 0) });
  const openModels = async () => {
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Commands' }).fill('better');
    await page.keyboard.press('Enter');
  };
  await openModels();
  const notice = page.getByRole('alert').filter({ hasText: 'could not be fetched' });
  await expect(notice).toBeVisible();
  // The rest goes on.
  expect(await masklet.call('mask', object, 0)).not.toBeNull();
  await notice.getByRole('button', { name: 'Try again' }).click();
  await expect(notice.getByRole('button', { name: 'Reload the page' })).toBeVisible();
  isCut = false;
  const before = asked;
  await notice.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('dialog', { name: 'Models' })).toBeVisible();
  expect(asked).toBeGreaterThan(before);
  await expect(page.getByText('Best for this machine')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  expect((await masklet.call('status')).objects).toHaveLength(1);
});

test('nothing that was not saved is lost without a question, where the browser keeps nothing', async ({ masklet }) => {
  const { page } = masklet;
  // As where sites may not store anything.
  await page.addInitScript(() => Reflect.deleteProperty(StorageManager.prototype, 'getDirectory'));
  await openShapes(masklet);
  const name = async () =>
    page
      .getByRole('button', { name: /shapes|h264/ })
      .first()
      .textContent();
  // Nothing was done: nothing is asked.
  await drop(masklet, 'shapes.mp4');
  await expect(page.getByRole('alertdialog')).toHaveCount(0);
  // A click that comes before the other video would go with this one.
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
  await clickFrame(masklet, insidePoint(truthOf(0, 0)));
  await expect.poll(() => masklet.hasMask(1, 0), { timeout: 60_000 }).toBe(true);
  const mask = await masklet.call('mask', 1, 0);

  await drop(masklet, 'shapes.mp4');
  const question = page.getByRole('alertdialog');
  await expect(question).toBeVisible();
  // By keyboard: what has the focus keeps the work, and so does Escape.
  await page.keyboard.press('Enter');
  await expect(question).toHaveCount(0);
  await drop(masklet, 'shapes.mp4');
  await expect(question).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(question).toHaveCount(0);
  expect(await masklet.call('mask', 1, 0)).toEqual(mask);

  // Leaving the page is asked by the browser.
  const asked = page.waitForEvent('dialog');
  await page.evaluate(() => void setTimeout(() => location.reload()));
  const dialog = await asked;
  expect(dialog.type()).toBe('beforeunload');
  await dialog.dismiss();
  expect(await masklet.call('mask', 1, 0)).toEqual(mask);

  // Saved first: then it opens.
  await drop(masklet, 'shapes.mp4');
  const download = page.waitForEvent('download');
  await question.getByRole('button', { name: 'Save the masks, then open' }).click();
  expect((await download).suggestedFilename()).toMatch(/zip$/);
  await expect.poll(async () => (await masklet.call('status')).objects).toEqual([]);
  expect(await name()).toContain('shapes');

  // What was exported is not asked about; scripts never are.
  await clickFrame(masklet, insidePoint(truthOf(0, 0)));
  await expect.poll(async () => (await masklet.call('status')).objects.length).toBe(1);
  const { id } = (await masklet.call('status')).objects[0]!;
  await expect.poll(() => masklet.hasMask(id, 0), { timeout: 60_000 }).toBe(true);
  await masklet.exportZip();
  await drop(masklet, 'shapes.mp4');
  await expect.poll(async () => (await masklet.call('status')).objects).toEqual([]);
  await expect(question).toHaveCount(0);
});

test('a click refines what was painted; a click that does nothing says so; every tool has its hint', async ({
  masklet,
}) => {
  const { page } = masklet;
  await openShapes(masklet);
  const object = await masklet.call('addObject', 'Disc');
  const painted = truthOf(0, 0);
  await masklet.call('prompt', { object, frame: 0, mask: painted });
  const before = (await masklet.call('mask', object, 0))!;
  await clickFrame(masklet, insidePoint(painted));
  await expect.poll(async () => (await masklet.call('history')).steps.at(-1)?.action).toBe('add-point');
  await expect(page.getByText('Mask', { exact: true })).toBeVisible();
  await expect.poll(async () => JSON.stringify(await masklet.call('mask', object, 0))).not.toBe(JSON.stringify(before));
  const refined = (await masklet.call('mask', object, 0))!;
  console.log(`a click on what was painted: IoU ${iou(refined, before).toFixed(3)}`);
  expect(iou(refined, before)).toBeGreaterThan(0.8);
  await page.keyboard.press('Control+z');
  await expect.poll(() => masklet.call('mask', object, 0)).toEqual(before);
  await page.keyboard.press('Control+Shift+z');
  await expect.poll(() => masklet.call('mask', object, 0)).toEqual(refined);
  await page.keyboard.press('Control+z');

  // Far outside of the object.
  await clickFrame(masklet, { x: 5, y: 235 }, 'right');
  const answer = page.getByRole('status').filter({ hasText: /changed nothing|keeps this spot/ });
  const steps = (await masklet.call('history')).steps.length;
  if (await answer.isVisible()) {
    await answer.getByRole('button', { name: 'Undo the click' }).click();
    await expect.poll(async () => (await masklet.call('history')).position).toBeLessThan(steps);
  }

  const hint = (text: RegExp) => expect(page.getByText(text).last()).toBeVisible();
  await page.keyboard.press('b');
  await hint(/Drag the box by its edges/);
  await page.keyboard.press('m');
  await hint(/Paint the object/);
  await page.keyboard.press('e');
  await hint(/Paint over what does not belong/);
  await page.keyboard.press('a');
  await hint(/Draw around the object/);
  await page.keyboard.press('n');
  await page.keyboard.press('b');
  await hint(/Drag a box around/);
  // The other button takes away, as with the point tool: without an object that is explained.
  await clickFrame(masklet, { x: 100, y: 100 }, 'right');
  await hint(/First|Click the object first/);
});

test('the menu of a row stays with it, and the panel holds the rest', async ({ masklet }) => {
  const { page } = masklet;
  await openShapes(masklet);
  const object = await masklet.call('addObject', 'Disc');
  await masklet.call('prompt', { object, frame: 0, mask: truthOf(0, 0) });
  await page.getByRole('button', { name: /^Disc,/ }).hover();
  await page.getByRole('button', { name: 'More about Disc' }).click();
  const menu = page.getByRole('dialog', { name: 'More about Disc' });
  // It has come to rest.
  await menu.evaluate((element) =>
    Promise.all(element.getAnimations({ subtree: true }).map(({ finished }) => finished)),
  );
  const before = await menu.boundingBox();
  await page.mouse.move(300, 400);
  await page.mouse.move(310, 420);
  const after = await menu.boundingBox();
  expect(Math.abs(after!.x - before!.x) + Math.abs(after!.y - before!.y)).toBeLessThan(4);
  await page.keyboard.press('Escape');
  const panel = page.getByRole('region', { name: 'Properties of Disc' });
  await panel.getByLabel('Name').fill('Moon');
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await masklet.call('status')).objects[0]!.name).toBe('Moon');
  await page.getByRole('radio', { name: 'Colour 3', exact: true }).click();
  await page.getByRole('slider', { name: 'Opacity' }).press('ArrowLeft');
  await page.getByRole('slider', { name: 'Feather' }).press('ArrowRight');
  expect((await masklet.call('history')).steps.slice(-4).map(({ action }) => action)).toEqual([
    'rename',
    'recolor',
    'opacity',
    'clean-up',
  ]);
  // The palette finds it by any word.
  await page.keyboard.press('Control+k');
  for (const [word, command] of [
    ['feather', 'Feather the edges'],
    ['export', 'Export…'],
    ['load', 'Open a video'],
    ['quality', 'Models…'],
    ['language', 'Language: Deutsch'],
  ] as const) {
    await page.getByRole('combobox', { name: 'Commands' }).fill(word);
    await expect(page.getByRole('option', { name: command })).toBeVisible();
  }
  await page.keyboard.press('Escape');
});

test('a run says what it did and comes back; what was stopped says how far it came', async ({ masklet }) => {
  const { page } = masklet;
  await openShapes(masklet);
  const object = await masklet.call('addObject', 'Disc');
  await masklet.call('prompt', { object, frame: 3, mask: truthOf(0, 3) });
  await masklet.call('seek', 3);
  await page.getByTestId('stage').focus();
  await page.keyboard.press('>');
  await masklet.idle();
  await expect(page.getByRole('button', { name: /^Disc, masks on 2 of 40 frames$/ })).toBeVisible();
  await masklet.call('seek', 3);
  await page.keyboard.press('t');
  await expect.poll(async () => (await masklet.call('status')).isTracking).toBe(true);
  await masklet.idle();
  await expect.poll(async () => (await masklet.call('status')).frame).toBe(3);
  await expect(page.getByText(/^Tracked \d+ frames[^.]*$/)).toBeVisible();
  await expect(page.getByRole('button', { name: /^Disc, tracked$/ })).toBeVisible();
  // The comparison is left by Escape.
  await page.keyboard.press('y');
  await expect(page.getByRole('separator', { name: 'Divider of the comparison' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('separator', { name: 'Divider of the comparison' })).toHaveCount(0);
});

test('ONNX Runtime that did not start is started afresh; the sample waits to be asked for', async ({ masklet }) => {
  const { page } = masklet;
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  let isCut = true;
  await page.route(/ort-wasm[^/]*\.wasm/, (route) => (isCut ? route.abort() : route.continue()));
  await masklet.open();
  await masklet.openMedia('shapes.mp4');
  await expect(page.getByText(/ONNX Runtime, which runs the models, could not be started/)).toBeVisible();
  // A click meanwhile leaves no empty object behind.
  await clickFrame(masklet, insidePoint(truthOf(0, 0)));
  await expect.poll(async () => (await masklet.call('status')).objects).toEqual([]);
  expect((await masklet.call('history')).steps).toEqual([]);
  isCut = false;
  await page.getByRole('button', { name: 'Load again' }).first().click();
  await masklet.modelReady();
  await clickFrame(masklet, insidePoint(truthOf(0, 0)));
  await expect.poll(async () => (await masklet.call('status')).objects.length).toBe(1);
  const { id } = (await masklet.call('status')).objects[0]!;
  await expect.poll(() => masklet.hasMask(id, 0), { timeout: 60_000 }).toBe(true);
  expect(asked.filter((url) => url.includes('balloons.mp4'))).toEqual([]);
});
