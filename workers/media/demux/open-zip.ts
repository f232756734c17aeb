/** The files in a ZIP archive, read one by one as they are asked for. */
import { MaskletError } from '../../protocol/errors';
import { cleanPath, isLitter } from './file-names';
import type { PictureFile } from './open-pictures';

/** Larger ones are not unpacked into memory, whatever their name. */
const maxEntryBytes = 1 << 28;

/** Ways of packing, by their numbers. APPNOTE.TXT 6.3.10, §4.4.5 */
const methods: Record<number, string> = {
  9: 'Deflate64',
  12: 'bzip2',
  14: 'LZMA',
  20: 'Zstandard',
  93: 'Zstandard',
  95: 'xz',
  98: 'PPMd',
};
const readable = new Set([0, 8]);
/** Entries by a strong cipher say so instead of how they are packed. */
const cipher = 99;

/**
 * @param signal stops reading; the promise rejects with its reason
 * @throws `truncated-file` when the archive's table of contents cannot be read, `unsupported-container` when what is in it is
 *   behind a password or packed in a way that cannot be read
 */
export async function zipFiles(file: Blob, signal: AbortSignal): Promise<PictureFile[]> {
  const { unzipRaw } = await import('unzipit');
  signal.throwIfAborted();
  const { entries } = await inSentence(unzipRaw(file));
  const files = entries
    .filter((entry) => !entry.isDirectory && entry.size <= maxEntryBytes)
    .map((entry) => ({ entry, path: cleanPath(entry.name) }))
    .filter(({ path }) => !isLitter(path));
  // A film with gaps would have the wrong numbers: of what cannot be read, one is enough.
  if (files.some(({ entry }) => entry.encrypted || entry.compressionMethod === cipher)) throw behindPassword();
  const packed = files.find(({ entry }) => !readable.has(entry.compressionMethod));
  if (packed) throw packedOtherwise(packed.entry.compressionMethod);
  return files.map(({ entry, path }) => ({ path, read: () => inSentence(entry.blob()) }));
}

async function inSentence<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    throw new MaskletError(
      'truncated-file',
      'This ZIP archive is damaged or cut short. Unpack it, and open the folder of pictures.',
      { reason: ['zip-damaged'], cause },
    );
  }
}

function behindPassword(): MaskletError {
  return new MaskletError(
    'unsupported-container',
    'This ZIP archive is protected by a password. Unpack it, and open the folder that comes out.',
    { reason: ['zip-password'] },
  );
}

function packedOtherwise(method: number): MaskletError {
  const name = methods[method] ?? `method ${method}`;
  return new MaskletError(
    'unsupported-container',
    `This ZIP archive is packed by ${name}, which can't be read here. Unpack it, and open the folder that comes out.`,
    { reason: ['zip-compression', name] },
  );
}
