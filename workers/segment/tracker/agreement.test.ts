import { expect, it } from 'vitest';
import { agreement, AgreementWatch } from './agreement';
import type { FrameMask } from './frame-output';

/** A disc on a grid of 48 × 48, with some cells flipped. */
function disc(radius: number, flipped: readonly [number, number][] = []): FrameMask {
  const maskLogits = Float32Array.from({ length: 48 * 48 }, (_, n) => {
    const [x, y] = [n % 48, Math.floor(n / 48)];
    const isInside = Math.hypot(x - 24, y - 24) <= radius;
    return isInside === flipped.some(([fx, fy]) => fx === x && fy === y) ? -5 : 5;
  });
  return { maskLogits } as FrameMask;
}

const settles = (mask: FrameMask, before: FrameMask | null) => {
  const watch = new AgreementWatch({ iou: 0.97, frames: 2 });
  for (let n = 0; n < 2; n++) watch.note(1, agreement(mask, before), { frameIndex: n, isReverse: false });
  return watch.hasSettled(1);
};

it('agrees by the union, and for small objects by their edge', () => {
  expect(agreement(disc(4), disc(4))).toMatchObject({ iou: 1, differing: 0 });
  expect(agreement(disc(-1), disc(-1))).toMatchObject({ iou: 1, edge: 0 });
  expect(agreement(disc(4), null)).toBeNull();
  // Two cells of the edge of a small disc are more than 3 in 100, and yet nothing that anybody sees.
  const nearly = disc(4, [
    [28, 24],
    [24, 28],
  ]);
  expect(agreement(nearly, disc(4))!.iou).toBeLessThan(0.97);
  expect(settles(nearly, disc(4))).toBe(true);
  // All of its edge is not.
  expect(settles(disc(5), disc(4))).toBe(false);
  // Gone is not, whatever its edge was.
  expect(settles(disc(-1), disc(4))).toBe(false);
  expect(settles(disc(4), null)).toBe(false);
});

it('counts from a frame on, in the direction of the run', () => {
  for (const isReverse of [false, true]) {
    const watch = new AgreementWatch({ iou: 0.97, frames: 2, beyond: 10 });
    const settledAt = Array.from({ length: 12 }, (_, n) => (isReverse ? 15 - n : 5 + n)).find((frameIndex) => {
      watch.note(1, agreement(disc(4), disc(4)), { frameIndex, isReverse });
      return watch.hasSettled(1);
    });
    expect(settledAt).toBe(isReverse ? 8 : 12);
  }
});
