import { expect, it } from 'vitest';
import { overlapShare } from './overlap-share';

it('is the share of a mask that others claim too', () => {
  const mask = Float32Array.of(1, 1, 1, 1, -1, -1);
  expect(overlapShare(mask, [])).toBe(0);
  expect(overlapShare(mask, [Float32Array.of(-1, -1, -1, -1, 1, 1)])).toBe(0);
  // Claimed twice counts once.
  const half = Float32Array.of(2, -1, 3, -1, 5, 5);
  expect(overlapShare(mask, [half, half])).toBe(0.5);
  expect(overlapShare(Float32Array.of(-1, 0), [Float32Array.of(1, 1)])).toBe(0);
  // Of another model's size.
  expect(overlapShare(mask, [Float32Array.of(1)])).toBe(0);
});
