/** Files of a drop, those in folders too, with their paths. */
import type { SourceFile } from '../../workers/protocol/media-contract';
import { rememberHandle } from '../engine/file-handles';

/** To be called while the drop is being handled: what was dropped is gone afterwards. */
export function droppedFiles({ items, files }: DataTransfer): Promise<SourceFile[]> {
  const entries = [...items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  // A script's drop may have files without entries.
  if (entries.length === 0) return Promise.resolve([...files].map((file) => ({ path: file.name, file })));
  const handle = items.length === 1 ? handleOf(items[0]!) : null;
  return handle ? withHandle(filesOf(entries), handle) : filesOf(entries);
}

/** W3C File System Access §3.3: in Chromium only, and not in TypeScript's library. */
type ItemWithHandle = DataTransferItem & { getAsFileSystemHandle?: () => Promise<FileSystemHandle | null> };

function handleOf(item: ItemWithHandle): Promise<FileSystemHandle | null> | null {
  return item.getAsFileSystemHandle?.().catch(() => null) ?? null;
}

/** So that a project finds its video again. Of one file: a folder's are asked for. */
async function withHandle(
  finding: Promise<SourceFile[]>,
  handle: Promise<FileSystemHandle | null>,
): Promise<SourceFile[]> {
  const [files, found] = await Promise.all([finding, handle]);
  if (found?.kind === 'file' && files.length === 1) rememberHandle(files[0]!.file, found as FileSystemFileHandle);
  return files;
}

async function filesOf(entries: FileSystemEntry[]): Promise<SourceFile[]> {
  const found: SourceFile[] = [];
  for (const entry of entries) {
    if (isFolder(entry)) found.push(...(await filesOf(await children(entry))));
    else if (isFile(entry)) {
      const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
      found.push({ path: entry.fullPath.replace(/^\//, ''), file });
    }
  }
  return found;
}

/** A reader gives a hundred at a time, and none when there are no more. */
async function children(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const found: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return found;
    found.push(...some);
  }
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}
