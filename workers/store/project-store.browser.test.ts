import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ProjectHead, StoredMask } from '../protocol/project';
import { connect, type Remote } from '../protocol/rpc';
import type { StoreApi } from '../protocol/store-contract';

/** Real workers on the browser's real disk: handles that lock exist nowhere else. */
const workers: Worker[] = [];

function startStore(): Remote<StoreApi> {
  const worker = new Worker(new URL('store.worker.ts', import.meta.url), { type: 'module' });
  workers.push(worker);
  return connect<StoreApi>(worker);
}

function crash(): void {
  for (const worker of workers.splice(0)) worker.terminate();
}

function headOf(id: string): ProjectHead {
  return {
    schema: 1,
    id,
    name: `Clip ${id}`,
    createdMs: 1,
    source: { files: [{ name: 'a.mp4', path: 'a.mp4', sizeBytes: 4, hash: 'ff' }], options: {} },
    video: { width: 4, height: 3, frameCount: 10, durationUs: 400_000 },
  };
}

function mask(object: number, frameIndex: number): StoredMask {
  return { object, frameIndex, counts: '0c', origin: 'track', occlusionScore: 4, predictedIou: 0.9 };
}

async function folder(id: string): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return (await root.getDirectoryHandle('projects')).getDirectoryHandle(id);
}

/** Of the journal that counts. */
async function journalOf(id: string): Promise<{ name: string; bytes: Uint8Array }> {
  const names: string[] = [];
  for await (const name of (await folder(id)).keys()) if (name.startsWith('journal-')) names.push(name);
  const name = names.sort().at(-1)!;
  const file = await (await (await folder(id)).getFileHandle(name)).getFile();
  return { name, bytes: new Uint8Array(await file.arrayBuffer()) };
}

async function overwrite(id: string, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const writable = await (await (await folder(id)).getFileHandle(name, { create: true })).createWritable();
  await writable.write(bytes);
  await writable.close();
}

beforeEach(async () => startStore().deleteAll());
afterEach(crash);

it('keeps what was appended through a crash, and loses the torn end only', async () => {
  const store = startStore();
  await store.create(headOf('one'));
  await store.append([{ kind: 'slice', name: 'objects', value: { list: [{ id: 1 }, { id: 2 }] } }]);
  await store.append([{ kind: 'masks', masks: [mask(1, 0), mask(1, 1), mask(2, 0)] }]);
  await store.append([{ kind: 'dropped', object: 1, frames: [1] }]);
  crash();

  const again = startStore();
  const project = await again.open('one');
  expect(project.slices['objects']).toEqual({ list: [{ id: 1 }, { id: 2 }] });
  expect(project.masks).toEqual([mask(1, 0), mask(2, 0)]);
  expect(await again.list()).toMatchObject([{ id: 'one', name: 'Clip one', frameCount: 10, objectCount: 2 }]);
  await again.close();
  crash();

  // The power went in the middle of the last record; then somebody goes on.
  const { name, bytes } = await journalOf('one');
  await overwrite('one', name, bytes.slice(0, -3));
  const third = startStore();
  expect((await third.open('one')).masks).toEqual([mask(1, 0), mask(1, 1), mask(2, 0)]);
  await third.append([{ kind: 'masks', masks: [mask(2, 5)] }]);
  await third.close();
  expect((await third.open('one')).masks).toHaveLength(4);
});

it('takes the journal before where the next one was not finished', async () => {
  const store = startStore();
  await store.create(headOf('two'));
  await store.append([{ kind: 'masks', masks: [mask(1, 3)] }]);
  await store.close();
  const { bytes } = await journalOf('two');
  await overwrite('two', 'journal-2', bytes.slice(0, 60));
  expect((await store.open('two')).masks).toEqual([mask(1, 3)]);
});

it('is written by one page at a time', async () => {
  const store = startStore();
  await store.create(headOf('three'));
  const other = startStore();
  await expect(other.open('three')).rejects.toMatchObject({ code: 'busy' });
  await store.close();
  expect((await other.open('three')).head.name).toBe('Clip three');
});

it('renames, duplicates and deletes, and rewrites a journal that has grown wasteful', async () => {
  const store = startStore();
  await store.create(headOf('four'));
  await store.setPicture(new Blob(['picture']));
  const long = 'x'.repeat(200_000);
  for (let n = 0; n < 12; n++) await store.append([{ kind: 'slice', name: 'prompts', value: `${n}${long}` }]);
  const before = (await store.list())[0]!;
  expect(await before.picture!.text()).toBe('picture');
  await store.rename('four', 'Renamed');
  await store.close();
  const after = (await store.list())[0]!;
  expect(after.name).toBe('Renamed');
  expect(after.sizeBytes).toBeLessThan(before.sizeBytes / 2);
  expect((await journalOf('four')).name).toBe('journal-2');
  expect((await store.open('four')).slices['prompts']).toBe(`11${long}`);
  await store.duplicate('four', 'five', 'Copy');
  expect(await (await store.list()).find(({ id }) => id === 'five')!.picture!.text()).toBe('picture');
  await store.rename('five', 'Copy of it');
  expect((await store.list()).map(({ name }) => name).sort()).toEqual(['Copy of it', 'Renamed']);
  await store.delete('four');
  expect((await store.list()).map(({ id }) => id)).toEqual(['five']);
  await expect(store.open('four')).rejects.toMatchObject({ code: 'invalid-argument' });
  await store.deleteAll();
  expect(await store.list()).toEqual([]);
});

it('leaves out a project that nobody can read, and does not delete it', async () => {
  const store = startStore();
  await store.create(headOf('six'));
  await store.close();
  await overwrite('six', 'journal-1', new TextEncoder().encode('no journal at all'));
  expect(await store.list()).toEqual([]);
  await expect(store.open('six')).rejects.toMatchObject({ code: 'invalid-argument', reason: ['project-unreadable'] });
  expect((await journalOf('six')).name).toBe('journal-1');
});
