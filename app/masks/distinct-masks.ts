/** Which of several masks look different: those that are all but the same as one before are no choice. */
import type { MaskRle } from '../../workers/protocol/mask';

/** Intersection over union from which on two masks are the same to the eye. */
const sameFrom = 0.98;

/** @returns those that differ from all that are kept before them; `first` is kept whatever it is like. In their order. */
export function distinctMasks<T extends { rle: MaskRle }>(masks: readonly T[], first: T | undefined): T[] {
  const kept = new Set<T>(first ? [first] : []);
  for (const mask of masks) {
    if ([...kept].every(({ rle }) => maskIou(rle, mask.rle) < sameFrom)) kept.add(mask);
  }
  return masks.filter((mask) => kept.has(mask));
}

/** Intersection over union of two masks of one size; 1 where both are empty. */
export function maskIou(a: MaskRle, b: MaskRle): number {
  const total = a.width * a.height;
  let both = 0;
  let either = 0;
  let [runA, runB] = [0, 0];
  let [endA, endB] = [a.counts[0] ?? total, b.counts[0] ?? total];
  for (let at = 0; at < total;) {
    const end = Math.min(endA, endB, total);
    const [inA, inB] = [runA % 2 === 1, runB % 2 === 1];
    if (inA && inB) both += end - at;
    if (inA || inB) either += end - at;
    at = end;
    if (endA <= at) endA += a.counts[++runA] ?? total;
    if (endB <= at) endB += b.counts[++runB] ?? total;
  }
  return either === 0 ? 1 : both / either;
}
