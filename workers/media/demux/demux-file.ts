/** A video file in, the index of its video out, or the reason why there is none. */
import { MaskletError } from '../../protocol/errors';
import type { EncodedVideo } from '../encoded-video';
import { containerKind, containerProbeSize, type ContainerKind } from './container-kind';
import { FileBytes } from './file-bytes';
import { openMatroska } from './matroska-demuxer';
import { openMp4 } from './mp4-demuxer';

const wayOn =
  'Repack it without loss: ffmpeg -i in -c copy out.mp4. Where that does not do, convert it to H.264 with HandBrake.';

/**
 * Told by its bytes, never by its name.
 * @param part of several video tracks, the one to take
 * @param signal stops reading; the promise rejects with its reason
 * @throws `not-a-video`, `unsupported-container`, `unsupported-codec`, `no-frames`, `truncated-file`, `invalid-argument` when
 *   there is no such part
 */
export async function demuxFile(file: Blob, signal: AbortSignal, part?: number): Promise<EncodedVideo> {
  const bytes = new FileBytes(file);
  if (bytes.size === 0)
    throw new MaskletError('not-a-video', 'This file is empty. Choose another one.', { reason: ['empty-file'] });
  const kind = containerKind(await bytes.peek(0, containerProbeSize));
  if (kind.kind === 'isobmff') return openMp4(bytes, part, signal);
  if (kind.kind === 'matroska') return openMatroska(bytes, part, signal);
  throw notOpened(kind);
}

/** Why a file of this kind is not opened. */
export function notOpened(kind: ContainerKind): MaskletError {
  if (kind.kind === 'video') {
    return new MaskletError('unsupported-container', `This is ${kind.name}, which can't be opened. ${wayOn}`, {
      reason: ['foreign-video', kind.name],
    });
  }
  if (kind.kind === 'archive') {
    return new MaskletError(
      'unsupported-container',
      `This is ${kind.name}, which can't be opened. Unpack it, and open the folder that comes out.`,
      { reason: ['foreign-archive', kind.name] },
    );
  }
  const what = kind.kind === 'other' ? `${kind.name}, not a video` : 'not a video that can be read';
  return new MaskletError(
    'not-a-video',
    `This file is ${what}. Choose an MP4, MOV, WebM or MKV file, or pictures as JPEG or PNG.`,
    { reason: ['no-video-file', kind.kind === 'other' ? kind.name : null] },
  );
}
