import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { MaskRle } from '../../workers/protocol/mask';
import { editMask, emptyMask, maskFromPixels, maskHas, polygonSpans, strokeSpans, type VideoPoint } from './edit-mask';

const size = { width: 23, height: 17 };

function pixels(mask: MaskRle): boolean[] {
  return Array.from({ length: mask.width * mask.height }, (_, at) =>
    maskHas(mask, at % mask.width, Math.floor(at / mask.width)),
  );
}

const point = fc.record({ x: fc.integer({ min: -40, max: 260 }), y: fc.integer({ min: -40, max: 200 }) }).map(
  // Off the grid, so that no centre lies exactly on a border.
  ({ x, y }) => ({ x: x / 10 + 0.0123, y: y / 10 + 0.0171 }),
);
const mask = fc
  .array(fc.boolean(), { minLength: size.width * size.height, maxLength: size.width * size.height })
  .map((inside) => ({ inside, rle: maskFromPixels(size, (at) => inside[at]!) }));

function distance({ x, y }: VideoPoint, a: VideoPoint, b: VideoPoint): number {
  const lengthSquared = (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
  const share = lengthSquared === 0 ? 0 : ((x - a.x) * (b.x - a.x) + (y - a.y) * (b.y - a.y)) / lengthSquared;
  const t = Math.max(0, Math.min(1, share));
  return Math.hypot(x - a.x - t * (b.x - a.x), y - a.y - t * (b.y - a.y));
}

it('keeps every pixel of a mask in its runs', () => {
  fc.assert(
    fc.property(mask, ({ inside, rle }) => {
      expect(pixels(rle)).toEqual(inside);
      expect(rle.counts.reduce((sum, count) => sum + count, 0)).toBe(size.width * size.height);
      // Only the first run may be empty.
      expect(rle.counts.subarray(1)).not.toContain(0);
    }),
  );
});

it('paints and erases exactly the pixels near the stroke', () => {
  fc.assert(
    fc.property(
      mask,
      fc.array(point, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 3, max: 60 }),
      fc.boolean(),
      ({ inside, rle }, line, tenths, isAdding) => {
        const radius = tenths / 10 + 0.003;
        const segments = line.length > 1 ? line.slice(1).map((b, n) => [line[n]!, b] as const) : [[line[0]!, line[0]!]];
        const expected = inside.map((was, at) => {
          const centre = { x: (at % size.width) + 0.5, y: Math.floor(at / size.width) + 0.5 };
          const isNear = segments.some(([a, b]) => distance(centre, a, b) <= radius);
          return isNear ? isAdding : was;
        });
        expect(pixels(editMask(rle, strokeSpans(line, radius, size), isAdding))).toEqual(expected);
      },
    ),
  );
});

it('fills a closed line by the even-odd rule', () => {
  fc.assert(
    fc.property(fc.array(point, { minLength: 3, maxLength: 7 }), (corners) => {
      const expected = Array.from({ length: size.width * size.height }, (_, at) => {
        const x = (at % size.width) + 0.5;
        const y = Math.floor(at / size.width) + 0.5;
        let isInside = false;
        corners.forEach((a, n) => {
          const b = corners[(n + 1) % corners.length]!;
          if (a.x > x !== b.x > x && y > a.y + ((x - a.x) / (b.x - a.x)) * (b.y - a.y)) isInside = !isInside;
        });
        return isInside;
      });
      expect(pixels(editMask(emptyMask(size), polygonSpans(corners, size), true))).toEqual(expected);
    }),
  );
});

it('leaves a mask as it was when what is drawn lies beside the video', () => {
  const full = maskFromPixels(size, () => true);
  expect(full.counts).toEqual(Uint32Array.of(0, size.width * size.height));
  const beside = strokeSpans([{ x: -20, y: 5 }], 4, size);
  expect(editMask(full, beside, false)).toEqual(full);
  expect(maskHas(full, -1, 3)).toBe(false);
});
