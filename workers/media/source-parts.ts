/** Of several videos in what was chosen, the one to open. Pure. */
import { MaskletError } from '../protocol/errors';
import type { SourcePart } from '../protocol/video';

export type SourceParts = {
  /** All that could be opened; a single one for most sources. */
  readonly all: readonly SourcePart[];
  /** Which of them is. */
  readonly chosen: number;
};

/**
 * @param asked by the caller; by default the one that `usual` says
 * @throws `invalid-argument` when there is no such part
 */
export function chooseParts(all: readonly SourcePart[], asked: number | undefined, usual = 0): SourceParts {
  const chosen = asked ?? usual;
  if (all[chosen]) return { all, chosen };
  throw new MaskletError(
    'invalid-argument',
    `\`part\` must be a whole number from 0 to ${all.length - 1}, not ${asked}.`,
  );
}
