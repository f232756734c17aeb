/** All masks of a frame as one picture of numbers, for formats in which a pixel belongs to one object. */
import type { MaskRle } from '../../protocol/mask';
import { forEachRun } from '../../rle/rle';
import type { FrameOfMasks } from '../format';

/**
 * Where masks overlap, the later object in the list is kept, as it lies on top on screen.
 * @param pixels row-major, zeroed; of the video's size
 * @param valueOf an object's number, by its place in the request
 */
export function paintObjects<Pixels extends Uint8Array | Uint16Array>(
  pixels: Pixels,
  masks: FrameOfMasks['masks'],
  valueOf: (object: FrameOfMasks['masks'][0]['object']) => number,
): Pixels {
  for (const { object, rle } of masks) paint(pixels, rle, valueOf(object));
  return pixels;
}

function paint(pixels: Uint8Array | Uint16Array, { width, height, counts }: MaskRle, value: number): void {
  forEachRun(counts, (start, end) => {
    let x = Math.floor(start / height);
    let y = start % height;
    for (let position = start; position < end; position++) {
      pixels[y * width + x] = value;
      if (++y === height) {
        y = 0;
        x++;
      }
    }
  });
}
