/** Handles of the files that projects were made of, in IndexedDB: nothing else can keep them. */
import { handleOf, rememberHandle } from './file-handles';
import type { SourceHandles } from './project-devices';

const databaseName = 'masklet-files';
const storeName = 'handles';

export const sourceHandles: SourceHandles = {
  async keep(project, { files }) {
    const known = files.map(({ file }) => handleOf(file));
    if (known.length === 0 || known.includes(undefined)) return;
    await ask('readwrite', (store) => store.put(known, project));
  },

  async isKnown(project) {
    return (await find(project)) !== null;
  },

  async open(project) {
    const known = await find(project);
    if (!known) return null;
    const files: File[] = [];
    for (const handle of known) {
      if (!(await isAllowed(handle))) return null;
      const file = await handle.getFile();
      rememberHandle(file, handle);
      files.push(file);
    }
    return files;
  },

  async copy(project, to) {
    const known = await find(project);
    if (known) await ask('readwrite', (store) => store.put(known, to));
  },

  async forget(project) {
    await ask('readwrite', (store) => store.delete(project));
  },

  async forgetAll() {
    await ask('readwrite', (store) => store.clear());
  },
};

/** W3C File System Access §2.3: in Chromium only, and not in TypeScript's library. */
type PermissionHandle = FileSystemFileHandle & {
  queryPermission?: (descriptor: { mode: 'read' }) => Promise<PermissionState>;
  requestPermission?: (descriptor: { mode: 'read' }) => Promise<PermissionState>;
};

async function isAllowed(handle: PermissionHandle): Promise<boolean> {
  const mode = { mode: 'read' } as const;
  if ((await handle.queryPermission?.(mode)) === 'granted') return true;
  return (await handle.requestPermission?.(mode)) === 'granted';
}

async function find(project: string): Promise<FileSystemFileHandle[] | null> {
  return (await ask<FileSystemFileHandle[] | undefined>('readonly', (store) => store.get(project))) ?? null;
}

async function ask<T = unknown>(mode: IDBTransactionMode, request: (store: IDBObjectStore) => IDBRequest): Promise<T> {
  const database = await openDatabase();
  try {
    return await answered<T>(request(database.transaction(storeName, mode).objectStore(storeName)));
  } finally {
    database.close();
  }
}

function openDatabase(): Promise<IDBDatabase> {
  const opening = indexedDB.open(databaseName, 1);
  opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore(storeName));
  return answered<IDBDatabase>(opening);
}

function answered<T>(request: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result as T));
    request.addEventListener('error', () => reject(request.error ?? new Error('IndexedDB gave no answer.')));
  });
}
