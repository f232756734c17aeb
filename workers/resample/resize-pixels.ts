/** Pixels squashed to S×S as the reference loads frames: Pillow's bicubic, in its own integer arithmetic. Pure. */
import { cubic, fixedPoint, planResize, type FixedPlan } from './antialiased-resize';
import type { RgbPixels } from './read-pixels';

/**
 * Pillow's bicubic on 8-bit pixels, rounded between the two passes.
 * @param size S
 * @returns uint8[S, S, 3]
 * Source: `_load_img_as_tensor`, sam2/utils/misc.py@2b90b9f.
 */
export function resizePixels({ data, width, height }: RgbPixels, size: number): Uint8ClampedArray<ArrayBuffer> {
  const across = fixedPoint(planResize(width, size, cubic), unitBits);
  const down = fixedPoint(planResize(height, size, cubic), unitBits);
  // Rounding between the passes makes their order matter. Pillow 13 goes down first where that leaves less to do; of its
  // rule, the case that a tall narrow picture makes unmistakable is kept.
  const isDownFirst = height > size && width < size;
  return isDownFirst
    ? resizeAcross(resizeDown(data, 4, width, size, down), 3, width, size, size, across)
    : resizeDown(resizeAcross(data, 4, width, height, size, across), 3, size, size, down);
}

/** Pillow's arithmetic on 8-bit pixels: weights in units of 2^-22, sums in integers. Rounding ties depend on it. */
const unitBits = 22;
const half = 1 << (unitBits - 1);

/**
 * @param step bytes a pixel, of which the first three are colours
 * @returns bytes[height, size, 3]
 */
function resizeAcross(
  data: Uint8ClampedArray,
  step: number,
  width: number,
  height: number,
  size: number,
  plan: FixedPlan,
): Uint8ClampedArray<ArrayBuffer> {
  const rows = new Uint8ClampedArray(height * size * 3);
  let out = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < size; x++) {
      let red = half;
      let green = half;
      let blue = half;
      let source = (y * width + plan.first[x]!) * step;
      const start = x * plan.taps;
      const end = start + plan.count[x]!;
      for (let tap = start; tap < end; tap++, source += step) {
        const weight = plan.weights[tap]!;
        // Sums stay within 32 bits, which keeps the engine's arithmetic on integers.
        red = (red + data[source]! * weight) | 0;
        green = (green + data[source + 1]! * weight) | 0;
        blue = (blue + data[source + 2]! * weight) | 0;
      }
      rows[out++] = red >> unitBits;
      rows[out++] = green >> unitBits;
      rows[out++] = blue >> unitBits;
    }
  }
  return rows;
}

/**
 * @param step bytes a pixel, of which the first three are colours
 * @returns bytes[size, width, 3]
 */
function resizeDown(
  data: Uint8ClampedArray,
  step: number,
  width: number,
  size: number,
  plan: FixedPlan,
): Uint8ClampedArray<ArrayBuffer> {
  const sums = new Int32Array(width * 3);
  const rows = new Uint8ClampedArray(size * width * 3);
  for (let y = 0; y < size; y++) {
    sums.fill(half);
    for (let tap = 0; tap < plan.count[y]!; tap++) {
      const weight = plan.weights[y * plan.taps + tap]!;
      let source = (plan.first[y]! + tap) * width * step;
      for (let n = 0; n < sums.length; n += 3, source += step) {
        sums[n]! += data[source]! * weight;
        sums[n + 1]! += data[source + 1]! * weight;
        sums[n + 2]! += data[source + 2]! * weight;
      }
    }
    const start = y * width * 3;
    for (let n = 0; n < sums.length; n++) rows[start + n] = sums[n]! >> unitBits;
  }
  return rows;
}
