/** What an H.264 stream says of itself: its sequence parameter set. ISO 14496-10 §7.3.2.1.1, annex E. */
import { numberedColour, type Colour } from './colour-space';

export type AvcParameters = {
  /** RFC 6381, such as `avc1.64001f`. */
  codec: string;
  /** Null where the stream does not say. */
  colour: Colour | null;
};

const spsType = 7;
/** Profiles whose parameter sets say how chroma is sampled. */
const chromaProfiles = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);
/** Aspect ratio that is written out. */
const extendedSar = 255;
/** ISO 23091-2. */
const unspecified = [2, 2, 2] as const;
/** `seq_parameter_set` ids and the like are small: more is damage. */
const maxCycle = 255;

/** @param avcC payload of the box; null where it has no parameter set that can be read. ISO 14496-15 §5.3.3.1 */
export function parametersOfAvcC(avcC: Uint8Array): AvcParameters | null {
  // Version, profile, compatibility, level, length size; number of sets; length of the first.
  if (avcC.length < 8 || (avcC[5]! & 0x1f) === 0) return null;
  const length = avcC[6]! * 256 + avcC[7]!;
  return parametersOf(avcC.subarray(8, 8 + length));
}

/** @param sample NAL units behind start codes; null where none of them is a parameter set. Annex B */
export function parametersOfAnnexB(sample: Uint8Array): AvcParameters | null {
  const starts: number[] = [];
  for (let i = 2; i + 1 < sample.length; i++) {
    if (sample[i] === 1 && sample[i - 1] === 0 && sample[i - 2] === 0) starts.push(i + 1);
  }
  const start = starts.find((at) => (sample[at]! & 0x1f) === spsType);
  if (start === undefined) return null;
  const next = starts.find((at) => at > start) ?? sample.length + 3;
  return parametersOf(sample.subarray(start, next - 3));
}

function parametersOf(nalUnit: Uint8Array): AvcParameters | null {
  if (nalUnit.length < 4 || (nalUnit[0]! & 0x1f) !== spsType) return null;
  const codec = `avc1.${[1, 2, 3].map((i) => nalUnit[i]!.toString(16).padStart(2, '0')).join('')}`;
  const bits = new Bits(withoutEmulation(nalUnit.subarray(1)));
  try {
    return { codec, colour: colourOf(bits) };
  } catch {
    // Cut short: its first bytes are what a decoder is chosen by.
    return { codec, colour: null };
  }
}

/** @throws RangeError at the end of the bits */
function colourOf(bits: Bits): Colour | null {
  const profile = bits.read(8);
  bits.read(16);
  bits.exponential();
  if (chromaProfiles.has(profile)) {
    const chroma = bits.exponential();
    if (chroma === 3) bits.read(1);
    bits.exponential();
    bits.exponential();
    bits.read(1);
    if (bits.read(1)) for (let list = 0; list < (chroma === 3 ? 12 : 8); list++) skipScalingList(bits, list);
  }
  bits.exponential();
  const orderType = bits.exponential();
  if (orderType === 0) bits.exponential();
  if (orderType === 1) {
    bits.read(1);
    bits.exponential();
    bits.exponential();
    const cycle = bits.exponential();
    if (cycle > maxCycle) throw new RangeError(`A cycle of ${cycle} frames`);
    for (let frame = 0; frame < cycle; frame++) bits.exponential();
  }
  bits.exponential();
  bits.read(1);
  bits.exponential();
  bits.exponential();
  const hasFramesOnly = bits.read(1);
  if (!hasFramesOnly) bits.read(1);
  bits.read(1);
  const isCropped = bits.read(1);
  if (isCropped) for (let side = 0; side < 4; side++) bits.exponential();
  const hasUsability = bits.read(1);
  return hasUsability ? usabilityColour(bits) : null;
}

/** §E.1.1 */
function usabilityColour(bits: Bits): Colour | null {
  const hasAspect = bits.read(1);
  if (hasAspect && bits.read(8) === extendedSar) bits.read(32);
  const hasOverscan = bits.read(1);
  if (hasOverscan) bits.read(1);
  const hasSignalType = bits.read(1);
  if (!hasSignalType) return null;
  bits.read(3);
  const isFullRange = bits.read(1) === 1;
  const isDescribed = bits.read(1);
  const [primaries, transfer, matrix] = isDescribed ? [bits.read(8), bits.read(8), bits.read(8)] : unspecified;
  return numberedColour({ primaries, transfer, matrix }, isFullRange);
}

/** §7.3.2.1.1.1 */
function skipScalingList(bits: Bits, list: number): void {
  const isPresent = bits.read(1);
  if (!isPresent) return;
  let last = 8;
  let next = 8;
  for (let i = 0; i < (list < 6 ? 16 : 64); i++) {
    if (next !== 0) next = (last + bits.signedExponential() + 256) % 256;
    if (next !== 0) last = next;
  }
}

/** Bytes that keep start codes out of a NAL unit go. §7.4.1 */
function withoutEmulation(bytes: Uint8Array): Uint8Array {
  return bytes.filter((byte, i) => !(byte === 3 && i >= 2 && bytes[i - 1] === 0 && bytes[i - 2] === 0));
}

class Bits {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @throws RangeError at the end */
  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#position++) {
      const byte = this.#bytes[this.#position >> 3];
      if (byte === undefined) throw new RangeError('The parameter set is cut short');
      value = value * 2 + ((byte >> (7 - (this.#position & 7))) & 1);
    }
    return value;
  }

  /** `ue(v)`, §9.1 */
  exponential(): number {
    let zeros = 0;
    while (this.read(1) === 0) if (++zeros > 31) throw new RangeError('No number is so long');
    return 2 ** zeros - 1 + this.read(zeros);
  }

  /** `se(v)`, §9.1.1 */
  signedExponential(): number {
    const code = this.exponential();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }
}
