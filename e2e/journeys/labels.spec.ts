/** Labels out and in again: what a person saves in one session is theirs in the next. */
import { en } from '../../app/messages/en';
import { expect, test, type MaskletPage } from '../fixtures/masklet-page';

async function masksOf(masklet: MaskletPage, frames: readonly number[]): Promise<Record<string, number[] | null>> {
  const { objects } = await masklet.call('status');
  const masks: Record<string, number[] | null> = {};
  for (const { id, name } of objects) {
    for (const frame of frames) masks[`${name} ${frame}`] = (await masklet.call('mask', id, frame))?.counts ?? null;
  }
  return masks;
}

test('masks are saved in a format of labels, and imported into the same video', async ({ page, masklet }) => {
  await masklet.open();
  await masklet.openMedia('shapes.mp4');
  const disc = await masklet.call('addObject', 'Disc');
  await masklet.call('prompt', { object: disc, frame: 0, points: [{ x: 100, y: 110, label: 1 }] });
  await masklet.call('setCategory', disc, 'ball');
  const square = await masklet.call('addObject', 'Square');
  await masklet.call('prompt', { object: square, frame: 0, box: [150, 90, 230, 170] });
  await masklet.call('track', { to: 2 });
  const frames = [0, 1, 2];
  const before = await masksOf(masklet, frames);
  expect(Object.keys(before)).toHaveLength(6);
  const files = [
    { name: 'shapes-coco.json', mimeType: 'application/json', buffer: Buffer.from(await masklet.exportZip('coco')) },
    { name: 'shapes-masks.zip', mimeType: 'application/zip', buffer: Buffer.from(await masklet.exportZip('png-zip')) },
  ];

  for (const file of files) {
    await masklet.openMedia('shapes.mp4');
    await page.getByRole('button', { name: en.exporting.button, exact: true }).click();
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: en.importing.button }).click();
    await (await chooser).setFiles(file);
    await expect(page.getByText(en.importing.done(2, 6))).toBeVisible({ timeout: 120_000 });
    expect(await masksOf(masklet, frames)).toEqual(before);
    await page.keyboard.press('Escape');
    expect((await masklet.call('history')).steps.map(({ action }) => action)).toEqual(['import']);
    expect(await masklet.call('undo')).toBe(true);
    expect((await masklet.call('status')).objects).toEqual([]);
  }

  // A damaged file is told by its place, and nothing has changed.
  await page.getByRole('button', { name: en.exporting.button, exact: true }).click();
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: en.importing.button }).click();
  await (await chooser).setFiles({ ...files[0]!, buffer: files[0]!.buffer.subarray(0, 900) });
  await expect(page.getByRole('alert')).toContainText('shapes-coco.json');
  expect((await masklet.call('status')).objects).toEqual([]);
});
