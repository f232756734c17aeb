/**
 * Projects in a folder of the browser's own disk: a folder each, with a journal and a picture.
 *
 * A journal is rewritten beside the one that it replaces (`journal-2` beside `journal-1`) and counts once its last record
 * is there, so that no moment is without a whole one. The highest whole one is the project.
 */
import { asMaskletError, MaskletError } from '../protocol/errors';
import type { Project, ProjectHead, ProjectRecord } from '../protocol/project';
import type { ProjectEntry, StoreApi } from '../protocol/store-contract';
import { encodeRecord, journalMagic, readJournal } from './journal';
import { decodeProjectRecord, encodeProjectRecord, ProjectState, recordsOf } from './project-state';

const folderName = 'projects';
const pictureName = 'picture';
const journalName = /^journal-(\d+)$/;
/** A journal is rewritten when its records have come to be so many times what they amount to. */
const wasteful = 2;
const worthRewriting = 2 ** 20;

type Journal = { number: number; name: string; project: Project; wholeBytes: number };

type Open = {
  id: string;
  folder: FileSystemDirectoryHandle;
  journal: FileSystemSyncAccessHandle;
  number: number;
  endBytes: number;
  state: ProjectState;
};

/** Said by the store itself: the times of files are not kept by every browser. */
const changedSlice = 'changedMs';

/** @param openRoot where the folder of projects is */
export function openProjectStore(openRoot: () => Promise<FileSystemDirectoryHandle>): StoreApi {
  let open: Open | null = null;

  const projects = async (create = true) => (await openRoot()).getDirectoryHandle(folderName, { create });

  async function folderOf(id: string): Promise<FileSystemDirectoryHandle> {
    try {
      return await (await projects()).getDirectoryHandle(id);
    } catch {
      throw new MaskletError('invalid-argument', 'This project is no longer there.', { reason: ['project-gone'] });
    }
  }

  function close(): void {
    open?.journal.close();
    open = null;
  }

  async function startWriting(id: string, number: number, records: readonly ProjectRecord[]): Promise<Open> {
    const folder = await (await projects()).getDirectoryHandle(id, { create: true });
    const journal = await exclusive(await folder.getFileHandle(`journal-${number}`, { create: true }));
    const opened: Open = { id, folder, journal, number, endBytes: 0, state: new ProjectState() };
    try {
      journal.truncate(0);
      write(opened, journalMagic);
      append(opened, records);
      journal.flush();
    } catch (error) {
      journal.close();
      await folder.removeEntry(`journal-${number}`).catch(() => undefined);
      throw asStorageError(error);
    }
    return opened;
  }

  const store: StoreApi = {
    async list() {
      const entries: ProjectEntry[] = [];
      const kept = await projects(false).catch(() => null);
      for await (const [id, handle] of kept?.entries() ?? []) {
        if (handle.kind !== 'directory') continue;
        const entry = await describe(id, handle);
        if (entry) entries.push(entry);
      }
      return entries.sort((a, b) => b.changedMs - a.changedMs);
    },

    async create(head) {
      close();
      open = await startWriting(head.id, 1, recordsOf({ head, slices: {}, masks: [] }));
    },

    async open(id) {
      close();
      const folder = await folderOf(id);
      const found = await newestJournal(folder);
      if (!found) throw unreadable();
      const journal = await exclusive(await folder.getFileHandle(found.name));
      const state = new ProjectState();
      for (const record of recordsOf(found.project)) state.apply(record);
      open = { id, folder, journal, number: found.number, endBytes: found.wholeBytes, state };
      // What was torn is written over.
      journal.truncate(found.wholeBytes);
      return found.project;
    },

    async append(records) {
      if (!open) throw new MaskletError('internal', 'No project is open for writing.');
      const { journal, endBytes } = open;
      try {
        append(open, [{ kind: 'slice', name: changedSlice, value: Date.now() }, ...records]);
        journal.flush();
      } catch (error) {
        // Half a record would end the reading there.
        journal.truncate(endBytes);
        open.endBytes = endBytes;
        throw asStorageError(error);
      }
    },

    async setPicture(picture) {
      if (open) await writePicture(open.folder, picture);
    },

    async close() {
      const closing = open;
      const project = closing?.state.project();
      if (!closing || !project) return close();
      const records = recordsOf(project);
      const leastBytes = records.reduce((sum, record) => sum + encodeProjectRecord(record).length, 0);
      const isWasteful = closing.endBytes > worthRewriting && closing.endBytes > wasteful * leastBytes;
      close();
      if (!isWasteful) return;
      const rewritten = await startWriting(closing.id, closing.number + 1, records).catch(() => null);
      if (!rewritten) return;
      rewritten.journal.close();
      await closing.folder.removeEntry(`journal-${closing.number}`);
    },

    async rename(id, name) {
      const renamed = (head: ProjectHead): ProjectRecord => ({ kind: 'head', head: { ...head, name } });
      if (open?.id === id && open.state.head) return store.append([renamed(open.state.head)]);
      const { head } = await store.open(id);
      await store.append([renamed(head)]);
      close();
    },

    async duplicate(id, newId, name) {
      const found = open?.id === id ? open.state.project() : (await newestJournal(await folderOf(id)))?.project;
      if (!found) throw unreadable();
      const head = { ...found.head, id: newId, name };
      const slices = { ...found.slices, [changedSlice]: Date.now() };
      const copy = await startWriting(newId, 1, recordsOf({ ...found, head, slices }));
      copy.journal.close();
      const picture = await pictureIn(await folderOf(id));
      if (picture) await writePicture(copy.folder, picture);
    },

    async delete(id) {
      if (open?.id === id) close();
      await (await projects()).removeEntry(id, { recursive: true }).catch(() => undefined);
    },

    async deleteAll() {
      close();
      await (await openRoot()).removeEntry(folderName, { recursive: true }).catch(() => undefined);
    },
  };
  return store;
}

function append(opened: Open, records: readonly ProjectRecord[]): void {
  for (const record of records) {
    write(opened, encodeRecord(encodeProjectRecord(record)));
    opened.state.apply(record);
  }
}

function write(opened: Open, bytes: Uint8Array<ArrayBuffer>): void {
  const written = opened.journal.write(bytes, { at: opened.endBytes });
  if (written < bytes.length) throw new DOMException('The disk is full.', 'QuotaExceededError');
  opened.endBytes += written;
}

/** The highest journal that counts: one whose rewriting was cut short does not. */
async function newestJournal(folder: FileSystemDirectoryHandle): Promise<Journal | null> {
  const numbers: number[] = [];
  for await (const name of folder.keys()) {
    const number = journalName.exec(name)?.[1];
    if (number !== undefined) numbers.push(Number(number));
  }
  for (const number of numbers.sort((a, b) => b - a)) {
    const name = `journal-${number}`;
    const file = await (await folder.getFileHandle(name)).getFile();
    const content = new Uint8Array(await file.arrayBuffer());
    const read = readJournal(content);
    const state = new ProjectState();
    for (const payload of read?.records ?? []) state.apply(decodeProjectRecord(payload));
    const project = state.project();
    if (read && project) return { number, name, project, wholeBytes: read.wholeBytes };
  }
  return null;
}

async function describe(id: string, folder: FileSystemDirectoryHandle): Promise<ProjectEntry | null> {
  try {
    const found = await newestJournal(folder);
    if (!found) return null;
    const file = await (await folder.getFileHandle(found.name)).getFile();
    const picture = await pictureIn(folder);
    const objects = found.project.slices['objects'] as { list?: unknown[] } | undefined;
    return {
      id,
      name: found.project.head.name,
      changedMs: Number(found.project.slices[changedSlice] ?? file.lastModified),
      sizeBytes: file.size + (picture?.size ?? 0),
      picture,
      frameCount: found.project.head.video.frameCount,
      objectCount: objects?.list?.length ?? 0,
    };
  } catch {
    // Damaged, or of a newer version: it stays on the disk for a page that can read it.
    return null;
  }
}

async function pictureIn(folder: FileSystemDirectoryHandle): Promise<File | null> {
  const handle = await folder.getFileHandle(pictureName).catch(() => null);
  return handle && handle.getFile();
}

async function writePicture(folder: FileSystemDirectoryHandle, picture: Blob): Promise<void> {
  const bytes = new Uint8Array(await picture.arrayBuffer());
  const handle = await (await folder.getFileHandle(pictureName, { create: true })).createSyncAccessHandle();
  try {
    handle.truncate(0);
    handle.write(bytes);
  } finally {
    handle.close();
  }
}

async function exclusive(handle: FileSystemFileHandle): Promise<FileSystemSyncAccessHandle> {
  try {
    return await handle.createSyncAccessHandle();
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NoModificationAllowedError') {
      throw new MaskletError('busy', 'This project is open in another tab. Close it there first.', {
        reason: ['project-open-elsewhere'],
      });
    }
    throw asStorageError(error);
  }
}

function asStorageError(error: unknown): MaskletError {
  if (error instanceof DOMException && error.name === 'QuotaExceededError') {
    return new MaskletError('storage-full', 'This browser has no room left. What was saved before is still there.', {
      reason: ['project-disk-full'],
      cause: error,
    });
  }
  return asMaskletError(error);
}

function unreadable(): MaskletError {
  return new MaskletError('invalid-argument', 'This project cannot be read.', { reason: ['project-unreadable'] });
}
