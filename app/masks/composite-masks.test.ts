import { expect, it } from 'vitest';
import type { MaskRle } from '../../workers/protocol/mask';
import { compositeMasks, compositeMatte, distanceToEdge } from './composite-masks';
import { rasterizeMask } from './rasterize-mask';

/** Rows of `#` and `.` as run lengths in column-major order. */
function rle(rows: readonly string[]): MaskRle {
  const height = rows.length;
  const width = rows[0]!.length;
  const counts = [0];
  let isMask = false;
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      if ((rows[y]![x] === '#') !== isMask) {
        counts.push(0);
        isMask = !isMask;
      }
      counts[counts.length - 1]!++;
    }
  }
  return { width, height, counts: Uint32Array.from(counts) };
}

function draw({ width, height, data }: { width: number; height: number; data: Uint8Array }): string[] {
  return Array.from({ length: height }, (_, y) =>
    Array.from(data.subarray(y * width, (y + 1) * width), (value) => (value ? '#' : '.')).join(''),
  );
}

const shape = ['.#..', '####', '.##.'];
const whole = (width: number, height: number) => ({ x: 0, y: 0, width, height });

it('rasterises runs at the size of the video, larger, smaller and in part', () => {
  expect(draw(rasterizeMask(rle(shape), whole(4, 3), 4, 3))).toEqual(shape);
  expect(draw(rasterizeMask(rle(shape), whole(4, 3), 8, 6))).toEqual(
    shape.flatMap((row) => {
      const wide = row.replaceAll(/./g, '$&$&');
      return [wide, wide];
    }),
  );
  expect(draw(rasterizeMask(rle(shape), { x: 1, y: 0, width: 2, height: 3 }, 2, 3))).toEqual(['#.', '##', '##']);
  expect(draw(rasterizeMask(rle(['....', '.##.', '.##.', '....']), whole(4, 4), 2, 2))).toEqual(['#.', '..']);
});

it('rasterises runs that go on over columns, empty and full ones', () => {
  expect(draw(rasterizeMask(rle(['###', '###']), whole(3, 2), 3, 2))).toEqual(['###', '###']);
  expect(draw(rasterizeMask(rle(['...', '...']), whole(3, 2), 3, 2))).toEqual(['...', '...']);
  expect(draw(rasterizeMask(rle(['#.#', '###', '#.#']), whole(3, 3), 3, 3))).toEqual(['#.#', '###', '#.#']);
});

it('measures the distance to the edge, but not to the border of the picture', () => {
  const data = Uint8Array.from('.....######....'.repeat(1), (pixel) => (pixel === '#' ? 1 : 0));
  const line = distanceToEdge({ width: 15, height: 1, data });
  expect(Array.from(line.subarray(5, 11))).toEqual([5, 10, 15, 15, 10, 5]);
  const cut = distanceToEdge({ width: 4, height: 1, data: Uint8Array.of(1, 1, 1, 0) });
  expect(Array.from(cut)).toEqual([15, 10, 5, 0]);
});

it('never tells a distance beyond a byte', () => {
  const data = new Uint8Array(200 * 200).fill(1);
  data[0] = 0;
  const distance = distanceToEdge({ width: 200, height: 200, data });
  expect(Math.max(...distance)).toBe(248);
});

it('tints each mask and draws an outline inside its edge, the last layer on top', () => {
  const size = 12;
  const square = rle(
    Array.from({ length: size }, (_, y) =>
      Array.from({ length: size }, (_, x) => (x >= 2 && x < 10 && y >= 2 && y < 10 ? '#' : '.')).join(''),
    ),
  );
  const box = { x0: 2, y0: 2, x1: 10, y1: 10 };
  const color = [200, 100, 50] as const;
  const layer = { rle: square, box, color, fillAlpha: 0.5, outlinePx: 1, opacity: 1, featherPx: 0 };
  const pixel = (rgba: Uint8ClampedArray, x: number, y: number) =>
    Array.from(rgba.subarray((y * size + x) * 4, (y * size + x) * 4 + 4));

  const one = compositeMasks([layer], whole(size, size), size, size);
  expect(pixel(one, 0, 0)).toEqual([0, 0, 0, 0]);
  expect(pixel(one, 2, 5)).toEqual([200, 100, 50, 255]);
  expect(pixel(one, 5, 5)).toEqual([200, 100, 50, 128]);

  const two = compositeMasks([layer, { ...layer, color: [0, 0, 255] as const }], whole(size, size), size, size);
  expect(pixel(two, 2, 5)).toEqual([0, 0, 255, 255]);
  const [red, , blue, alpha] = pixel(two, 5, 5);
  expect(alpha).toBe(192);
  expect(blue).toBeGreaterThan(red!);

  expect(compositeMasks([{ ...layer, box: null }], whole(size, size), size, size).every((value) => value === 0)).toBe(
    true,
  );
});

it('fades feathered masks across their edge, in the overlay and as mattes', () => {
  const half = rle(Array.from({ length: 4 }, () => '########........'));
  const other = rle(Array.from({ length: 4 }, () => '........########'));
  const left = {
    rle: half,
    box: { x0: 0, y0: 0, x1: 8, y1: 4 },
    color: [200, 100, 50] as const,
    fillAlpha: 0.5,
    outlinePx: 0,
    opacity: 1,
    featherPx: 3,
  };
  const right = { ...left, rle: other, box: { x0: 8, y0: 0, x1: 16, y1: 4 } };
  const row = (rgba: Uint8ClampedArray, channel: number) =>
    Array.from({ length: 16 }, (_, x) => rgba[(16 + x) * 4 + channel]!);
  const alphas = row(compositeMasks([left], whole(16, 4), 16, 4), 3);
  expect(alphas.slice(0, 5)).toEqual([128, 128, 128, 128, 128]);
  expect(alphas.slice(11)).toEqual([0, 0, 0, 0, 0]);
  expect(alphas[8]).toBeGreaterThan(0);
  expect(alphas[8]).toBeLessThan(64);
  // The picture is twice the video's size, and so is the slope.
  const enlarged = compositeMasks([left], whole(16, 4), 32, 8);
  expect(enlarged[(32 + 20) * 4 + 3]).toBeGreaterThan(0);
  expect(enlarged[(32 + 22) * 4 + 3]).toBe(0);

  const matte = row(compositeMatte([left], whole(16, 4), 16, 4, 'matte'), 0);
  expect([matte[0], matte[15]]).toEqual([255, 0]);
  expect(matte[7]! + matte[8]!).toBe(255);
  expect(row(compositeMatte([left], whole(16, 4), 16, 4, 'cutout'), 3)).toEqual(matte.map((grey) => 255 - grey));
  // Where two meet there is no seam.
  const both = row(compositeMatte([left, right], whole(16, 4), 16, 4, 'matte'), 0);
  expect(both).toEqual(Array<number>(16).fill(255));
});
