/** The last step to the image encoder's input, where it is made on the CPU. */

export type Normalization = { imageMean: readonly number[]; imageStd: readonly number[] };

/**
 * @param pixels uint8[S, S, 3]
 * @param size S
 * @returns float32[3, S, S]
 */
export function normalize(
  pixels: Uint8ClampedArray,
  size: number,
  { imageMean, imageStd }: Normalization,
): Float32Array {
  const area = size * size;
  const image = new Float32Array(3 * area);
  for (let channel = 0; channel < 3; channel++) {
    const scale = 1 / (255 * imageStd[channel]!);
    const offset = imageMean[channel]! / imageStd[channel]!;
    for (let n = 0; n < area; n++) image[channel * area + n] = pixels[n * 3 + channel]! * scale - offset;
  }
  return image;
}
