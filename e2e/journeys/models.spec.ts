/** Other models: agreed to, downloaded in several goes, checked, kept, used, removed; or brought from disk. */
import { AxeBuilder } from '@axe-core/playwright';
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { zipSync } from 'fflate';
import { expect, test, type MaskletPage } from '../fixtures/masklet-page';
import { metaCheckpoint } from '../fixtures/meta-checkpoint';
import { microHub, MockHub } from '../fixtures/mock-hub';

const title = 'Micro SAM 2.1';

/** The app's list of models is replaced by a model of SAM 2's own code that is small enough for a test. */
async function useMicroCatalogue(page: Page): Promise<void> {
  await page.route('**/models/sam2/*', (route) => {
    const file = new URL(route.request().url()).pathname.split('/').pop()!;
    return route.fulfill({ body: readFileSync(new URL(file, microHub)) });
  });
}

async function openModels(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: /WASM|Model|model/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'Other models' }).click();
  await expect(page.getByRole('dialog', { name: 'Models' })).toBeVisible();
}

/** Hands bytes to `loadModel` as a File. */
async function loadFile(masklet: MaskletPage, bytes: Uint8Array, name: string): Promise<string> {
  return masklet.page.evaluate(
    async ([base64, fileName]) => {
      const data = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      try {
        return (await window.masklet.loadModel({ files: new File([data], fileName) })).name;
      } catch (error) {
        const { code, message } = error as { code: string; message: string };
        return `${code}: ${message}`;
      }
    },
    [Buffer.from(bytes).toString('base64'), name] as const,
  );
}

async function maskOfClick(masklet: MaskletPage): Promise<unknown> {
  await masklet.openMedia('shapes.mp4');
  const object = await masklet.call('addObject');
  await masklet.call('prompt', { object, frame: 0, points: [{ x: 70, y: 95, label: 1 }] });
  expect(await masklet.call('track', { to: 4 })).toBeGreaterThan(3);
  const masks = [];
  for (const frame of [0, 4]) masks.push(await masklet.call('mask', object, frame));
  return masks;
}

let hub: MockHub;
let hubUrl: string;

test.beforeEach(async ({ page }) => {
  hub = new MockHub();
  hubUrl = await hub.start();
  await useMicroCatalogue(page);
});
test.afterEach(() => hub.stop());

test('a model is downloaded once the person agrees, with pauses, and kept for the next visit', async ({ masklet }) => {
  const { page } = masklet;
  await masklet.open();
  await masklet.modelReady();
  await openModels(page);
  const dialog = page.getByRole('dialog', { name: 'Models' });
  await expect(dialog.getByText('In use')).toHaveCount(1);

  await dialog.getByText('Where downloads come from').click();
  await dialog.getByLabel('Address of the model hub').fill('nonsense');
  await dialog.getByLabel('Address of the model hub').fill(hubUrl);
  await dialog.getByRole('button', { name: 'Save' }).click();

  // Nothing is fetched by asking.
  hub.behaviour = { isSlow: true };
  await dialog.getByRole('button', { name: `Download ${title}` }).click();
  await expect(dialog.getByText(/learns your address/)).toBeVisible();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  expect(hub.requests).toEqual([]);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.getByRole('button', { name: `Download ${title}` }).click();
  await dialog.getByRole('button', { name: 'Download', exact: true }).click();
  await expect(dialog.getByRole('progressbar', { name: title })).toBeVisible();
  await expect
    .poll(async () => Number(await dialog.getByRole('progressbar').getAttribute('aria-valuenow')))
    .toBeGreaterThan(5);
  await dialog.getByRole('button', { name: 'Pause' }).click();
  await expect(dialog.getByText(/of 2\.2 MB loaded/)).toBeVisible();
  expect((await masklet.call('status')).model).toBe('nano');

  // Another visit goes on where this one ended.
  await masklet.open();
  await masklet.modelReady();
  hub.behaviour = {};
  await openModels(page);
  await dialog.getByRole('button', { name: `Go on downloading ${title}` }).click();
  await expect.poll(async () => (await masklet.call('status')).model, { timeout: 60_000 }).toBe('micro-hub');
  expect(hub.requests).toEqual([
    { path: '/masklet/micro-hub/resolve/main/model.safetensors', range: null },
    { path: '/masklet/micro-hub/resolve/main/model.safetensors', range: expect.stringMatching(/^bytes=\d{5,}-$/) },
  ]);
  const [model] = await masklet.call('models');
  expect(model).toMatchObject({ name: 'micro-hub', storedBytes: hub.weights.length });
  expect(model!.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(hub.apiRequests).toEqual(['/api/models/masklet/micro-hub/tree/main']);
  await expect(dialog.getByText('In use')).toHaveCount(1);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');

  // From here on nothing comes from the hub.
  hub.stop();
  const masks = await maskOfClick(masklet);
  await masklet.open();
  await expect.poll(async () => (await masklet.call('status')).model, { timeout: 60_000 }).toBe('micro-hub');
  expect(await maskOfClick(masklet)).toEqual(masks);

  // Another input size, then back to the embedded model, and the weights go.
  await openModels(page);
  await dialog.getByLabel('96 px').check();
  await expect
    .poll(async () => (await masklet.call('loadModel', { name: 'micro-hub', imageSize: 96 })).imageSize)
    .toBe(96);
  await dialog.getByRole('button', { name: 'Use Masklet nano' }).click();
  await expect.poll(async () => (await masklet.call('status')).model, { timeout: 60_000 }).toBe('nano');
  await dialog.getByRole('button', { name: `Remove the weights of ${title}` }).click();
  await expect(dialog.getByRole('button', { name: `Download ${title}` })).toBeVisible();
  expect((await masklet.call('models'))[0]).toMatchObject({ storedBytes: 0, sha256: null });
});

test('a download that fails says why, loses nothing, and leaves the model before in force', async ({ masklet }) => {
  const { page } = masklet;
  await masklet.open();
  await masklet.modelReady();
  const load = () => masklet.call('loadModel', { name: 'micro-hub', download: true, hub: hubUrl });
  const stored = async () => (await masklet.call('models'))[0]!.storedBytes;

  await expect(masklet.call('loadModel', { name: 'micro-hub' })).rejects.toMatchObject({ code: 'model-missing' });
  expect(hub.requests).toEqual([]);
  hub.behaviour = { status: 404 };
  await expect(load()).rejects.toMatchObject({ code: 'model-missing' });
  hub.behaviour = { status: 503 };
  await expect(load()).rejects.toMatchObject({ code: 'network' });
  await expect(
    masklet.call('loadModel', { name: 'micro-hub', download: true, hub: 'http://127.0.0.1:9' }),
  ).rejects.toMatchObject({ code: 'network' });

  // A page in place of the file, and the file with one tensor's shape changed.
  hub.behaviour = { bytes: Buffer.from('<!doctype html><title>Sign in</title>') };
  await expect(load()).rejects.toMatchObject({ code: 'model-incompatible' });
  const misshapen = Buffer.from(
    hub.weights.toString('latin1').replace('"shape":[128,128]', '"shape":[64,256]'),
    'latin1',
  );
  hub.behaviour = { bytes: misshapen.subarray(0, hub.weights.length) };
  await expect(load()).rejects.toMatchObject({ code: expect.stringMatching(/^model-(corrupt|incompatible)$/) });
  expect(await stored()).toBe(0);

  // What was there when the connection broke is gone on from; a file that has changed meanwhile begins anew.
  hub.behaviour = { cutAfter: 500_000 };
  await expect(load()).rejects.toMatchObject({ code: 'network' });
  const first = await stored();
  expect(first).toBeGreaterThan(0);
  hub.behaviour = { cutAfter: 500_000, etag: '"2"' };
  await expect(load()).rejects.toMatchObject({ code: 'network' });
  expect(hub.requests.slice(-2).map(({ range }) => range)).toEqual([`bytes=${first}-`, null]);
  expect((await masklet.call('status')).model).toBe('nano');

  // No room.
  const cdp = await page.context().newCDPSession(page);
  const origin = new URL(page.url()).origin;
  await cdp.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1_000_000 });
  hub.behaviour = { etag: '"2"' };
  await expect(load()).rejects.toMatchObject({ code: 'storage-full' });
  await openModels(page);
  await expect(page.getByRole('alert')).toContainText(/disk space/);
  await page.keyboard.press('Escape');
  await cdp.send('Storage.overrideQuotaForOrigin', { origin });

  // A server without ranges sends all of it again.
  hub.behaviour = { cutAfter: 500_000, etag: '"2"' };
  await expect(load()).rejects.toMatchObject({ code: 'network' });

  // All there and of the right shapes, but not the file that the hub says it has; a mirror that says nothing will do.
  const other = Uint8Array.from(hub.weights);
  other[other.length - 1]! ^= 1;
  hub.behaviour = { hasRanges: false, etag: '"2"', bytes: other };
  await expect(load()).rejects.toMatchObject({ code: 'model-corrupt', message: expect.stringContaining('published') });
  expect(await stored()).toBe(0);
  hub.behaviour = { cutAfter: 500_000, etag: '"3"' };
  await expect(load()).rejects.toMatchObject({ code: 'network' });
  hub.behaviour = { hasRanges: false, etag: '"3"', sha256: null };
  expect(await load()).toMatchObject({ name: 'micro-hub', imageSize: 64, imageSizes: [64, 96] });
  expect(hub.requests.at(-1)!.range).toMatch(/^bytes=/);
  expect(hub.apiRequests).toHaveLength(2);
});

test('weights from disk give the same masks in both layouts; packs come in zips; wrong files are told', async ({
  masklet,
}) => {
  await masklet.open();
  await masklet.modelReady();
  expect(await loadFile(masklet, hub.weights, 'model.safetensors')).toBe('micro-hub');
  const masks = await maskOfClick(masklet);
  await masklet.call('loadModel', { name: 'nano' });
  await masklet.call('removeModel', 'micro-hub');
  expect(await loadFile(masklet, metaCheckpoint(), 'sam2.1_micro.pt')).toBe('micro-hub');
  expect(await maskOfClick(masklet)).toEqual(masks);
  expect((await masklet.call('models'))[0]).toMatchObject({ storedFrom: 'sam2.1_micro.pt' });

  const micro = new URL('../micro/', microHub);
  const names = [
    'manifest.json',
    ...['image_encoder', 'memory_attention', 'mask_decoder', 'memory_encoder'].map((name) => `${name}.onnx`),
  ];
  const files = Object.fromEntries(
    names.map((name) => [`micro/${name}`, new Uint8Array(readFileSync(new URL(name, micro)))]),
  );
  expect(await loadFile(masklet, zipSync(files), 'micro.zip')).toBe('micro');

  expect(await loadFile(masklet, Buffer.from('nothing'), 'model.safetensors')).toMatch(
    /^model-incompatible: .*no weights/,
  );
  expect(await loadFile(masklet, hub.weights.subarray(0, 1_000_000), 'cut.safetensors')).toMatch(
    /^model-corrupt: .*cut off/,
  );
  const attack = readFileSync(new URL('../checkpoints/attack.pt', microHub));
  expect(await loadFile(masklet, attack, 'attack.pt')).toMatch(/^model-incompatible: .*it wants to use/);
  files['micro/mask_decoder.onnx'] = files['micro/memory_encoder.onnx']!;
  expect(await loadFile(masklet, zipSync(files), 'wrong.zip')).toMatch(/^model-corrupt: .*mask_decoder\.onnx/);
  expect((await masklet.call('status')).model).toBe('micro');
  expect(hub.requests).toEqual([]);
});
