/** All that a person may choose as a video: a file, a folder or a selection of pictures, an archive. */
import { MaskletError } from '../../protocol/errors';
import type { OpenOptions, SourceFile } from '../../protocol/media-contract';
import type { SourcePart } from '../../protocol/video';
import type { EncodedVideo } from '../encoded-video';
import type { Animation, PictureSequence } from '../pictures';
import { chooseParts, type SourceParts } from '../source-parts';
import { containerKind, containerProbeSize } from './container-kind';
import { demuxFile, notOpened } from './demux-file';
import { FileBytes } from './file-bytes';
import { belowShared, cleanPath, collator, isLitter } from './file-names';
import { findSequences, type FoundSequence } from './find-sequence';
import { openAnimation } from './open-animation';
import { openPictures, openSequence, pictureFile, type PictureFile } from './open-pictures';
import { zipFiles } from './open-zip';
import { indexFolders, sortFiles, type SortedFiles } from './sort-files';

export type Source = EncodedVideo | PictureSequence | Animation;

/**
 * Told by bytes. The names of pictures are believed, so that thousands of them cost nothing.
 * @param signal stops reading; the promise rejects with its reason
 * @throws as `MediaApi.open`
 */
export async function openSource(
  files: readonly SourceFile[],
  options: OpenOptions,
  signal: AbortSignal,
): Promise<Source> {
  const [only, ...others] = files;
  if (!only) throw new MaskletError('invalid-argument', 'No file was given. Choose at least one.');
  if (others.length === 0) return openFile(only.file, options, signal);
  const named = files.map(({ path, file }) => ({ path: cleanPath(path), file }));
  return openMany(named.filter(({ path }) => !isLitter(path)).map(pictureFile), options, signal);
}

async function openFile(file: Blob, options: OpenOptions, signal: AbortSignal): Promise<Source> {
  const bytes = new FileBytes(file);
  const kind = containerKind(await bytes.peek(0, containerProbeSize));
  signal.throwIfAborted();
  if (kind.kind === 'zip') return openMany(await zipFiles(file, signal), options, signal);
  if (kind.kind !== 'picture') return demuxFile(file, signal, options.part);
  const animation = kind.mayMove ? await openAnimation(bytes, options.part) : null;
  return animation ?? openPictures([pictureFile({ path: `picture.${kind.codec}`, file })], options);
}

/** Films come before pictures: a poster beside a film is not what is meant. */
async function openMany(files: readonly PictureFile[], options: OpenOptions, signal: AbortSignal): Promise<Source> {
  const sorted = await sortFiles(files, signal);
  const { films } = sorted;
  const sequences = await sequencesOf(files, sorted);
  if (films.length === 0 && sequences.length === 0) return openOthers(sorted, options, signal);
  const parts = partsOf(films, sequences, files, options.part);
  const film = films[parts.chosen];
  const found = sequences[parts.chosen - films.length];
  if (!film) return openSequence(found!, files, parts, options.framesPerSecond);
  // Alone, its tracks are what there is to choose from.
  if (parts.all.length === 1) return openFile(await film.read(), options, signal);
  const { part: _, ...rest } = options;
  return { ...(await openFile(await film.read(), rest, signal)), parts };
}

async function sequencesOf(files: readonly PictureFile[], { pictures }: SortedFiles): Promise<FoundSequence[]> {
  if (pictures.size === 0) return [];
  const isPicture = (path: string) => pictures.has(path);
  const paths = files.map(({ path }) => path);
  return findSequences(paths, {
    isPicture,
    indexFolders: await indexFolders(files.filter(({ path }) => isPicture(path))),
  });
}

function partsOf(
  films: readonly PictureFile[],
  sequences: readonly FoundSequence[],
  files: readonly PictureFile[],
  asked: number | undefined,
): SourceParts {
  const places = [
    ...films.map(({ path }) => path),
    // A folder that is shared with a film has no name of its own: its first picture has.
    ...sequences.map(({ folder, pictures }) => (films.length > 0 ? files[pictures[0]!]!.path : folder)),
  ];
  const names = belowShared(places);
  const all = names.map((name, n): SourcePart => {
    const frameCount = sequences[n - films.length]?.pictures.length ?? null;
    return { name, size: null, frameCount };
  });
  return chooseParts(all, asked);
}

/** Archives in a folder; or why nothing can be opened. */
async function openOthers(
  { archives, refused }: SortedFiles,
  options: OpenOptions,
  signal: AbortSignal,
): Promise<Source> {
  const [archive] = archives.toSorted((a, b) => collator.compare(a.path, b.path));
  if (archive) return openFile(await archive.read(), options, signal);
  if (refused) throw notOpened(refused);
  throw new MaskletError('not-a-video', 'There is no video and no picture among these files. Choose others.', {
    reason: ['nothing-to-open'],
  });
}
