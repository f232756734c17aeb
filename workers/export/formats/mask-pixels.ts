/** Masks as pixels, row-major, for files that hold them so. */
import { featherMask } from '../../matte/feather';
import type { MaskRle, PixelBox } from '../../protocol/mask';
import { forEachRun } from '../../rle/rle';

/** Yes or no. @param inside value of the mask's pixels; those outside are 0 */
export function maskPixels({ width, height, counts }: MaskRle, inside = 255): Uint8Array {
  const pixels = new Uint8Array(width * height);
  let position = 0;
  counts.forEach((count, n) => {
    if (n % 2 === 1) {
      for (let p = position; p < position + count; p++) pixels[(p % height) * width + Math.floor(p / height)] = inside;
    }
    position += count;
  });
  return pixels;
}

/** How far inside every pixel is, 0 to 255. Only the part that the soft edge may reach is blurred. */
export function mattePixels(rle: MaskRle, featherPx: number): Uint8Array {
  const { width, height } = rle;
  const mask = maskPixels(rle, 1);
  const box = { x0: width, y0: height, x1: 0, y1: 0 };
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      if (mask[at] === 0) continue;
      box.x0 = Math.min(box.x0, x);
      box.y0 = Math.min(box.y0, y);
      box.x1 = Math.max(box.x1, x + 1);
      box.y1 = y + 1;
    }
  }
  if (box.x1 === 0) return mask;
  const left = Math.max(0, box.x0 - featherPx);
  const top = Math.max(0, box.y0 - featherPx);
  const partWidth = Math.min(width, box.x1 + featherPx) - left;
  const partHeight = Math.min(height, box.y1 + featherPx) - top;
  const part = new Uint8Array(partWidth * partHeight);
  for (let y = 0; y < partHeight; y++) {
    const from = (top + y) * width + left;
    part.set(mask.subarray(from, from + partWidth), y * partWidth);
  }
  const soft = featherMask(part, partWidth, partHeight, featherPx);
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < partHeight; y++) {
    pixels.set(soft.subarray(y * partWidth, (y + 1) * partWidth), (top + y) * width + left);
  }
  return pixels;
}

/** The part of a mask within a box, row-major, 0 or 1. */
export function boxPixels({ height, counts }: MaskRle, { x0, y0, x1, y1 }: PixelBox): Uint8Array {
  const width = x1 - x0;
  const pixels = new Uint8Array(width * (y1 - y0));
  forEachRun(counts, (start, end) => {
    for (let position = Math.max(start, x0 * height); position < Math.min(end, x1 * height); position++) {
      const y = position % height;
      if (y >= y0 && y < y1) pixels[(y - y0) * width + Math.floor(position / height) - x0] = 1;
    }
  });
  return pixels;
}
