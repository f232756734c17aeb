/** The NAL units of a sample of H.264 or HEVC. ISO 14496-15 §5.3.2; ISO 14496-10 annex B. */

export type NalUnit = { bytes: Uint8Array; /** It says that it is longer than what there is of it. */ isCut: boolean };

/** @param lengthSize bytes of the length in front of each; null where start codes separate them */
export function* nalUnits(sample: Uint8Array, lengthSize: number | null): Generator<NalUnit> {
  if (lengthSize === null) {
    yield* unitsBetweenStartCodes(sample);
    return;
  }
  for (let at = 0; at + lengthSize < sample.length;) {
    let length = 0;
    for (let i = 0; i < lengthSize; i++) length = length * 256 + sample[at + i]!;
    at += lengthSize;
    if (length > 0) yield { bytes: sample.subarray(at, at + length), isCut: at + length > sample.length };
    at += length;
  }
}

function* unitsBetweenStartCodes(sample: Uint8Array): Generator<NalUnit> {
  let start: number | null = null;
  for (let i = 2; i + 1 < sample.length; i++) {
    if (sample[i] !== 1 || sample[i - 1] !== 0 || sample[i - 2] !== 0) continue;
    if (start !== null) yield { bytes: sample.subarray(start, i - 2), isCut: false };
    start = i + 1;
  }
  if (start !== null) yield { bytes: sample.subarray(start), isCut: false };
}
