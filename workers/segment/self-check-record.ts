/** Which models were found right or wrong on which device, remembered in the origin's private file system. */

const fileName = 'self-checks.json';

type Verdicts = Record<string, boolean>;

/** Null where it was not checked yet, or nothing can be remembered here. */
export async function recall(key: string): Promise<boolean | null> {
  return (await read())[key] ?? null;
}

export async function remember(key: string, isRight: boolean): Promise<void> {
  try {
    const verdicts = { ...(await read()), [key]: isRight };
    const root = await navigator.storage.getDirectory();
    const access = await (await root.getFileHandle(fileName, { create: true })).createSyncAccessHandle();
    access.truncate(0);
    access.write(new TextEncoder().encode(JSON.stringify(verdicts)), { at: 0 });
    access.close();
  } catch {
    // Without storage, or while another tab writes, it is checked again the next time.
  }
}

async function read(): Promise<Verdicts> {
  try {
    const root = await navigator.storage.getDirectory();
    const file = await (await root.getFileHandle(fileName)).getFile();
    return JSON.parse(await file.text()) as Verdicts;
  } catch {
    return {};
  }
}
