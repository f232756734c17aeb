/** What tells a file from others without reading all of it. */
import type { SourceFile } from '../../workers/protocol/media-contract';
import type { SourceFingerprint } from '../../workers/protocol/project';

const endBytes = 64 * 1024;

/** Of many pictures so many are read, spread over all; of the others the sizes count. */
const mostRead = 32;

/** @param digest SHA-256 */
export async function fingerprints(
  files: readonly SourceFile[],
  digest: (bytes: Uint8Array<ArrayBuffer>) => Promise<ArrayBuffer>,
): Promise<SourceFingerprint[]> {
  const named = files.map(({ path, file }) => ({ path, file, name: path.split('/').at(-1)! }));
  // By name, so that the same ones are read in whatever order they are given.
  const sorted = named.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const every = Math.max(1, Math.ceil(sorted.length / mostRead));
  return Promise.all(
    sorted.map(async ({ path, file, name }, n) => ({
      name,
      path,
      sizeBytes: file.size,
      hash: n % every === 0 ? hexadecimal(await digest(await ends(file))) : '',
    })),
  );
}

/** First and last bytes, and the size between them. */
async function ends(file: Blob): Promise<Uint8Array<ArrayBuffer>> {
  const size = new TextEncoder().encode(`/${file.size}/`);
  const first = file.slice(0, endBytes);
  const last = file.slice(Math.max(first.size, file.size - endBytes));
  return new Uint8Array(await new Blob([first, size, last]).arrayBuffer());
}

function hexadecimal(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
