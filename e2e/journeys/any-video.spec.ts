/** Whatever a video comes as: a folder of pictures, an archive, a part of a clip; and what exports call its frames. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encode } from 'fast-png';
import { unzipSync, zipSync } from 'fflate';
import { expect, mediaFile, test, type MaskletPage } from '../fixtures/masklet-page';
import { numberedFrame } from '../media/make/numbered-frame.mjs';

const picture = (number: number) =>
  encode({ width: 128, height: 96, channels: 3, data: new Uint8Array(numberedFrame(number, 128, 96)) });

/** Every fifth frame, in the layout of a data set that has masks beside its pictures. */
const dataSet: Record<string, Uint8Array> = Object.fromEntries(
  [10, 15, 20, 25].flatMap((number) => {
    const name = String(number).padStart(5, '0');
    return [
      [`set/JPEGImages_30fps/disc/${name}.png`, picture(number)],
      [`set/Annotations/disc/${name}.png`, picture(0)],
    ];
  }),
);

async function exported(masklet: MaskletPage) {
  const files = unzipSync(await masklet.exportZip());
  const { video, objects } = JSON.parse(new TextDecoder().decode(files['masklet.json']));
  return { names: Object.keys(files).filter((name) => name.endsWith('.png')), video, objects };
}

test('a folder of pictures opens as a video, and its masks are called as its pictures are', async ({ masklet }) => {
  const { page } = masklet;
  await masklet.open();
  const folder = mkdtempSync(join(tmpdir(), 'data-set-'));
  for (const [path, bytes] of Object.entries(dataSet)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Folder of pictures' }).click(),
  ]);
  await chooser.setFiles(join(folder, 'set'));
  await expect(page.getByTestId('stage')).toBeVisible();
  expect(await masklet.call('status')).toMatchObject({ frameCount: 4, size: { width: 128, height: 96 } });
  await expect(page.getByRole('button', { name: 'set', exact: true })).toBeVisible();

  const object = await masklet.call('addObject', 'Disc');
  await masklet.call('prompt', { object, frame: 1, points: [{ x: 64, y: 70, label: 1 }] });
  await masklet.call('track', { direction: 'both' });
  const { names, video, objects } = await exported(masklet);
  expect(names).toEqual(['00010', '00015', '00020', '00025'].map((name) => `00${object}_disc/${name}.png`));
  expect(video).toMatchObject({ sourceFrames: [10, 15, 20, 25], timestampsUs: [0, 166_667, 333_333, 500_000] });
  expect(objects[0]).toMatchObject({ frames: [10, 15, 20, 25], prompts: [{ frame: 15 }] });
});

test('scripts open archives and lists of files, and a drop may hold several', async ({ masklet }) => {
  const { page } = masklet;
  await masklet.open();
  expect(await masklet.openBytes(Buffer.from(zipSync(dataSet)), 'set.zip')).toMatchObject({
    frameCount: 4,
    sourceFrames: [10, 15, 20, 25],
  });
  const several = Object.fromEntries(
    ['bear', 'bus', 'car'].flatMap((name, n) =>
      Array.from({ length: n + 1 }, (_, number) => [`JPEGImages/${name}/${number}.png`, picture(number)]),
    ),
  );
  const first = await masklet.openBytes(Buffer.from(zipSync(several)), 'three.zip');
  expect(first).toMatchObject({ name: 'bear', frameCount: 1, part: 0 });
  expect(first.parts).toContainEqual({ name: 'car', size: null, frameCount: 3 });

  // The others are chosen by keyboard.
  await page.getByRole('button', { name: 'Video 1 of 3: choose another' }).press('Enter');
  const menu = page.getByRole('dialog', { name: 'Videos in this source' });
  await expect(menu.getByRole('button', { name: /bear/ })).toHaveAttribute('aria-current', 'true');
  await menu.getByRole('button', { name: /car/ }).press('Enter');
  await expect(page.getByRole('button', { name: 'Video 3 of 3: choose another' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'car', exact: true })).toBeVisible();
  expect(await masklet.call('status')).toMatchObject({ frameCount: 3 });

  const pictures = [3, 1, 2].map((number) => Buffer.from(picture(number)).toString('base64'));
  const opened = await page.evaluate(async (contents) => {
    const files = contents.map((base64, n) => {
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      return new File([bytes], `frame-${[3, 1, 2][n]}.png`);
    });
    const dropped = new DataTransfer();
    const { frameCount, sourceFrames } = await window.masklet.open(files);
    for (const file of files.slice(1)) dropped.items.add(file);
    window.dispatchEvent(new DragEvent('drop', { dataTransfer: dropped, cancelable: true }));
    return { frameCount, sourceFrames };
  }, pictures);
  expect(opened).toEqual({ frameCount: 3, sourceFrames: [1, 2, 3] });
  await expect.poll(async () => (await masklet.call('status')).frameCount).toBe(2);
});

test('a part of a clip is worked on, and its masks fit the whole clip', async ({ masklet }) => {
  const { page } = masklet;
  await masklet.open();
  await masklet.openMedia('shapes.mp4');
  await page.getByRole('button', { name: 'Frames to work on' }).click();
  const panel = page.getByRole('dialog', { name: 'Frames to work on' });
  await panel.getByLabel('From frame').fill('10');
  await panel.getByLabel('To frame').fill('99');
  await expect(panel.getByRole('status')).toHaveText('Frames are 0 to 39.');
  await expect(panel.getByRole('button', { name: 'Open these' })).toBeDisabled();
  await panel.getByLabel('To frame').fill('30');
  await panel.getByLabel('Every … frames').fill('4');
  await expect(panel.getByRole('status')).toHaveText('6 of 40 frames');
  await panel.getByLabel('Every … frames').press('Enter');
  await expect.poll(async () => (await masklet.call('status')).frameCount).toBe(6);
  await expect(panel).toBeHidden();

  const object = await masklet.call('addObject', 'Disc');
  await masklet.call('prompt', { object, frame: 0, points: [{ x: 70, y: 95, label: 1 }] });
  await masklet.call('track');
  const { names, video } = await exported(masklet);
  expect(names).toEqual([10, 14, 18, 22, 26, 30].map((n) => `00${object}_disc/000${n}.png`));
  expect(video.timestampsUs[0]).toBe(400_000);

  const every = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const opened = await window.masklet.open(new File([bytes], 'moving.gif'), { from: 2, stride: 10 });
    const wrong = await window.masklet.open(new File([bytes], 'moving.gif'), { from: 24 }).catch((error) => error.code);
    return { ...opened, wrong };
  }, mediaFile('moving.gif').toString('base64'));
  expect(every).toMatchObject({
    frameCount: 3,
    sourceFrames: [2, 12, 22],
    sourceFrameCount: 24,
    sourceStartUs: 160_000,
    wrong: 'frame-out-of-range',
  });
});
