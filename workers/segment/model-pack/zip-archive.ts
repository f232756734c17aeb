/** The entries of a zip file. What is stored as it is stays where it is, and is read by range. */
import { MaskletError } from '../../protocol/errors';

export type ZipEntry = { name: string; sizeBytes: number; blob(): Promise<Blob> };

/** What deflate makes of the most monotonous data. */
const maxDeflateRatio = 1032;

/** @throws `model-corrupt` where its directory is broken or points outside the file */
export async function readZipEntries(file: Blob): Promise<Map<string, ZipEntry>> {
  const { unzipRaw } = await import('unzipit');
  const { entries } = await inSentence(unzipRaw(file));
  return new Map(
    entries
      .filter(({ isDirectory, encrypted }) => !isDirectory && !encrypted)
      .map((entry) => [
        entry.name,
        {
          name: entry.name,
          sizeBytes: entry.size,
          async blob() {
            // A few bytes may claim to be terabytes: memory is taken by what the directory says.
            const isPossible =
              entry.compressedSize <= file.size && entry.size <= entry.compressedSize * maxDeflateRatio;
            if (!isPossible) throw corrupt(`"${entry.name}" is not of the size it says`);
            const blob = await inSentence(entry.blob());
            if (blob.size !== entry.size) throw corrupt(`"${entry.name}" is not of the size it says`);
            return blob;
          },
        },
      ]),
  );
}

async function inSentence<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    throw corrupt(error instanceof Error ? error.message : 'it is damaged', error);
  }
}

function corrupt(what: string, cause?: unknown): MaskletError {
  return new MaskletError('model-corrupt', `This zip file can't be read: ${what}.`, { cause });
}
