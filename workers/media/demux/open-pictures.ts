/** Pictures in, the table of a video's frames out. None of them is read before it is shown. */
import { MaskletError } from '../../protocol/errors';
import type { OpenOptions, SourceFile } from '../../protocol/media-contract';
import type { FrameTable } from '../frame-table';
import type { PictureSequence } from '../pictures';
import { chooseParts, type SourceParts } from '../source-parts';
import { findSequences, type FoundSequence } from './find-sequence';
import { pictureCodec } from './picture-names';

/** A picture among others: its path, and how to get at it. */
export type PictureFile = { path: string; read: () => Promise<Blob> };

const defaultFramesPerSecond = 25;
const maxFramesPerSecond = 1000;

/**
 * @param options `framesPerSecond`, because pictures carry no times; by default what a folder's name says, or 25. `part`,
 *   of several sequences; by default the first one
 * @throws `not-a-video`, `invalid-argument` when there is no such part
 */
export function openPictures(
  files: readonly PictureFile[],
  { framesPerSecond, part }: Pick<OpenOptions, 'framesPerSecond' | 'part'>,
): PictureSequence {
  const sequences = findSequences(files.map(({ path }) => path));
  const parts = chooseParts(
    sequences.map(({ name, pictures }) => ({ name, size: null, frameCount: pictures.length })),
    part,
  );
  return openSequence(sequences[parts.chosen]!, files, parts, framesPerSecond);
}

/**
 * @param found of these files
 * @param framesPerSecond by default what a folder's name says, or 25
 * @throws `invalid-argument` when that is no rate
 */
export function openSequence(
  found: FoundSequence,
  files: readonly PictureFile[],
  parts: SourceParts,
  framesPerSecond: number | undefined,
): PictureSequence {
  const rate = framesPerSecond ?? found.framesPerSecond ?? defaultFramesPerSecond;
  if (!(rate > 0 && rate <= maxFramesPerSecond)) {
    throw new MaskletError('invalid-argument', `\`framesPerSecond\` must be above 0 and at most 1000, not ${rate}.`);
  }
  const pictures = found.pictures.map((n) => files[n]!);
  return {
    kind: 'pictures',
    parts,
    codec: pictureCodec(pictures[0]!.path) ?? 'picture',
    frames: evenly(pictures.length, rate, found.numbers),
    numbers: found.numbers,
    read: (picture) => pictures[picture]!.read(),
  };
}

/** @throws `truncated-file` from `read` when the file is gone */
export function pictureFile({ path, file }: SourceFile): PictureFile {
  return { path, read: async () => file };
}

/** Where numbers leave some out, so does time: of every fifth frame of 30 a second, six are shown a second. */
function evenly(count: number, rate: number, numbers: Uint32Array | Int32Array | null): FrameTable {
  const first = numbers?.[0] ?? 0;
  const timestampsUs = Float64Array.from({ length: count }, (_, n) =>
    Math.round((((numbers?.[n] ?? n) - first) * 1e6) / rate),
  );
  const lastUs = timestampsUs.at(-1)!;
  const step = count > 1 && numbers ? lastUs - timestampsUs.at(-2)! : 1e6 / rate;
  return {
    frameSamples: Uint32Array.from({ length: count }, (_, n) => n),
    timestampsUs,
    durationUs: Math.round(lastUs + step),
  };
}
