/** The editor's states: nothing for axe to find, repairs that only the eye and the export see, many objects. */
import { AxeBuilder } from '@axe-core/playwright';
import { decode } from 'fast-png';
import { unzipSync } from 'fflate';
import { expect, fixtureJson, test, type MaskletPage } from '../fixtures/masklet-page';
import { pixelsOf, type Rle } from '../fixtures/rle';

type Truth = { objects: { counts: number[][] }[] };
const truth = fixtureJson<Truth>('media/shapes.json');
const truthOf = (object: number, frame: number): Rle => ({
  width: 320,
  height: 240,
  counts: truth.objects[object]!.counts[frame]!,
});

async function expectNoViolations({ page }: MaskletPage, state: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
    .analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  // Softly: every state is looked at.
  expect.soft(found, state).toEqual([]);
}

test('axe finds nothing, in both themes, wide and narrow', async ({ masklet }) => {
  const { page } = masklet;
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await masklet.open();
  await expectNoViolations(masklet, 'first screen');
  await masklet.openMedia('shapes.mp4');
  const object = await masklet.call('addObject', 'Disc');
  await masklet.call('prompt', { object, frame: 0, points: [{ x: 100, y: 110, label: 1 }] });
  await masklet.call('track', { to: 6 });
  await masklet.call('prompt', { object, frame: 3, points: [{ x: 5, y: 5, label: 0 }] });
  await masklet.call('lock', object, 5);
  await page.keyboard.press('m');
  for (const scheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await expectNoViolations(masklet, `editor, ${scheme}`);
  }
  for (const comparison of ['Picture', 'Before']) {
    await page.keyboard.press('y');
    await expect(page.getByTestId('stage').getByText(comparison, { exact: true })).toBeVisible();
    await expectNoViolations(masklet, `comparison, ${comparison}`);
  }
  await page.keyboard.press('y');
  for (const menu of [
    'History',
    'How masks are shown',
    'More ways to track',
    'Speed, loop, in and out',
    'Masks of all objects',
    'Export',
  ]) {
    await page.getByRole('button', { name: menu }).click();
    await expect(page.getByRole('dialog', { name: menu === 'Export' ? 'Export masks' : menu })).toBeVisible();
    await expectNoViolations(masklet, menu);
    await page.keyboard.press('Escape');
  }
  await page.getByRole('button', { name: /^Disc,/ }).hover();
  await page.getByRole('button', { name: 'More about Disc' }).click();
  await expectNoViolations(masklet, 'object menu');
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await expectNoViolations(masklet, 'keys');
  await page.keyboard.press('Escape');
  await page.setViewportSize({ width: 390, height: 844 });
  await expectNoViolations(masklet, 'narrow');
});

test('repairs change what is seen and saved, not what is tracked; undo takes them back', async ({ masklet }) => {
  const { page } = masklet;
  await masklet.open();
  await masklet.openMedia('shapes.mp4');
  await masklet.modelReady();
  const object = await masklet.call('addObject', 'Disc');
  await masklet.call('prompt', { object, frame: 0, mask: truthOf(0, 0) });
  const area = async () => pixelsOf((await masklet.call('mask', object, 0))!).reduce((sum, pixel) => sum + pixel, 0);
  const plain = await area();
  await masklet.call('cleanUp', object, { growPx: 4 });
  expect(await area()).toBeGreaterThan(plain);
  await masklet.call('cleanUp', object, { growPx: -4 });
  expect(await area()).toBeLessThan(plain);
  await expect(masklet.call('cleanUp', object, { growPx: 400 })).rejects.toMatchObject({ code: 'invalid-argument' });
  await page.keyboard.press('Control+z');
  await expect.poll(area).toBe(plain);
  // A stroke edits the mask itself, not its repaired picture.
  await masklet.call('cleanUp', object, { growPx: 6 });
  await page.keyboard.press('m');
  const stage = (await page.getByTestId('stage').locator('canvas').first().boundingBox())!;
  await page.mouse.click(stage.x + stage.width - 20, stage.y + 20);
  await expect.poll(async () => (await masklet.call('history')).steps.at(-1)?.action).toBe('mask');
  await expect.poll(area).toBeGreaterThan(plain);
  await masklet.call('cleanUp', object, null);
  const painted = pixelsOf((await masklet.call('mask', object, 0))!);
  const before = pixelsOf(truthOf(0, 0));
  // Nothing but the dab was added.
  expect(before.every((pixel, at) => pixel === 0 || painted[at] === 1)).toBe(true);
  expect(painted.findIndex((pixel, at) => pixel === 1 && before[at] === 0 && at % 320 < 250)).toBe(-1);
});

test('a feather is seen and saved as a soft matte; masks stay yes or no, and apart if they are told to', async ({
  masklet,
}) => {
  const { page } = masklet;
  await masklet.open();
  await masklet.openMedia('shapes.mp4');
  await masklet.modelReady();
  const disc = await masklet.call('addObject', 'Disc');
  await masklet.call('prompt', { object: disc, frame: 0, mask: truthOf(0, 0) });
  const plain = await masklet.call('mask', disc, 0);
  const slider = page.getByRole('slider', { name: 'Feather' });
  await slider.focus();
  for (let n = 0; n < 6; n++) await page.keyboard.press('ArrowRight');
  expect(await masklet.call('mask', disc, 0)).toEqual(plain);
  const picture = async (format: 'png-zip' | 'matte-zip') => {
    const files = unzipSync(await masklet.exportZip(format));
    return decode(files['001_disc/00000.png']!).data;
  };
  const mask = await picture('png-zip');
  expect(new Set(mask)).toEqual(new Set([0, 255]));
  const matte = await picture('matte-zip');
  expect(new Set(matte).size).toBeGreaterThan(20);
  // Six pixels to each side and no further: what is uniform around is whole, or not there.
  const pixels = pixelsOf(truthOf(0, 0));
  for (let y = 6; y < 234; y++) {
    for (let x = 6; x < 314; x++) {
      const around = [-6, 0, 6].flatMap((dy) => [-6, 0, 6].map((dx) => pixels[(y + dy) * 320 + x + dx]!));
      const isFar = around.every((pixel) => pixel === around[0]);
      const value = matte[y * 320 + x];
      if (isFar && value !== around[0]! * 255) throw new Error(`${x}, ${y} is ${value}`);
    }
  }

  // Two that overlap by their repairs are kept apart; the setting lets them overlap, and undo parts them again.
  const other = await masklet.call('addObject', 'Half');
  await masklet.call('prompt', {
    object: other,
    frame: 0,
    mask: { width: 320, height: 240, counts: [160 * 240, 160 * 240] },
  });
  const shared = async () => {
    const [a, b] = await Promise.all([disc, other].map(async (id) => pixelsOf((await masklet.call('mask', id, 0))!)));
    return a!.reduce((sum, pixel, at) => sum + (pixel & b![at]!), 0);
  };
  await masklet.call('cleanUp', disc, { growPx: 40 });
  await masklet.call('cleanUp', other, { growPx: 40 });
  expect(await shared()).toBe(0);
  await page.getByRole('button', { name: 'Masks of all objects' }).click();
  await page.getByRole('switch', { name: 'One object a pixel' }).click();
  await expect.poll(shared).toBeGreaterThan(0);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+z');
  await expect.poll(shared).toBe(0);
});

test('thirty-two objects: colours apart, solo, order, lock, delete and undo', async ({ masklet }) => {
  const { page } = masklet;
  await masklet.open();
  await masklet.openMedia('shapes.mp4');
  await masklet.modelReady();
  for (let n = 0; n < 32; n++) {
    const id = await masklet.call('addObject', `Thing ${n + 1}`);
    const counts = [n * 2000, 1500, 320 * 240 - n * 2000 - 1500];
    await masklet.call('prompt', { object: id, frame: 0, mask: { width: 320, height: 240, counts } });
  }
  const names = async () => (await masklet.call('status')).objects.map(({ name }) => name);
  expect(await names()).toHaveLength(32);
  const row = page.getByRole('button', { name: /^Thing 5,/ });
  await row.focus();
  await page.keyboard.press('Alt+ArrowUp');
  await expect.poll(async () => (await names()).indexOf('Thing 5')).toBe(3);
  await row.click();
  await page.getByRole('radio', { name: 'Colour 3', exact: true }).click();
  await page.getByRole('button', { name: 'Solo' }).click();
  await expect(page.getByRole('button', { name: /^Show Thing/ })).toHaveCount(31);
  await page.getByRole('button', { name: 'Delete Thing 5' }).click();
  await expect.poll(names).toHaveLength(31);
  for (let n = 0; n < 4; n++) await page.keyboard.press('Control+z');
  await expect.poll(async () => (await names()).indexOf('Thing 5')).toBe(4);
  await expect(page.getByRole('button', { name: /^Show Thing/ })).toHaveCount(0);
  expect(await masklet.call('mask', 5, 0)).not.toBeNull();
  await row.hover();
  await page.getByRole('button', { name: /^Lock Thing 5/ }).click();
  const code = await masklet
    .call('prompt', { object: 5, frame: 0, points: [{ x: 1, y: 1, label: 1 }] })
    .catch((error: { code: string }) => error.code);
  expect(code).toBe('invalid-argument');
});
