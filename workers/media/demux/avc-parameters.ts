/** What an H.264 stream says of itself: its sequence parameter set. ISO 14496-10 §7.3.2.1.1, annex E. */
import { Bits, withoutEmulation } from './bits';
import { numberedColour, type Colour } from './colour-space';
import { nalUnits } from './nal-units';

export type AvcParameters = {
  /** RFC 6381, such as `avc1.64001f`. */
  codec: string;
  /** Null where the stream does not say. */
  colour: Colour | null;
};

/** What the order of a stream's pictures is told by. §7.4.2.1.1 */
export type AvcSequence = {
  id: number;
  profile: number;
  chromaFormat: number;
  hasSeparatePlanes: boolean;
  frameNumBits: number;
  /** `pic_order_cnt_type` */
  orderType: number;
  orderLsbBits: number;
  isDeltaAlwaysZero: boolean;
  offsetForNonReference: number;
  offsetForTopToBottom: number;
  offsetsForReference: number[];
  hasFramesOnly: boolean;
  /** Pictures that may come before one in decoding and after it in presentation; null where the stream does not say. */
  maxReorder: number | null;
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
  for (const { bytes } of nalUnits(sample, null)) if ((bytes[0]! & 0x1f) === spsType) return parametersOf(bytes);
  return null;
}

function parametersOf(nalUnit: Uint8Array): AvcParameters | null {
  if (nalUnit.length < 4 || (nalUnit[0]! & 0x1f) !== spsType) return null;
  const codec = `avc1.${[1, 2, 3].map((i) => nalUnit[i]!.toString(16).padStart(2, '0')).join('')}`;
  const bits = new Bits(withoutEmulation(nalUnit.subarray(1)));
  try {
    readSequence(bits);
    const hasUsability = bits.read(1);
    return { codec, colour: hasUsability ? usabilityColour(bits) : null };
  } catch {
    // Cut short: its first bytes are what a decoder is chosen by.
    return { codec, colour: null };
  }
}

/** @throws RangeError when the NAL unit is cut short or makes no sense */
export function avcSequence(nalUnit: Uint8Array): AvcSequence {
  const bits = new Bits(withoutEmulation(nalUnit.subarray(1)));
  const sequence = readSequence(bits);
  const hasUsability = bits.read(1);
  return { ...sequence, maxReorder: hasUsability ? usabilityReorder(bits) : null };
}

/** Up to its usability information. @throws RangeError at the end of the bits */
function readSequence(bits: Bits): Omit<AvcSequence, 'maxReorder'> {
  const profile = bits.read(8);
  bits.read(16);
  const id = bits.exponential();
  let chromaFormat = 1;
  let hasSeparatePlanes = false;
  if (chromaProfiles.has(profile)) {
    chromaFormat = bits.exponential();
    if (chromaFormat === 3) hasSeparatePlanes = bits.read(1) === 1;
    bits.exponential();
    bits.exponential();
    bits.read(1);
    if (bits.read(1)) for (let list = 0; list < (chromaFormat === 3 ? 12 : 8); list++) skipScalingList(bits, list);
  }
  const frameNumBits = bits.exponential() + 4;
  const orderType = bits.exponential();
  const orderLsbBits = orderType === 0 ? bits.exponential() + 4 : 0;
  let isDeltaAlwaysZero = false;
  let offsetForNonReference = 0;
  let offsetForTopToBottom = 0;
  const offsetsForReference: number[] = [];
  if (orderType === 1) {
    isDeltaAlwaysZero = bits.read(1) === 1;
    offsetForNonReference = bits.signedExponential();
    offsetForTopToBottom = bits.signedExponential();
    const cycle = bits.exponential();
    if (cycle > maxCycle) throw new RangeError(`A cycle of ${cycle} frames`);
    for (let frame = 0; frame < cycle; frame++) offsetsForReference.push(bits.signedExponential());
  }
  bits.exponential();
  bits.read(1);
  bits.exponential();
  bits.exponential();
  const hasFramesOnly = bits.read(1) === 1;
  if (!hasFramesOnly) bits.read(1);
  bits.read(1);
  const isCropped = bits.read(1);
  if (isCropped) for (let side = 0; side < 4; side++) bits.exponential();
  return {
    id,
    profile,
    chromaFormat,
    hasSeparatePlanes,
    frameNumBits,
    orderType,
    orderLsbBits,
    isDeltaAlwaysZero,
    offsetForNonReference,
    offsetForTopToBottom,
    offsetsForReference,
    hasFramesOnly,
  };
}

/** `max_num_reorder_frames`, §E.1.1 */
function usabilityReorder(bits: Bits): number | null {
  usabilityColour(bits);
  const hasChromaPlace = bits.read(1);
  if (hasChromaPlace) for (let field = 0; field < 2; field++) bits.exponential();
  const hasTiming = bits.read(1);
  if (hasTiming) bits.read(65);
  const hasNalRates = bits.read(1);
  if (hasNalRates) skipRates(bits);
  const hasVclRates = bits.read(1);
  if (hasVclRates) skipRates(bits);
  if (hasNalRates || hasVclRates) bits.read(1);
  bits.read(1);
  const hasRestriction = bits.read(1);
  if (!hasRestriction) return null;
  bits.read(1);
  for (let limit = 0; limit < 4; limit++) bits.exponential();
  return bits.exponential();
}

/** §E.1.2 */
function skipRates(bits: Bits): void {
  const count = bits.exponential() + 1;
  bits.read(8);
  for (let rate = 0; rate < Math.min(count, 32); rate++) {
    bits.exponential();
    bits.exponential();
    bits.read(1);
  }
  bits.read(20);
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
