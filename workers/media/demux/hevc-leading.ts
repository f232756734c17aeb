/** HEVC pictures that are shown before the key frame they come after. ISO 23008-2 §3 “RASL picture”, §7.4.2.2. */

/** NAL unit types of pictures end here; below lie RASL_N and RASL_R. */
const endOfPictures = 32;
const skipped = new Set([8, 9]);

/**
 * Whether a sample is predicted from what came before its key frame: where decoding starts at that one, decoders leave it
 * out. Other leading pictures (RADL) are whole.
 * @param hvcC payload of the box. ISO 14496-15 §8.3.3.1
 */
export function isSkippedLeading(sample: Uint8Array, hvcC: Uint8Array): boolean {
  const lengthSize = ((hvcC[21] ?? 3) & 3) + 1;
  for (let at = 0; at + lengthSize < sample.length;) {
    const type = (sample[at + lengthSize]! >> 1) & 0x3f;
    if (type < endOfPictures) return skipped.has(type);
    const length = sample.subarray(at, at + lengthSize).reduce((value, byte) => value * 256 + byte, 0);
    at += lengthSize + length;
  }
  return false;
}
