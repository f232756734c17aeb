/** One object a pixel: where masks overlap, the one with the largest logit has it. */
import type { MaskRle } from '../../protocol/mask';
import { interpolate, type Interpolation, type MaskAtVideoSize } from './resize-logits';
import { forEachRun, measureRle } from '../../rle/rle';

/** A mask at the video's size, and the logits that speak for it: float[side · side]. */
export type Claim = {
  rle: MaskRle;
  logits: Float32Array;
  /** Of a mask that a person asked for on this frame: when, by a number that grows. */
  statedAt?: number;
  /** They painted it: where it meets other masks no logits are compared. */
  isPainted?: boolean;
};

type Sampler = { logits: Float32Array; side: number; across: Interpolation; down: Interpolation };

/**
 * The masks of several objects without overlap. A pixel that only one of them claims stays with it, whatever its logit:
 * repairs claim pixels that the model did not. Ties are the earlier object's. What a person painted is theirs to the pixel,
 * until they say something else there: then the later word holds.
 * Source: `_apply_non_overlapping_constraints`, sam2_base.py@2b90b9f L891-L910, on logits interpolated to video size.
 */
export function resolveOverlaps(claims: readonly Claim[], width: number, height: number): MaskAtVideoSize[] {
  const samplers = claims.map(({ logits }): Sampler => {
    const side = Math.sqrt(logits.length);
    return { logits, side, across: interpolate(side, width), down: interpolate(side, height) };
  });
  // Column-major, as run lengths are; counted from 1.
  const owners = new Uint16Array(width * height);
  claims.forEach(({ rle }, n) => {
    forEachRun(rle.counts, (start, end) => {
      for (let at = start; at < end; at++) {
        const owner = owners[at]!;
        if (owner > 0) {
          const x = Math.floor(at / height);
          const y = at % height;
          const before = claims[owner - 1]!;
          if (claims[n]!.isPainted || before.isPainted) {
            if ((claims[n]!.statedAt ?? -1) <= (before.statedAt ?? -1)) continue;
          } else if (logitAt(samplers[n]!, x, y) <= logitAt(samplers[owner - 1]!, x, y)) continue;
        }
        owners[at] = n + 1;
      }
    });
  });
  const counts = claims.map((): number[] => []);
  const ends = claims.map(() => 0);
  for (let start = 0, end = 0; start < owners.length; start = end) {
    const owner = owners[start]!;
    while (end < owners.length && owners[end] === owner) end++;
    if (owner === 0) continue;
    counts[owner - 1]!.push(start - ends[owner - 1]!, end - start);
    ends[owner - 1] = end;
  }
  return counts.map((runs, n) => {
    const rest = owners.length - ends[n]!;
    const rle = { width, height, counts: Uint32Array.from(rest > 0 ? [...runs, rest] : runs) };
    return { rle, ...measureRle(rle) };
  });
}

function logitAt({ logits, side, across, down }: Sampler, x: number, y: number): number {
  const u = across.t[x]!;
  const v = down.t[y]!;
  const top = down.low[y]! * side;
  const bottom = down.high[y]! * side;
  const left = across.low[x]!;
  const right = across.high[x]!;
  const above = logits[top + left]! * (1 - u) + logits[top + right]! * u;
  const below = logits[bottom + left]! * (1 - u) + logits[bottom + right]! * u;
  return above * (1 - v) + below * v;
}
