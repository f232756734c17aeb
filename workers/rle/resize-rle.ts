/** Masks at another size: each pixel takes what lies under its centre. */
import type { MaskRle } from '../protocol/mask';
import { decodeRle, encodeRle } from './rle';

export function resizeRle(mask: MaskRle, width: number, height: number): MaskRle {
  if (mask.width === width && mask.height === height) return mask;
  const from = decodeRle(mask);
  const to = new Uint8Array(width * height);
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * mask.height) / height) * mask.width;
    for (let x = 0; x < width; x++, at++) to[at] = from[row + Math.floor(((x + 0.5) * mask.width) / width)]!;
  }
  return encodeRle(to, width, height);
}
