/** All that a person may choose as a video: a file, a folder or a selection of pictures, an archive. */
import { MaskletError } from '../../protocol/errors';
import type { OpenOptions, SourceFile } from '../../protocol/media-contract';
import type { EncodedVideo } from '../encoded-video';
import type { Animation, PictureSequence } from '../pictures';
import { containerKind, containerProbeSize } from './container-kind';
import { demuxFile } from './demux-file';
import { FileBytes } from './file-bytes';
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
  { framesPerSecond }: OpenOptions,
  signal: AbortSignal,
): Promise<Source> {
  const [only, ...others] = files;
  if (!only) throw new MaskletError('invalid-argument', 'No file was given. Choose at least one.');
  const file = others.length > 0 ? onlyVideo(files) : only.file;
  if (!file) return openPictures(files.map(pictureFile), framesPerSecond);
  const bytes = new FileBytes(file);
  const kind = containerKind(await bytes.peek(0, containerProbeSize));
  signal.throwIfAborted();
  if (kind.kind === 'zip') return openPictures(await zipPictures(file, signal), framesPerSecond);
  if (kind.kind !== 'picture') return demuxFile(file, signal);
  const animation = kind.mayMove ? await openAnimation(bytes) : null;
  return animation ?? openPictures([pictureFile({ path: `picture.${kind.codec}`, file })], framesPerSecond);
}

const isVideo = /\.(mp4|m4v|mov|webm|mkv|gif)$/i;

/** The video in a folder that holds one, and things beside it that are none. */
function onlyVideo(files: readonly SourceFile[]): Blob | null {
  const videos = files.filter(({ path }) => isVideo.test(path) && !path.split('/').at(-1)!.startsWith('.'));
  if (videos.length > 1) {
    throw new MaskletError(
      'invalid-argument',
      `There are ${videos.length} videos among these files. Open one of them.`,
      { reason: ['several-videos', videos.length] },
    );
  }
  return videos[0]?.file ?? null;
}
