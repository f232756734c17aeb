/** Finds the index of an ISO base media file: walks the boxes at its top, and reads `moov` and every `moof`. */
import { MaskletError } from '../../protocol/errors';
import { boxHeader, childBoxes, findBox, maxHeaderSize, type Box } from './boxes';
import type { FileBytes } from './file-bytes';

export type MovieBoxes = {
  moov: Box;
  fragments: MovieFragment[];
};

export type MovieFragment = {
  moof: Box;
  /** In the file, bytes: what the fragment's offsets count from. */
  start: number;
};

/** Ten times the index of a day's recording. */
const maxIndexBytes = 1 << 28;

/**
 * Samples are stepped over, wherever the index stands: in front of them, behind them, or in fragments among them.
 * @param signal stops reading; the promise rejects with its reason
 * @throws `truncated-file`
 */
export async function readMovieBoxes(file: FileBytes, signal: AbortSignal): Promise<MovieBoxes> {
  let moov: Box | undefined;
  const fragments: MovieFragment[] = [];
  let position = 0;
  while (position < file.size) {
    signal.throwIfAborted();
    const header = boxHeader(await file.peek(position, maxHeaderSize));
    if (!header) break;
    const size = Math.min(header.size, file.size - position);
    const isComplete = header.size === Infinity || header.size === size;
    if ((header.type === 'moov' || header.type === 'moof') && isComplete && size <= maxIndexBytes) {
      const [box] = childBoxes(await file.peek(position, size));
      if (box && header.type === 'moof') fragments.push({ moof: box, start: position });
      else if (box) moov ??= box;
      // Only a movie that announces fragments has more to tell further on. ISO 14496-12 §8.8.1.
      if (moov && !findBox(moov.payload, 'mvex')) break;
    }
    position += size;
  }
  if (moov) return { moov, fragments };
  throw new MaskletError(
    'truncated-file',
    'This video is cut short: the part of the file that lists its frames is missing. Copy or download it again.',
    { reason: ['index-missing'] },
  );
}
