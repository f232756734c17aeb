import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeRle } from './rle';
import { gridShares } from './rle-grid';

it('tells the share of each cell that a mask covers, on grids finer and coarser than its pixels', () => {
  const half = encodeRle([1, 1, 0, 0, 1, 1, 0, 0], 4, 2);
  expect([...gridShares(half, 2)]).toEqual([1, 0, 1, 0]);
  expect([...gridShares(half, 1)]).toEqual([0.5]);
  expect([...gridShares(half, 4)]).toEqual([1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0]);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 81, maxLength: 81 }),
      fc.integer({ min: 1, max: 7 }),
      (width, height, pixels, side) => {
        const some = pixels.slice(0, width * height);
        const shares = gridShares(encodeRle(some, width, height), side);
        const covered = some.reduce((sum, pixel) => sum + pixel, 0) / some.length;
        expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeCloseTo(covered, 4);
        for (const share of shares) expect(share).toBeLessThan(1.0001);
      },
    ),
  );
});
