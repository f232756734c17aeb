/** Square pictures turned and mirrored. Pure. */

/**
 * @param pixels uint8[size, size, 3]
 * @param orientation a, b, c, d, each -1, 0 or 1: (x, y) is seen at (ax + cy, bx + dy)
 * @returns the same pixels where there is nothing to turn
 */
export function turnPixels(
  pixels: Uint8ClampedArray<ArrayBuffer>,
  size: number,
  [a, b, c, d]: readonly [number, number, number, number],
): Uint8ClampedArray<ArrayBuffer> {
  if (a === 1 && d === 1) return pixels;
  const turned = new Uint8ClampedArray(pixels.length);
  // The matrix turns about the origin: what falls left of it or above it is moved back into the picture.
  const left = a + c < 0 ? size - 1 : 0;
  const top = b + d < 0 ? size - 1 : 0;
  for (let y = 0, source = 0; y < size; y++) {
    for (let x = 0; x < size; x++, source += 3) {
      const target = ((b * x + d * y + top) * size + a * x + c * y + left) * 3;
      turned[target] = pixels[source]!;
      turned[target + 1] = pixels[source + 1]!;
      turned[target + 2] = pixels[source + 2]!;
    }
  }
  return turned;
}
