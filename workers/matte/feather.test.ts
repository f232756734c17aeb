import fc from 'fast-check';
import { expect, it } from 'vitest';
import { featherMask } from './feather';

const [width, height] = [23, 17];
const cells = width * height;
const pixels = fc.uint8Array({ minLength: cells, maxLength: cells, max: 1 });
const radius = fc.integer({ min: 0, max: 9 });

/** Whether all pixels within so many steps to the sides are alike. */
function isUniform(mask: Uint8Array, at: number, within: number): boolean {
  const x = at % width;
  const y = Math.floor(at / width);
  for (let ny = Math.max(0, y - within); ny <= Math.min(height - 1, y + within); ny++) {
    for (let nx = Math.max(0, x - within); nx <= Math.min(width - 1, x + within); nx++) {
      if (mask[ny * width + nx] !== mask[at]) return false;
    }
  }
  return true;
}

it('fades over the radius and no further; what lies deeper is whole, what lies further off is nothing', () => {
  fc.assert(
    fc.property(pixels, radius, (mask, px) => {
      const alpha = featherMask(mask, width, height, px);
      mask.forEach((value, at) => {
        if (isUniform(mask, at, px)) expect(alpha[at]).toBe(value * 255);
      });
      expect([...featherMask(mask, width, height, 0)]).toEqual(Array.from(mask, (value) => value * 255));
    }),
  );
});

it('is a slope across an edge, symmetrical and straight through its middle', () => {
  const half = new Uint8Array(cells).map((_, at) => (at % width < 11 ? 1 : 0));
  const row = Array.from(featherMask(half, width, height, 6).slice(0, width));
  expect(row.slice(0, 5)).toEqual([255, 255, 255, 255, 255]);
  expect(row.slice(17)).toEqual([0, 0, 0, 0, 0, 0]);
  for (let n = 0; n < 11; n++) expect(row[10 - n]! + row[11 + n]!).toBe(255);
  for (let n = 1; n < width; n++) expect(row[n]).toBeLessThanOrEqual(row[n - 1]!);
  // The frame's border is no edge: an object cut off by it goes on.
  expect(row[0]).toBe(255);
});

it('masks that share a frame share it still', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: cells, maxLength: cells, max: 2 }), radius, (owners, px) => {
      const alphas = [0, 1, 2].map((one) =>
        featherMask(
          owners.map((owner) => (owner === one ? 1 : 0)),
          width,
          height,
          px,
        ),
      );
      for (let at = 0; at < cells; at++) {
        // Each is rounded on its own.
        expect(Math.abs(alphas.reduce((sum, alpha) => sum + alpha[at]!, 0) - 255)).toBeLessThanOrEqual(1);
      }
    }),
  );
});
