/** From a live source to a mask: the browser's own encoder writes the file, and it opens as any other. */
import { AxeBuilder } from '@axe-core/playwright';
import { chromiumArgs, findChromium } from '../../scripts/chromium.mjs';
import { expect, test, type MaskletPage } from '../fixtures/masklet-page';

const executablePath = findChromium();
test.use({
  launchOptions: {
    ...(executablePath ? { executablePath } : {}),
    args: [...chromiumArgs, '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
  },
});

const panel = ({ page }: MaskletPage, name: string) => page.getByRole('dialog', { name });

/** Records until enough frames came, as the panel counts them. */
async function recordSome(masklet: MaskletPage, name: string, frames: number): Promise<void> {
  const sheet = panel(masklet, name);
  await expect(sheet.getByText('Recording', { exact: true })).toBeVisible();
  await expect
    .poll(async () => Number.parseInt((await sheet.getByText(/^\d+ frames?$/).textContent()) ?? '', 10))
    .toBeGreaterThan(frames);
  await sheet.getByRole('button', { name: 'Stop and open' }).press('Enter');
  await expect(sheet).toBeHidden();
  await expect(masklet.page.getByTestId('stage')).toBeVisible();
}

/** Every frame, from anywhere: its time is what the table says. */
async function seeksEverywhere(masklet: MaskletPage): Promise<number> {
  const { frameCount } = await masklet.call('status');
  for (const frame of [frameCount - 1, 0, Math.floor(frameCount / 2), 1]) {
    await masklet.call('seek', frame);
    expect((await masklet.call('status')).frame).toBe(frame);
  }
  return frameCount;
}

test('a camera is recorded, opened, sought and clicked; a screen takes its place by keyboard', async ({ masklet }) => {
  const { page } = masklet;
  await masklet.open();
  await masklet.modelReady();
  await page.getByRole('button', { name: 'Record camera' }).click();
  const sheet = panel(masklet, 'Record camera');
  await expect(sheet.getByRole('button', { name: 'Stop and open' })).toBeFocused();
  // A stray key or click loses nothing.
  await page.keyboard.press('Escape');
  await page.mouse.click(5, 5);
  await expect(sheet).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  await recordSome(masklet, 'Record camera', 30);
  await expect(page.getByRole('button', { name: /^camera .*\.(mp4|webm)$/ })).toBeVisible();
  const frames = await seeksEverywhere(masklet);
  expect(frames).toBeGreaterThan(10);
  // What the source delivered is said beside what the encoder kept.
  await expect(page.getByText(new RegExp(`^${frames} of \\d+ captured frames$`))).toBeVisible();

  const { size } = await masklet.call('status');
  const object = await masklet.call('addObject');
  const { area } = await masklet.call('prompt', {
    object,
    frame: 5,
    points: [{ x: size!.width / 2, y: size!.height / 2, label: 1 }],
  });
  expect(area).toBeGreaterThan(0);
  expect(await masklet.call('mask', object, 5)).toMatchObject(size!);

  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('record screen');
  await page.keyboard.press('Enter');
  await expect(panel(masklet, 'Record screen').getByText('takes the place of the open video')).toBeVisible();
  await recordSome(masklet, 'Record screen', 10);
  await expect(page.getByRole('button', { name: /^screen .*\.webm$/ })).toBeVisible();
  await seeksEverywhere(masklet);
  expect((await masklet.call('status')).objects).toEqual([]);

  await page.getByRole('button', { name: 'Record', exact: true }).click();
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save the recording' }).click(),
  ]);
  expect(saved.suggestedFilename()).toMatch(/^screen .*\.webm$/);
});

test('what can not be recorded is said, with a way on, and the camera is given back', async ({ masklet }) => {
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
  await masklet.open();
  await page.getByRole('button', { name: 'Record camera' }).click();
  const sheet = panel(masklet, 'Record camera');
  await expect(sheet.getByRole('alert')).toHaveText(/The camera was not allowed/);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  await sheet.getByRole('button', { name: 'Try again' }).click();
  await expect(sheet.getByRole('alert')).toHaveText(/No camera was found/);
  await expect(sheet.getByRole('button', { name: 'Choose a video instead' })).toBeVisible();
  await sheet.getByRole('button', { name: 'Try again' }).click();
  await expect(sheet.getByText('Recording', { exact: true })).toBeVisible();
  expect(await liveTracks()).toBe(1);
  await sheet.getByRole('button', { name: 'Discard the recording' }).click();
  await expect(sheet).toBeHidden();
  expect(await liveTracks()).toBe(0);
  await expect(page.getByRole('button', { name: 'Choose a video' })).toBeVisible();
});
