/** Masks joined and compared without pixels. Both must have one size. */
import type { MaskRle } from '../protocol/mask';

export type Operation = 'union' | 'intersection' | 'difference';

const keeps: Record<Operation, (a: boolean, b: boolean) => boolean> = {
  union: (a, b) => a || b,
  intersection: (a, b) => a && b,
  difference: (a, b) => a && !b,
};

/** Pixels of both, of either, or of `a` without `b`. */
export function combineRle(a: MaskRle, b: MaskRle, operation: Operation): MaskRle {
  const counts: number[] = [0];
  let isInside = false;
  forEachStretch(a, b, (length, inA, inB) => {
    const next = keeps[operation](inA, inB);
    if (next !== isInside) {
      counts.push(0);
      isInside = next;
    }
    counts[counts.length - 1]! += length;
  });
  return { width: a.width, height: a.height, counts: Uint32Array.from(counts) };
}

/** Intersection over union; 1 where both are empty. */
export function iouRle(a: MaskRle, b: MaskRle): number {
  let both = 0;
  let either = 0;
  forEachStretch(a, b, (length, inA, inB) => {
    if (inA && inB) both += length;
    if (inA || inB) either += length;
  });
  return either === 0 ? 1 : both / either;
}

/** Walks both masks at once: stretches of pixels within one run of each. */
function forEachStretch(a: MaskRle, b: MaskRle, visit: (length: number, inA: boolean, inB: boolean) => void): void {
  const total = a.width * a.height;
  let runA = 0;
  let runB = 0;
  let leftA = a.counts[0] ?? total;
  let leftB = b.counts[0] ?? total;
  for (let done = 0; done < total;) {
    while (leftA === 0) leftA = a.counts[++runA] ?? total - done;
    while (leftB === 0) leftB = b.counts[++runB] ?? total - done;
    const length = Math.min(leftA, leftB);
    visit(length, runA % 2 === 1, runB % 2 === 1);
    leftA -= length;
    leftB -= length;
    done += length;
  }
}
