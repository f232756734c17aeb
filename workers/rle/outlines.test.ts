import fc from 'fast-check';
import { expect, it } from 'vitest';
import { joinOutlines, outlinesOf, thinOutline, type Point } from './outlines';
import { encodeRle } from './rle';

/** What a rasteriser makes of polygons: pixels whose centres are inside by the even-odd rule. */
function fill(outlines: readonly (readonly Point[])[], width: number, height: number): number[] {
  const edges = outlines.flatMap((points) => points.map((a, n) => [a, points[(n + 1) % points.length]!] as const));
  return Array.from({ length: width * height }, (_, at) => {
    const x = (at % width) + 0.5;
    const y = Math.floor(at / width) + 0.5;
    const crossed = edges.filter(
      ([[ax, ay], [bx, by]]) => ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax),
    );
    return crossed.length % 2;
  });
}

it('follows pixels: pieces and holes, and the same mask when filled', () => {
  const square = encodeRle([0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0], 4, 3);
  expect(outlinesOf(square)).toEqual([
    {
      points: [
        [3, 1],
        [3, 3],
        [1, 3],
        [1, 1],
      ],
      isHole: false,
    },
  ]);
  const ring = encodeRle([1, 1, 1, 1, 0, 1, 1, 1, 1], 3, 3);
  expect(outlinesOf(ring).map(({ isHole }) => isHole)).toEqual([false, true]);
  // Two pixels that touch at a corner are two pieces.
  expect(outlinesOf(encodeRle([1, 0, 0, 1], 2, 2))).toHaveLength(2);
  expect(outlinesOf(encodeRle([0, 0], 1, 2))).toEqual([]);
  const masks = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).chain(([width, height]) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      pixels: fc.array(fc.constantFrom(0, 1), { minLength: width * height, maxLength: width * height }),
    }),
  );
  fc.assert(
    fc.property(masks, ({ width, height, pixels }) => {
      const outlines = outlinesOf(encodeRle(pixels, width, height));
      const all = outlines.map(({ points }) => points);
      expect(fill(all, width, height)).toEqual(pixels);
      for (const points of all) expect(points.length).toBeGreaterThanOrEqual(4);
      // Bridges have no width: one polygon, the same pixels, holes and all.
      expect(fill([joinOutlines(all)], width, height)).toEqual(pixels);
    }),
  );
});

it('thins an outline within a tolerance', () => {
  const size = 64;
  const disc = Array.from({ length: size * size }, (_, at) =>
    Math.hypot((at % size) - 31.5, Math.floor(at / size) - 31.5) < 25 ? 1 : 0,
  );
  const { points } = outlinesOf(encodeRle(disc, size, size))[0]!;
  const thin = thinOutline(points, 1);
  expect(thin.length).toBeLessThan(points.length / 4);
  const differing = fill([thin], size, size).filter((pixel, at) => pixel !== disc[at]).length;
  expect(differing / disc.filter(Boolean).length).toBeLessThan(0.05);
  const pixel: Point[] = [
    [1, 0],
    [1, 1],
    [0, 1],
    [0, 0],
  ];
  expect(thinOutline(pixel, 5)).toEqual(pixel);
});
