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
