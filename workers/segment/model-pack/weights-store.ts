/**
 * Weights kept by the browser for this site, in its own file system (OPFS): a folder for each model, with the file and
 * a record of where it came from. A download that was broken off is a file without a hash.
 */
import { asMaskletError, MaskletError } from '../../protocol/errors';

export type WeightsRecord = {
  /** Of the model in the catalogue. */
  name: string;
  /** Address, or the name of the file it was taken from. */
  source: string;
  /** Of the whole file; null while it is not known. */
  totalBytes: number | null;
  /** What the server calls this version of the file. */
  etag: string | null;
  /** Of the whole file; null while it is not complete. */
  sha256: string | null;
  /** ISO 8601. */
  storedAt: string;
};

export type StoredWeights = WeightsRecord & { storedBytes: number };

const folderName = 'models';
const recordFile = 'record.json';
const weightsFile = 'weights';

/** All that is kept, whole or in part. */
export async function listStored(): Promise<StoredWeights[]> {
  const root = await rootFolder();
  const stored: StoredWeights[] = [];
  for await (const [name, handle] of root.entries()) {
    if (handle.kind !== 'directory') continue;
    const found = await readStored(name);
    if (found) stored.push(found);
  }
  return stored;
}

/** Null where nothing of the model is kept. */
export async function readStored(name: string): Promise<StoredWeights | null> {
  try {
    const folder = await (await rootFolder()).getDirectoryHandle(name);
    const record = JSON.parse(await (await (await folder.getFileHandle(recordFile)).getFile()).text()) as WeightsRecord;
    const { size } = await (await folder.getFileHandle(weightsFile)).getFile();
    return { ...record, name, storedBytes: size };
  } catch (error) {
    // Never stored, or broken off before its record was written.
    if (error instanceof SyntaxError || (error instanceof DOMException && error.name === 'NotFoundError')) return null;
    throw asMaskletError(error);
  }
}

/** @throws `model-missing` where the model is not kept as a whole */
export async function openStored(name: string): Promise<File> {
  const stored = await readStored(name);
  if (!stored?.sha256) {
    throw new MaskletError(
      'model-missing',
      `The weights of ${name} are not kept in this browser: download them first.`,
      { reason: ['weights-not-kept', name] },
    );
  }
  return openUnchecked(name);
}

/** The file as far as it is there. */
export async function openUnchecked(name: string): Promise<File> {
  const folder = await (await rootFolder()).getDirectoryHandle(name);
  return (await folder.getFileHandle(weightsFile)).getFile();
}

export async function writeRecord(record: WeightsRecord): Promise<void> {
  const folder = await (await rootFolder()).getDirectoryHandle(record.name, { create: true });
  const file = await folder.getFileHandle(recordFile, { create: true });
  const access = await lock(file);
  try {
    const bytes = new TextEncoder().encode(JSON.stringify(record));
    access.truncate(0);
    access.write(bytes, { at: 0 });
  } finally {
    access.close();
  }
}

export async function removeStored(name: string): Promise<void> {
  const root = await rootFolder();
  try {
    await root.removeEntry(name, { recursive: true });
  } catch (error) {
    const { name: kind } = error as DOMException;
    if (kind === 'NotFoundError') return;
    if (kind === 'NoModificationAllowedError') throw inUse();
    throw asMaskletError(error);
  }
}

export type WeightsWriter = {
  readonly bytes: number;
  append(chunk: Uint8Array): void;
  /** Forgets what was written. */
  restart(): void;
  close(): void;
};

/** Opens the model's file to go on behind what is there. @throws `busy` where another tab is writing it */
export async function openWriter(name: string): Promise<WeightsWriter> {
  const folder = await (await rootFolder()).getDirectoryHandle(name, { create: true });
  const access = await lock(await folder.getFileHandle(weightsFile, { create: true }));
  let bytes = access.getSize();
  return {
    get bytes() {
      return bytes;
    },
    append(chunk) {
      const written = access.write(chunk, { at: bytes });
      bytes += written;
      // A full disk writes less than it was given.
      if (written < chunk.length) throw new DOMException('The disk is full.', 'QuotaExceededError');
    },
    restart() {
      access.truncate(0);
      bytes = 0;
    },
    close() {
      access.flush();
      access.close();
    },
  };
}

/** @throws `storage-full` where this browser will not keep so many bytes more */
export async function checkRoom(bytes: number): Promise<void> {
  const { quota, usage } = await navigator.storage.estimate();
  if (quota === undefined || usage === undefined || quota - usage >= bytes) return;
  const mega = (value: number) => `${Math.max(0, Math.round(value / 1e6))} MB`;
  throw new MaskletError(
    'storage-full',
    `The model needs ${mega(bytes)}, and this browser keeps only ${mega(quota - usage)} more for this site. Remove a model, or free disk space.`,
    { reason: ['store-full', bytes, Math.max(0, quota - usage)] },
  );
}

async function rootFolder(): Promise<FileSystemDirectoryHandle> {
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(folderName, { create: true });
  } catch (error) {
    throw new MaskletError('storage-full', 'This browser keeps no files for this site, as in a private window.', {
      reason: ['no-store'],
      cause: error,
    });
  }
}

async function lock(file: FileSystemFileHandle): Promise<FileSystemSyncAccessHandle> {
  try {
    return await file.createSyncAccessHandle();
  } catch (error) {
    throw (error as DOMException).name === 'NoModificationAllowedError' ? inUse() : asMaskletError(error);
  }
}

function inUse(): MaskletError {
  return new MaskletError('busy', 'This model is being downloaded already, here or in another tab.', {
    reason: ['model-being-loaded'],
  });
}
