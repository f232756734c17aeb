/** Values of a file that may hold anything: what is not as it has to be is told with its place. */
import { MaskletError } from '../../protocol/errors';
import type { MaskRle } from '../../protocol/mask';

/** Of masks: a side, and pixels in all. */
const maxSide = 16_384;
const maxPixels = 1 << 27;
const maxNameLength = 200;

/** @param place where in the file, such as `annotations[3].segmentation` */
export function labelsWrong(place: string): MaskletError {
  return new MaskletError('invalid-argument', `These labels can not be read: “${place}” is not as it has to be.`, {
    reason: ['labels-wrong', place],
  });
}

export function asRecord(value: unknown, place: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw labelsWrong(place);
  return value as Record<string, unknown>;
}

export function asList(value: unknown, place: string): unknown[] {
  if (!Array.isArray(value)) throw labelsWrong(place);
  return value;
}

export function asInteger(value: unknown, place: string): number {
  const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw labelsWrong(place);
  return number;
}

export function asText(value: unknown, place: string): string {
  if (typeof value !== 'string') throw labelsWrong(place);
  return value;
}

export function asSize(width: unknown, height: unknown, place: string): { width: number; height: number } {
  const size = { width: asInteger(width, place), height: asInteger(height, place) };
  const isUsable = Math.min(size.width, size.height) > 0 && Math.max(size.width, size.height) <= maxSide;
  if (!isUsable || size.width * size.height > maxPixels) throw labelsWrong(place);
  return size;
}

/** A name or an id as text; the fallback for anything else. */
export function textOr(value: unknown, fallback: string): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, maxNameLength) : fallback;
}

/** Runs that cover the mask, as they are kept: none is empty but perhaps the first. */
export function asRuns(width: number, height: number, counts: ArrayLike<number>, place: string): MaskRle {
  const kept: number[] = [0];
  let total = 0;
  for (let n = 0; n < counts.length; n++) {
    const count = counts[n]!;
    if (!Number.isSafeInteger(count) || count < 0) throw labelsWrong(place);
    total += count;
    if (count === 0) continue;
    // An empty run in between joins its neighbours.
    if (kept.length % 2 === 1 - (n % 2)) kept[kept.length - 1]! += count;
    else kept.push(count);
  }
  if (total !== width * height) throw labelsWrong(place);
  return { width, height, counts: Uint32Array.from(kept) };
}

/** The number in a file's name: the whole of it, or its last digits. */
export function frameNumberOf(path: string): number | null {
  const name = path.replace(/^.*[/\\]/, '').replace(/\.[^.]+$/, '');
  const digits = /^-?\d{1,9}$/.exec(name) ?? /\d{1,9}(?=\D*$)/.exec(name);
  return digits ? Number(digits[0]) : null;
}
