/** Uncompressed COCO run lengths: column-major, background first. */
import { MaskletError } from '../protocol/errors';
import type { MaskRle, PixelBox } from '../protocol/mask';

/** @returns one byte a pixel, 0 or 1, row-major */
export function decodeRle({ width, height, counts }: MaskRle): Uint8Array {
  const pixels = new Uint8Array(width * height);
  forEachRun(counts, (start, end) => {
    for (let n = start; n < end; n++) pixels[(n % height) * width + Math.floor(n / height)] = 1;
  });
  return pixels;
}

/** @param pixels row-major; anything but 0 is inside */
export function encodeRle(pixels: ArrayLike<number>, width: number, height: number): MaskRle {
  const counts: number[] = [];
  let run = 0;
  let inside = false;
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      const isInside = pixels[y * width + x] !== 0;
      if (isInside !== inside) {
        counts.push(run);
        run = 0;
        inside = isInside;
      }
      run++;
    }
  }
  counts.push(run);
  return { width, height, counts: Uint32Array.from(counts) };
}

export function measureRle({ height, counts }: MaskRle): { area: number; box: PixelBox | null } {
  let area = 0;
  const box = { x0: Infinity, y0: Infinity, x1: 0, y1: 0 };
  forEachRun(counts, (start, end) => {
    area += end - start;
    const firstColumn = Math.floor(start / height);
    const lastColumn = Math.floor((end - 1) / height);
    box.x0 = Math.min(box.x0, firstColumn);
    box.x1 = Math.max(box.x1, lastColumn + 1);
    // A run that goes on in the next column touches both ends of it.
    const wraps = lastColumn > firstColumn;
    box.y0 = Math.min(box.y0, wraps ? 0 : start % height);
    box.y1 = Math.max(box.y1, wraps ? height : ((end - 1) % height) + 1);
  });
  return { area, box: area === 0 ? null : box };
}

/** @throws `invalid-argument` when the runs do not cover the mask exactly */
export function checkRle({ width, height, counts }: MaskRle): void {
  let sum = 0;
  for (const count of counts) sum += count;
  if (sum !== width * height) {
    throw new MaskletError('invalid-argument', `The runs of this mask cover ${sum} pixels, not ${width} × ${height}.`);
  }
}

/** Calls with the first and the end position of each foreground run, column-major. */
export function forEachRun(counts: Uint32Array, visit: (start: number, end: number) => void): void {
  let position = 0;
  counts.forEach((count, n) => {
    if (n % 2 === 1 && count > 0) visit(position, position + count);
    position += count;
  });
}
