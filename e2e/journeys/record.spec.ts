/** From a live source to masks: recorded, followed while it is, and opened with every mask on the frame it was made of. */
import { AxeBuilder } from '@axe-core/playwright';
import { chromiumArgs, findChromium } from '../../scripts/chromium.mjs';
import { expect, test, type MaskletPage } from '../fixtures/masklet-page';
import { cameraSize, discOf, numberOn, useNumberedCamera } from '../fixtures/numbered-camera';
import { pixelsOf } from '../fixtures/rle';

const executablePath = findChromium();
test.use({
  launchOptions: {
    ...(executablePath ? { executablePath } : {}),
    args: [...chromiumArgs, '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
  },
});

const panel = ({ page }: MaskletPage, name: string) => page.getByRole('dialog', { name });
const liveCanvas = '[data-testid="live-stage"] canvas';
const shownCanvas = '[data-testid="stage"] canvas';

const recordedFrames = async (masklet: MaskletPage, name: string) => {
  const text = await panel(masklet, name)
    .getByText(/^[\d,]+ frames?$/)
    .textContent();
  return Number.parseInt(text!.replaceAll(',', ''), 10);
};

async function stop(masklet: MaskletPage, name: string): Promise<void> {
  const sheet = panel(masklet, name);
  await sheet.getByRole('button', { name: 'Stop and open' }).press('Enter');
  await expect(sheet).toBeHidden({ timeout: 60_000 });
  await expect(masklet.page.getByTestId('stage')).toBeVisible();
}

/** Records until enough frames came, as the panel counts them. */
async function recordSome(masklet: MaskletPage, name: string, frames: number): Promise<void> {
  await expect(panel(masklet, name).getByText('Recording', { exact: true })).toBeVisible();
  await expect.poll(() => recordedFrames(masklet, name), { timeout: 90_000 }).toBeGreaterThan(frames);
  await stop(masklet, name);
}

async function expectAccessible({ page }: MaskletPage): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
}

/** Middle of a mask, px. */
function middleOf(rle: Parameters<typeof pixelsOf>[0]): { x: number; y: number } {
  let [x, y, area] = [0, 0, 0];
  pixelsOf(rle).forEach((inside, n) => {
    if (inside === 0) return;
    x += n % rle.width;
    y += Math.floor(n / rle.width);
    area++;
  });
  return { x: x / area, y: y / area };
}

async function clickDisc({ page }: MaskletPage): Promise<void> {
  const stage = page.getByTestId('live-stage');
  const { number } = await numberOn(page, liveCanvas);
  const { width, height } = (await stage.boundingBox())!;
  const { x, y } = discOf(number + 2);
  await stage.click({ position: { x: (x * width) / cameraSize.width, y: (y * height) / cameraSize.height } });
}

test('an object is followed while it is recorded, and every mask lies on the frame it was made of', async ({
  masklet,
}) => {
  test.setTimeout(600_000);
  const { page } = masklet;
  await useNumberedCamera(page);
  await masklet.open();
  await masklet.modelReady();
  await page.getByRole('button', { name: 'Record camera' }).click();
  const sheet = panel(masklet, 'Record camera');
  await expect(sheet.getByText('Click an object to follow it while it is recorded.')).toBeVisible();
  await expect.poll(() => recordedFrames(masklet, 'Record camera')).toBeGreaterThan(5);
  await clickDisc(masklet);
  await expect(sheet.getByRole('button', { name: 'Object 1', exact: true })).toHaveAttribute('aria-pressed', 'true');
  const figure = sheet.getByText(/^tracked \d+ of \d+ frames$/);
  await expect(figure).toBeVisible();
  await expectAccessible(masklet);

  // What is shown has its number already.
  const shown = new Map<number, number>();
  const tracked = async () =>
    /tracked (\d+) of (\d+)/
      .exec((await figure.textContent())!)!
      .slice(1)
      .map(Number);
  await expect
    .poll(
      async () => {
        const { frame, number } = await numberOn(page, liveCanvas);
        shown.set(frame, number);
        return shown.size > 4 && (await tracked())[0]! > 5;
      },
      { timeout: 120_000, intervals: [100] },
    )
    .toBe(true);
  await expect(sheet.getByText(/^\d+\.\d a second$/)).toBeVisible();
  const [done, passed] = await tracked();
  expect(passed).toBeGreaterThanOrEqual(done!);
  await stop(masklet, 'Record camera');

  const { frameCount, objects } = await masklet.call('status');
  expect(objects).toMatchObject([{ id: 1, name: 'Object 1' }]);
  const masked: number[] = [];
  for (let frame = 0; frame < frameCount; frame++) if (await masklet.hasMask(1, frame)) masked.push(frame);
  expect(masked.length).toBeGreaterThanOrEqual(done!);
  expect(masked.length).toBeLessThan(frameCount);

  const numberAt = async (frame: number) => {
    await masklet.call('seek', frame);
    await expect.poll(async () => (await masklet.call('status')).frame).toBe(frame);
    return (await numberOn(page, shownCanvas)).number;
  };
  for (const [frame, number] of shown) expect(await numberAt(frame)).toBe(number);
  for (const frame of masked) {
    const mask = await masklet.call('mask', 1, frame);
    const { x, y } = middleOf(mask!);
    const disc = discOf(await numberAt(frame));
    // The disc moves by up to 8 px a frame, so some frames off would show.
    expect.soft(Math.hypot(x - disc.x, y - disc.y), `frame ${frame}`).toBeLessThan(12);
  }

  // One step for all of it; what was passed over is tracked on from what was followed.
  await page.keyboard.press('Control+z');
  await expect.poll(async () => (await masklet.call('status')).objects).toEqual([]);
  await page.keyboard.press('Control+Shift+z');
  await expect.poll(() => masklet.hasMask(1, masked[2]!)).toBe(true);
  const before = masked.find((frame, n) => masked[n + 1]! > frame + 1)!;
  const between = before + 1;
  await masklet.call('track', { objects: [1], from: between, to: between });
  const { x, y } = middleOf((await masklet.call('mask', 1, between))!);
  const disc = discOf(await numberAt(between));
  expect(Math.hypot(x - disc.x, y - disc.y)).toBeLessThan(12);
});

test('by keyboard: a crosshair, a point, another object, and back; the source ends by itself', async ({ masklet }) => {
  const { page } = masklet;
  await useNumberedCamera(page);
  await masklet.open();
  await masklet.modelReady();
  await page.getByRole('button', { name: 'Record screen' }).press('Enter');
  const sheet = panel(masklet, 'Record screen');
  await expect(sheet.getByRole('button', { name: 'Stop and open' })).toBeFocused();
  await expect.poll(() => recordedFrames(masklet, 'Record screen')).toBeGreaterThan(2);
  // A stray key or click loses nothing.
  await page.keyboard.press('Escape');
  await page.mouse.click(5, 5);
  await expect(sheet).toBeVisible();
  await sheet.getByRole('button', { name: 'Stop and open' }).focus();
  await page.keyboard.press('Shift+Tab');
  await expect(sheet.getByRole('button', { name: 'New object' })).toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await expect(page.getByTestId('live-stage')).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Shift+Enter');
  await expect(sheet.getByText('First click what belongs to the object.')).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(sheet.getByRole('button', { name: 'Object 1', exact: true })).toBeVisible();
  await page.keyboard.press('n');
  await expect(sheet.getByText('Click the next object.')).toBeVisible();
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('Enter');
  await expect(sheet.getByRole('button', { name: 'Object 2', exact: true })).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('1');
  await expect(sheet.getByRole('button', { name: 'Object 1', exact: true })).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('Control+z');
  await expect(sheet.getByRole('button', { name: 'Object 2', exact: true })).toBeHidden();
  await expect(sheet.getByText(/^tracked \d+ of/)).toBeVisible();
  // As when sharing is ended by the browser's own bar.
  await page.evaluate(() => {
    const track = Reflect.get(window, 'cameraTrack') as MediaStreamTrack;
    track.stop();
    track.dispatchEvent(new Event('ended'));
  });
  await expect(sheet).toBeHidden({ timeout: 60_000 });
  expect((await masklet.call('status')).objects).toHaveLength(1);
});

test('a camera is recorded, opened, sought and clicked; a screen takes its place and is saved', async ({ masklet }) => {
  const { page } = masklet;
  await masklet.open();
  await masklet.modelReady();
  await page.getByRole('button', { name: 'Record camera' }).click();
  await recordSome(masklet, 'Record camera', 30);
  await expect(page.getByRole('button', { name: /^camera .*\.mp4$/ })).toBeVisible();
  // Every frame, from anywhere.
  const { frameCount, size, objects } = await masklet.call('status');
  expect(frameCount).toBeGreaterThan(30);
  expect(objects).toEqual([]);
  for (const frame of [frameCount - 1, 0, Math.floor(frameCount / 2), 1]) {
    await masklet.call('seek', frame);
    expect((await masklet.call('status')).frame).toBe(frame);
  }
  // What came is said beside what was kept.
  await expect(page.getByText(new RegExp(`^${frameCount} of \\d+ captured frames$`))).toBeVisible();
  const object = await masklet.call('addObject');
  const { area } = await masklet.call('prompt', {
    object,
    frame: 5,
    points: [{ x: size!.width / 2, y: size!.height / 2, label: 1 }],
  });
  expect(area).toBeGreaterThan(0);

  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Commands' }).fill('record screen');
  await page.keyboard.press('Enter');
  // There is an object that nobody saved.
  await page.getByRole('alertdialog').getByRole('button', { name: 'Open without saving' }).click();
  await expect(panel(masklet, 'Record screen').getByText('takes the place of the open video')).toBeVisible();
  await recordSome(masklet, 'Record screen', 10);
  expect((await masklet.call('status')).objects).toEqual([]);

  await page.getByRole('button', { name: 'Record', exact: true }).click();
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save the recording' }).click(),
  ]);
  expect(saved.suggestedFilename()).toMatch(/^screen .*\.mp4$/);
});

test('what can not be recorded is said, with a way on, and the camera and the disk are given back', async ({
  masklet,
}) => {
  const { page } = masklet;
  await page.addInitScript(() => {
    const { mediaDevices } = navigator;
    const ask = mediaDevices.getUserMedia.bind(mediaDevices);
    const given: MediaStreamTrack[] = [];
    const refusals = ['NotAllowedError', 'NotFoundError'];
    mediaDevices.getUserMedia = async (constraints) => {
      const refusal = refusals.shift();
      if (refusal) throw new DOMException('', refusal);
      const stream = await ask(constraints);
      given.push(...stream.getTracks());
      return stream;
    };
    Reflect.set(window, 'liveTracks', () => given.filter(({ readyState }) => readyState === 'live').length);
  });
  const liveTracks = () => page.evaluate(() => (Reflect.get(window, 'liveTracks') as () => number)());
  const filesOnDisk = () =>
    page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const names: string[] = [];
      const folder = await root.getDirectoryHandle('recordings', { create: true });
      for await (const name of folder.keys()) names.push(name);
      return names.length;
    });
  await masklet.open();
  await page.getByRole('button', { name: 'Record camera' }).click();
  const sheet = panel(masklet, 'Record camera');
  await expect(sheet.getByRole('alert')).toHaveText(/The camera was not allowed/);
  await expectAccessible(masklet);
  await sheet.getByRole('button', { name: 'Try again' }).click();
  await expect(sheet.getByRole('alert')).toHaveText(/No camera was found/);
  await expect(sheet.getByRole('button', { name: 'Choose a video instead' })).toBeVisible();
  await sheet.getByRole('button', { name: 'Try again' }).click();
  await expect(sheet.getByText('Recording', { exact: true })).toBeVisible();
  expect(await liveTracks()).toBe(1);
  expect(await filesOnDisk()).toBe(1);
  await sheet.getByRole('button', { name: 'Discard the recording' }).click();
  const question = page.getByRole('alertdialog', { name: 'Discard the recording?' });
  await question.getByRole('button', { name: 'Keep recording' }).click();
  expect(await liveTracks()).toBe(1);
  await sheet.getByRole('button', { name: 'Discard the recording' }).click();
  await question.getByRole('button', { name: 'Discard', exact: true }).click();
  await expect(sheet).toBeHidden();
  expect(await liveTracks()).toBe(0);
  await expect.poll(filesOnDisk).toBe(0);
  await expect(page.getByRole('button', { name: 'Choose a video' })).toBeVisible();
});

test('a recording that a page left behind is offered, until it was saved', async ({ masklet }) => {
  const { page } = masklet;
  await useNumberedCamera(page);
  await masklet.open();
  await page.getByRole('button', { name: 'Record camera' }).click();
  await expect.poll(() => recordedFrames(masklet, 'Record camera'), { timeout: 90_000 }).toBeGreaterThan(60);
  // The page asks first; the person insists.
  page.on('dialog', (dialog) => void dialog.accept());
  await page.reload();
  const left = page.getByText(/^The camera recording of .* was not saved\.$/);
  await expect(left).toBeVisible();
  await expectAccessible(masklet);
  await page.getByRole('button', { name: 'Open it' }).click();
  await expect(page.getByTestId('stage')).toBeVisible();
  await expect.poll(async () => (await masklet.call('status')).frameCount).toBeGreaterThan(15);
  const { frameCount } = await masklet.call('status');
  await masklet.call('seek', frameCount - 1);
  expect((await numberOn(page, shownCanvas)).number).toBeGreaterThanOrEqual(frameCount - 1);

  await page.getByRole('button', { name: 'Record', exact: true }).click();
  await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the recording' }).click()]);
  await page.reload();
  await masklet.modelReady();
  await expect(left).toBeHidden();
});

test('where a browser hands over no frames of a track, those painted are recorded', async ({ masklet }) => {
  const { page } = masklet;
  await page.addInitScript(() => Reflect.deleteProperty(window, 'MediaStreamTrackProcessor'));
  await useNumberedCamera(page);
  await masklet.open();
  await masklet.modelReady();
  await page.getByRole('button', { name: 'Record camera' }).click();
  await recordSome(masklet, 'Record camera', 20);
  const { frameCount } = await masklet.call('status');
  let before = -1;
  for (let frame = 0; frame < frameCount; frame += 5) {
    await masklet.call('seek', frame);
    const { number } = await numberOn(page, shownCanvas);
    expect(number).toBeGreaterThan(before);
    before = number;
  }
});
