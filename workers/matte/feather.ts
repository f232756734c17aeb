/**
 * Soft edges of masks, the same for view and export. Three box blurs in each direction: close to a Gaussian, but it
 * ends, so that what lies deeper than the radius is fully inside and what lies further off is not there at all.
 */

/**
 * How far inside every pixel is, 0 to 255. Blurring is linear: masks that do not overlap and have the same radius sum to
 * 255 at most, and to 255 where they meet.
 * @param mask row-major, 0 or 1; what its border cuts off goes on beyond it
 * @param radiusPx over which an edge fades, to each side; whole pixels
 */
export function featherMask(mask: Uint8Array, width: number, height: number, radiusPx: number): Uint8Array {
  // Sums, not means: they are whole numbers below 2^53, so that the result does not depend on rounding on the way.
  let sums = Float64Array.from(mask);
  let unit = 1;
  for (let n = 0; n < 3; n++) {
    const radius = Math.floor((radiusPx + n) / 3);
    if (radius === 0) continue;
    sums = boxSums(boxSums(sums, width, height, radius, 1, width), height, width, radius, width, 1);
    unit *= (2 * radius + 1) ** 2;
  }
  return Uint8Array.from(sums, (sum) => Math.round((sum / unit) * 255));
}

/** Sums over 2 · radius + 1 values along one axis; the first and the last value go on beyond the border. */
function boxSums(
  values: Float64Array<ArrayBuffer>,
  length: number,
  lines: number,
  radius: number,
  step: number,
  lineStep: number,
): Float64Array<ArrayBuffer> {
  const sums = new Float64Array(values.length);
  const last = length - 1;
  for (let line = 0; line < lines; line++) {
    const start = line * lineStep;
    const at = (n: number) => values[start + (n < 0 ? 0 : n > last ? last : n) * step]!;
    let sum = 0;
    for (let n = -radius; n <= radius; n++) sum += at(n);
    for (let n = 0; n < length; n++) {
      sums[start + n * step] = sum;
      sum += at(n + radius + 1) - at(n - radius);
    }
  }
  return sums;
}
