/** The pictures in a ZIP archive, read one by one as they are asked for. */
import { MaskletError } from '../../protocol/errors';
import type { PictureFile } from './open-pictures';

/** Larger ones are no pictures, whatever their name. */
const maxPictureBytes = 1 << 28;

/**
 * @param signal stops reading; the promise rejects with its reason
 * @throws `truncated-file` when the archive's table of contents cannot be read
 */
export async function zipPictures(file: Blob, signal: AbortSignal): Promise<PictureFile[]> {
  const { unzipRaw } = await import('unzipit');
  signal.throwIfAborted();
  try {
    const { entries } = await unzipRaw(file);
    const pictures = entries.filter((entry) => !entry.isDirectory && !entry.encrypted && entry.size <= maxPictureBytes);
    return pictures.map((entry) => ({ path: entry.name.replaceAll('\\', '/'), read: () => inSentence(entry.blob()) }));
  } catch (cause) {
    throw damaged(cause);
  }
}

async function inSentence<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    throw damaged(cause);
  }
}

function damaged(cause: unknown): MaskletError {
  return new MaskletError(
    'truncated-file',
    'This ZIP archive is damaged or cut short. Unpack it, and open the folder of pictures.',
    { reason: ['zip-damaged'], cause },
  );
}
