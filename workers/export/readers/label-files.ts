/** The files that a person gave, with those in zips among them. */
import { MaskletError } from '../../protocol/errors';
import type { SourceFile } from '../../protocol/media-contract';
import { labelsWrong } from './checked';
import type { LabelFile } from './read-labels';

/** More than these in one archive are no labels of one video. */
const maxEntries = 500_000;
/** Larger ones are not unpacked into memory, whatever their name. */
const maxEntryBytes = 1 << 28;

/** @throws `truncated-file` when an archive is damaged, `invalid-argument` for what no labels are */
export async function labelFiles(files: readonly SourceFile[]): Promise<LabelFile[]> {
  const found: LabelFile[] = [];
  for (const { path, file } of files) {
    if (/\.zip$/i.test(path)) found.push(...(await filesInZip(path, file)));
    else found.push({ path, blob: async () => file });
  }
  return found;
}

async function filesInZip(path: string, file: Blob): Promise<LabelFile[]> {
  const { unzipRaw } = await import('unzipit');
  try {
    const { entries } = await unzipRaw(file);
    if (entries.length > maxEntries) throw labelsWrong(path);
    return entries
      .filter(({ isDirectory, name }) => !isDirectory && !/(^|\/)(__MACOSX\/|\.)/.test(name))
      .map((entry) => ({
        path: entry.name,
        blob: async () => {
          if (entry.size > maxEntryBytes) throw labelsWrong(entry.name);
          return entry.blob();
        },
      }));
  } catch (cause) {
    if (cause instanceof MaskletError) throw cause;
    throw new MaskletError('truncated-file', 'This ZIP archive is damaged or cut short.', {
      reason: ['zip-damaged'],
      cause,
    });
  }
}
