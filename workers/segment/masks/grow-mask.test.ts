import fc from 'fast-check';
import { expect, it } from 'vitest';
import { growMask, smoothMask } from './grow-mask';
import { decodeRle, encodeRle } from '../../rle/rle';

const size = { width: 19, height: 13 };
const cells = size.width * size.height;
const pixels = fc.uint8Array({ minLength: cells, maxLength: cells, max: 1 });
const sparse = pixels.map((data) => data.map((value, at) => (at % 5 === 0 ? value : 0)));

/** The definition: a pixel is inside when a mask pixel lies within the radius. Beyond the border nothing is asked. */
function dilate(data: Uint8Array, radius: number): Uint8Array {
  return data.map((_, at) => {
    const x = at % size.width;
    const y = Math.floor(at / size.width);
    for (let dy = -radius; dy <= radius; dy++) {
      for (let dx = -radius; dx <= radius; dx++) {
        const [nx, ny] = [x + dx, y + dy];
        const isOn = nx >= 0 && ny >= 0 && nx < size.width && ny < size.height;
        if (isOn && dx ** 2 + dy ** 2 <= radius ** 2 && data[ny * size.width + nx] === 1) return 1;
      }
    }
    return 0;
  });
}

const invert = (data: Uint8Array) => data.map((value) => 1 - value);
const rleOf = (data: Uint8Array) => encodeRle(data, size.width, size.height);

it('grows and shrinks by discs, exactly', () => {
  fc.assert(
    fc.property(fc.oneof(sparse, pixels), fc.integer({ min: 1, max: 4 }), (data, radius) => {
      const grown = growMask(rleOf(data), radius);
      expect(grown).toEqual(rleOf(dilate(data, radius)));
      expect(growMask(rleOf(data), -radius)).toEqual(rleOf(invert(dilate(invert(data), radius))));
    }),
  );
});

it('smooths: what is smooth stays, what a disc does not fit into goes', () => {
  const square = new Uint8Array(cells);
  for (let y = 3; y < 10; y++) for (let x = 4; x < 14; x++) square[y * size.width + x] = 1;
  const spiked = square.slice();
  for (let x = 14; x < 18; x++) spiked[6 * size.width + x] = 1;
  const smooth = decodeRle(smoothMask(rleOf(spiked), 2));
  expect(smooth[6 * size.width + 16]).toBe(0);
  expect(smooth[6 * size.width + 8]).toBe(1);
  expect(smoothMask(rleOf(square), 0)).toEqual(rleOf(square));
  fc.assert(
    fc.property(pixels, (data) => {
      const once = smoothMask(rleOf(data), 1);
      expect(once.counts.reduce((sum, count) => sum + count, 0)).toBe(cells);
    }),
  );
});
