/** Model packs from an address, a folder and a zip, whole and broken: what runs was checked, what is wrong is said. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { zipSync } from 'fflate';
import { expect, test, type MaskletPage } from '../fixtures/masklet-page';

type Files = Record<string, Buffer>;
type Manifest = { format: string; imageSize: number; graphs: Record<string, { file: string; sha256: string }> };

const micro = new URL('../fixtures/packs/micro/', import.meta.url);
const server = 'https://packs.test/';

function microFiles(): Files {
  const names = readdirSync(micro).filter((name) => name !== 'golden');
  return Object.fromEntries(names.map((name) => [name, readFileSync(new URL(name, micro))]));
}

function withManifest(change: (manifest: Manifest) => void): Files {
  const files = microFiles();
  const manifest = JSON.parse(files['manifest.json']!.toString()) as Manifest;
  change(manifest);
  return { ...files, 'manifest.json': Buffer.from(JSON.stringify(manifest)) };
}

const withPath = (file: string) => withManifest(({ graphs }) => (graphs['mask_decoder']!.file = file));

/** What is wrong with a pack, and the words that a person reads about it. */
const broken: { what: string; files: () => Files; says: RegExp }[] = [
  {
    what: 'another graph in place of one',
    files: () => ({ ...microFiles(), 'mask_decoder.onnx': Buffer.alloc(microFiles()['mask_decoder.onnx']!.length, 7) }),
    says: /mask_decoder\.onnx does not have the sha256 its manifest says/,
  },
  {
    what: 'a graph cut short',
    files: () => ({ ...microFiles(), 'mask_decoder.onnx': microFiles()['mask_decoder.onnx']!.subarray(0, 1000) }),
    says: /mask_decoder\.onnx is shorter than its manifest says/,
  },
  {
    what: 'no such graph',
    files: () => {
      const { 'memory_encoder.onnx': _, ...files } = microFiles();
      return files;
    },
    says: /memory_encoder\.onnx/,
  },
  {
    what: 'a path out of the pack',
    files: () => withPath('../../secret.onnx'),
    says: /wrong "graphs\.mask_decoder\.file"/,
  },
  {
    what: 'a path to elsewhere',
    files: () => withPath('https://else.where/x.onnx'),
    says: /"graphs\.mask_decoder\.file"/,
  },
  {
    what: 'a newer version',
    files: () => withManifest((manifest) => (manifest.format = 'masklet-pack/2')),
    says: /of version 2, and this app reads version 1/,
  },
  {
    what: 'a manifest against the schema',
    files: () => withManifest((manifest) => (manifest.imageSize = 100)),
    says: /manifest has a wrong "imageSize"/,
  },
  {
    what: 'no JSON',
    files: () => ({ ...microFiles(), 'manifest.json': Buffer.from('<!doctype html><title>Not here</title>') }),
    says: /There is no model pack at|its manifest is not JSON/,
  },
];

/** Answers for a server of packs; null makes it unreachable. */
async function serve(page: Page, files: Files | null): Promise<string[]> {
  const asked: string[] = [];
  await page.unroute(`${server}**`);
  await page.route(`${server}**`, (route) => {
    const { pathname } = new URL(route.request().url());
    asked.push(pathname);
    const body = files?.[pathname.split('/').pop()!];
    const headers = { 'access-control-allow-origin': '*' };
    if (files === null) return route.abort('connectionrefused');
    return body ? route.fulfill({ body, headers }) : route.fulfill({ status: 404, headers });
  });
  return asked;
}

async function openModels(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: /WASM|Model|model/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'Other models' }).click();
}

async function loadAddress(page: Page, address: string): Promise<void> {
  await page.getByLabel(/address of a model pack/).fill(address);
  await page.keyboard.press('Enter');
}

async function inForce(masklet: MaskletPage, name: string): Promise<void> {
  await expect.poll(async () => (await masklet.call('status')).model, { timeout: 60_000 }).toBe(name);
}

test('a pack is loaded from its folder, its manifest or its zip on the web', async ({ masklet }) => {
  const { page } = masklet;
  await masklet.open();
  await masklet.modelReady();
  await openModels(page);
  const zip = Buffer.from(
    zipSync(Object.fromEntries(Object.entries(microFiles()).map(([name, data]) => [`micro/${name}`, data]))),
  );
  const asked = await serve(page, { ...microFiles(), 'micro.zip': zip });
  for (const address of ['packs/micro', 'packs/micro/', 'packs/micro/manifest.json', 'micro.zip?version=3']) {
    await loadAddress(page, server + address);
    await inForce(masklet, 'micro');
    await page.getByRole('button', { name: 'Use Masklet nano' }).click();
    await inForce(masklet, 'nano');
  }
  expect(new Set(asked.filter((path) => !path.startsWith('/packs/micro/')))).toEqual(new Set(['/micro.zip']));
  // What its graphs answer is for graphics devices: nobody asks for it here.
  expect(asked.filter((path) => path.endsWith('expectations.json'))).toEqual([]);
});

test('a pack from an address that is broken is told in a sentence, and the model before stays', async ({ masklet }) => {
  const { page } = masklet;
  await masklet.open();
  await masklet.modelReady();
  await openModels(page);
  const alert = page.getByRole('dialog', { name: 'Models' }).getByRole('alert');
  for (const { what, files, says } of broken) {
    const asked = await serve(page, files());
    await loadAddress(page, `${server}${what.replaceAll(' ', '-')}/`);
    await expect(alert, what).toContainText(says);
    await expect.poll(async () => (await masklet.call('status')).model, what).toBe('nano');
    expect(
      asked.every((path) => path.startsWith(`/${what.replaceAll(' ', '-')}/`)),
      what,
    ).toBe(true);
  }

  await serve(page, {});
  await loadAddress(page, `${server}nothing/manifest.json`);
  await expect(alert).toContainText(/manifest\.json is missing on the server \(404\)/);
  await loadAddress(page, `${server}nothing.zip`);
  await expect(alert).toContainText(/nothing\.zip is missing on the server \(404\)/);
  await serve(page, {
    'no.zip': Buffer.from('PK\x03\x04 but no more than that'),
    'empty.zip': Buffer.from(zipSync({ 'read.me': new Uint8Array(3) })),
  });
  await loadAddress(page, `${server}no.zip`);
  await expect(alert).toContainText(/This zip file can't be read/);
  await loadAddress(page, `${server}empty.zip`);
  await expect(alert).toContainText(/There is no manifest\.json in/);
  await serve(page, null);
  await loadAddress(page, `${server}micro/`);
  await expect(alert).toContainText(/packs\.test can't be reached/);
  await loadAddress(page, 'ftp://packs.test/micro/');
  await expect(alert).toContainText(/no web address/);
  expect((await masklet.call('status')).model).toBe('nano');

  // It works on as if nothing had been.
  await serve(page, microFiles());
  await loadAddress(page, `${server}micro/`);
  await inForce(masklet, 'micro');
  await expect(alert).toHaveCount(0);
});

test('folders and zips from disk are told apart from broken ones', async ({ masklet }, testInfo) => {
  const { page } = masklet;
  await masklet.open();
  await masklet.modelReady();
  await openModels(page);
  const alert = page.getByRole('dialog', { name: 'Models' }).getByRole('alert');
  const choose = async (button: string, path: string) => {
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: button }).click();
    await (await chooser).setFiles(path);
  };
  const asFolder = (files: Files): string => {
    const folder = testInfo.outputPath('pack');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    for (const [name, data] of Object.entries(files)) writeFileSync(`${folder}/${name}`, data);
    return folder;
  };
  const asZip = (files: Files): string => {
    const path = testInfo.outputPath(`${createHash('sha256').update(files['manifest.json']!).digest('hex')}.zip`);
    writeFileSync(path, zipSync(files));
    return path;
  };
  for (const [button, written] of [
    ['Choose a folder', asFolder],
    ['Choose a file', asZip],
  ] as const) {
    for (const { what, files, says } of broken) {
      await choose(button, written(files()));
      await expect(alert, what).toContainText(says);
      await expect.poll(async () => (await masklet.call('status')).model, what).toBe('nano');
    }
    await choose(button, written(microFiles()));
    await inForce(masklet, 'micro');
    await page.getByRole('button', { name: 'Use Masklet nano' }).click();
    await inForce(masklet, 'nano');
  }
});
