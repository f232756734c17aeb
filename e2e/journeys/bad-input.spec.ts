/** Each thing that can go wrong at the door: one clear sentence with a way on, and nothing is lost. */
import { expect, mediaFile, test } from '../fixtures/masklet-page';

const refused: [what: string, bytes: () => Buffer, name: string, code: string][] = [
  [
    'a text file',
    () => Buffer.from('This is no video, whatever its name says.\n'.repeat(50)),
    'notes.mp4',
    'not-a-video',
  ],
  ['an empty file', () => Buffer.alloc(0), 'empty.mp4', 'not-a-video'],
  ['an MP4 cut off before its index', () => mediaFile('camera.mov').subarray(0, 9000), 'cut.mov', 'truncated-file'],
  ['an audio file', () => mediaFile('audio-only.mp4'), 'audio-only.mp4', 'no-frames'],
  ['a track without samples', () => mediaFile('no-samples.mp4'), 'no-samples.mp4', 'no-frames'],
  ['HEVC where it can not be decoded', () => mediaFile('hevc.mp4'), 'hevc.mp4', 'unsupported-codec'],
  [
    'a container that is not read',
    () => Buffer.concat([Buffer.from('RIFF\0\0\0\0AVI LIST'), Buffer.alloc(4000)]),
    'clip.avi',
    'unsupported-container',
  ],
];

test('refuses what it can not open, in one sentence, and keeps what is open', async ({ masklet }) => {
  const { page } = masklet;
  await masklet.open();
  for (const [what, bytes, name, code] of refused) {
    await expect(masklet.openBytes(bytes(), name), what).rejects.toMatchObject({ code });
    // The page says so where the file was dropped, and offers another.
    const notice = page.getByRole('alert');
    await expect(notice, what).toBeVisible();
    expect((await notice.innerText()).length, what).toBeLessThan(260);
    await expect(page.getByRole('button', { name: 'Choose a video' }), what).toBeVisible();
  }

  await masklet.openMedia('shapes.mp4');
  const object = await masklet.call('addObject', 'Kept');
  await masklet.call('prompt', { object, frame: 0, points: [{ x: 70, y: 95, label: 1 }] });
  const before = await masklet.call('mask', object, 0);
  await expect(masklet.openBytes(Buffer.from('no video'), 'broken.mp4')).rejects.toMatchObject({ code: 'not-a-video' });
  expect(await masklet.call('status')).toMatchObject({ frameCount: 40, objects: [{ id: object, name: 'Kept' }] });
  expect(await masklet.call('mask', object, 0)).toEqual(before);
  await expect(page.getByRole('alert')).toBeVisible();
});

/** Lengths of NAL units that make no sense, in this part of the samples. */
function damaged(name: string, from: number, to: number): Buffer {
  const file = mediaFile(name);
  const samples = file.indexOf('mdat') + 4;
  const size = file.length - samples;
  return Buffer.from(file).fill(0xff, samples + Math.floor(size * from), samples + Math.floor(size * to));
}

test('a damaged frame says so, and no other frame stands in its place', async ({ masklet }) => {
  const { page } = masklet;
  await masklet.open();
  await masklet.openBytes(damaged('baseline.mp4', 0.45, 0.55), 'damaged.mp4');
  const sentence = page.getByTestId('undecoded-frame');
  await masklet.call('seek', 3);
  await expect(sentence).toBeHidden();
  await expect(masklet.call('seek', 18)).rejects.toMatchObject({ code: 'decode-failed' });
  await expect(sentence).toHaveText(/This frame can’t be decoded/);
  // Nothing is drawn.
  const brightest = () =>
    page
      .getByTestId('stage')
      .locator('canvas')
      .first()
      .evaluate((canvas: HTMLCanvasElement) => {
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        return data.reduce((most, value, n) => (n % 4 < 3 ? Math.max(most, value) : most), 0);
      });
  expect(await brightest()).toBe(0);
  expect(await masklet.call('status')).toMatchObject({
    frame: 18,
    frameError: expect.stringMatching(/can't be decoded/),
  });
  await masklet.call('seek', 35);
  await expect(sentence).toBeHidden();
  expect(await brightest()).toBeGreaterThan(100);
  expect(await masklet.call('status')).toMatchObject({ frame: 35, frameError: null });

  // A run ends where it comes to one, and says why; what came before is kept.
  await masklet.modelReady();
  await masklet.call('seek', 10);
  const object = await masklet.call('addObject');
  await masklet.call('prompt', { object, frame: 10, points: [{ x: 40, y: 60, label: 1 }] });
  await expect(masklet.call('track')).rejects.toMatchObject({ code: 'decode-failed' });
  await expect(page.getByRole('alert')).toContainText(/can't be decoded/);
  expect(await masklet.hasMask(object, 11)).toBe(true);

  // Playing passes over it.
  await masklet.call('seek', 12);
  await page.getByTestId('stage').press('Space');
  await expect.poll(async () => (await masklet.call('status')).frame, { timeout: 30_000 }).toBe(35);
});

test('a video whose first frame is damaged is open all the same', async ({ masklet }) => {
  const { page } = masklet;
  await masklet.open();
  expect(await masklet.openBytes(damaged('baseline.mp4', 0, 0.1), 'damaged.mp4')).toMatchObject({ frameCount: 36 });
  await expect(page.getByTestId('undecoded-frame')).toBeVisible();
  await masklet.call('seek', 30);
  await expect(page.getByTestId('undecoded-frame')).toBeHidden();
});

test('opens one frame, and 8K, or says why not', async ({ masklet }) => {
  await masklet.open();
  expect(await masklet.openMedia('one-frame.mp4')).toMatchObject({ frameCount: 1 });
  const object = await masklet.call('addObject');
  await masklet.call('prompt', { object, frame: 0, points: [{ x: 20, y: 20, label: 1 }] });
  expect(await masklet.call('track')).toBe(1);

  const opened = await masklet.openMedia('8k.mp4').catch((error: { code: string; message: string }) => error);
  if ('code' in opened) {
    expect(opened.code).toBe('frame-too-large');
  } else {
    expect(opened).toMatchObject({ width: 7680, height: 4320 });
    const large = await masklet.call('addObject');
    await masklet.call('prompt', { object: large, frame: 0, points: [{ x: 3800, y: 2100, label: 1 }] });
    expect(await masklet.call('mask', large, 0)).toMatchObject({ width: 7680, height: 4320 });
  }
});

test('a model file that is not what its manifest says is refused, and can be loaded again', async ({ masklet }) => {
  const { page } = masklet;
  let isBroken = true;
  await page.route('**/models/nano/mask_decoder.onnx', async (route) => {
    if (!isBroken) return route.fallback();
    const response = await route.fetch();
    const body = await response.body();
    body[1000] = body[1000]! ^ 0xff;
    return route.fulfill({ response, body });
  });
  await masklet.open();
  const alert = page.getByRole('alert').or(page.getByText('Model failed'));
  await expect(alert.first()).toBeVisible({ timeout: 30_000 });
  await masklet.openMedia('shapes.mp4');
  const object = await masklet.call('addObject');
  await expect(
    masklet.call('prompt', { object, frame: 0, points: [{ x: 70, y: 95, label: 1 }] }),
  ).rejects.toMatchObject({
    code: expect.stringMatching(/model-corrupt|no-model/),
  });

  isBroken = false;
  await page.getByRole('button', { name: 'Load again' }).first().click();
  await masklet.modelReady();
  await masklet.call('prompt', { object, frame: 0, points: [{ x: 70, y: 95, label: 1 }] });
  expect(await masklet.call('mask', object, 0)).not.toBeNull();
});

test('without WebGPU the model runs on WASM, and the page says why that is slower', async ({ masklet }) => {
  const { page } = masklet;
  await page.addInitScript(() => Object.defineProperty(navigator, 'gpu', { get: () => undefined }));
  await masklet.open('provider=auto');
  await masklet.modelReady();
  const status = await masklet.call('status');
  expect(status.provider).toBe('wasm');
  expect(status.fallbackReason).toMatch(/WebGPU/);
  await masklet.openMedia('shapes.mp4');
  await page.getByRole('button', { name: /WASM/ }).click();
  await expect(page.getByText(/slower than a graphics card/)).toBeVisible();
});
