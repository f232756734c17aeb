/** Trim and stride: some frames of a source, with their numbers and times there. Pure. */
import { MaskletError } from '../protocol/errors';
import type { FrameSelection } from '../protocol/media-contract';
import type { FrameTable, SourceFrames } from './frame-table';

/**
 * @param numbers per frame, what the source calls it; its index, by default
 * @throws `invalid-argument`, `frame-out-of-range` when `from` is past the end
 */
export function selectFrames(
  table: FrameTable,
  selection: FrameSelection,
  numbers: SourceFrames['sourceFrames'] | null,
): SourceFrames {
  const { frameSamples, timestampsUs, durationUs } = table;
  const count = frameSamples.length;
  const from = wholeNumber(selection.from ?? 0, 'from', 0);
  const stride = wholeNumber(selection.stride ?? 1, 'stride', 1);
  const to = Math.min(count - 1, wholeNumber(selection.to ?? Infinity, 'to', from));
  if (from >= count) {
    throw new MaskletError('frame-out-of-range', `There is no frame ${from}: this video has frames 0 to ${count - 1}.`);
  }
  const chosen = Uint32Array.from({ length: Math.floor((to - from) / stride) + 1 }, (_, n) => from + n * stride);
  const last = chosen.at(-1)!;
  const isChosen = (frame: number) => frame >= from && frame <= last && (frame - from) % stride === 0;
  const sourceStartUs = timestampsUs[from]!;
  // The last frame lasts until the next one would have come, or until the trim.
  const end = Math.min(last + stride, to + 1);
  return {
    frameSamples: chosen.map((frame) => frameSamples[frame]!),
    timestampsUs: Float64Array.from(chosen, (frame) => timestampsUs[frame]! - sourceStartUs),
    durationUs: (timestampsUs[end] ?? durationUs) - sourceStartUs,
    sourceFrames: numbers ? numbers.filter((_, frame) => isChosen(frame)) : chosen,
    sourceStartUs,
  };
}

function wholeNumber(value: number, name: string, least: number): number {
  const isWhole = Number.isInteger(value) || (name === 'to' && value === Infinity);
  if (isWhole && value >= least) return value;
  throw new MaskletError('invalid-argument', `\`${name}\` must be a whole number of at least ${least}, not ${value}.`);
}
