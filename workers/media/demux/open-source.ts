/** All that a person may choose as a video: a file, a folder or a selection of pictures, an archive. */
import { MaskletError } from '../../protocol/errors';
import type { OpenOptions, SourceFile } from '../../protocol/media-contract';
import type { EncodedVideo } from '../encoded-video';
import type { Animation, PictureSequence } from '../pictures';
import { containerKind, containerProbeSize } from './container-kind';
import { chooseParts } from '../source-parts';
import { demuxFile } from './demux-file';
import { FileBytes } from './file-bytes';
import { belowShared } from './find-sequence';
import { openAnimation } from './open-animation';
import { openPictures, pictureFile } from './open-pictures';
import { zipPictures } from './open-zip';

export type Source = EncodedVideo | PictureSequence | Animation;

/**
 * One file is told by its bytes, never by its name; the pictures of a sequence by their names.
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
  const videos = files.filter(({ path }) => isVideo.test(path) && !path.split('/').at(-1)!.startsWith('.'));
  if (videos.length === 0) return openPictures(files.map(pictureFile), options);
  // One video, and things beside it that are none.
  if (videos.length === 1) return openFile(videos[0]!.file, options, signal);
  const names = belowShared(videos.map(({ path }) => path));
  const parts = chooseParts(
    names.map((name) => ({ name, size: null, frameCount: null })),
    options.part,
  );
  const { part: _, ...rest } = options;
  return { ...(await openFile(videos[parts.chosen]!.file, rest, signal)), parts };
}

async function openFile(file: Blob, options: OpenOptions, signal: AbortSignal): Promise<Source> {
  const bytes = new FileBytes(file);
  const kind = containerKind(await bytes.peek(0, containerProbeSize));
  signal.throwIfAborted();
  if (kind.kind === 'zip') return openPictures(await zipPictures(file, signal), options);
  if (kind.kind !== 'picture') return demuxFile(file, signal, options.part);
  const animation = kind.mayMove ? await openAnimation(bytes, options.part) : null;
  return animation ?? openPictures([pictureFile({ path: `picture.${kind.codec}`, file })], options);
}

const isVideo = /\.(mp4|m4v|mov|webm|mkv|gif)$/i;
