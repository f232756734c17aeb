/** The order of presentation that an HEVC stream states in its slices. ISO 23008-2 §7.3, §8.3.1, §C.5.2. */
import { Bits, withoutEmulation } from './bits';
import type { OrderReader, PicturePlace } from './picture-order';

/** NAL unit types, §7.4.2.2. */
const nal = {
  lastSubLayerReference: 14,
  firstIrap: 16,
  lastBla: 18,
  firstIdr: 19,
  lastIdr: 20,
  cra: 21,
  lastIrap: 23,
  lastPicture: 31,
  videoSet: 32,
  sequenceSet: 33,
  pictureSet: 34,
  endOfSequence: 36,
  endOfStream: 37,
  lastMessage: 40,
};
/** A bit that is 0 in every unit. */
const forbidden = 0x80;
/** RADL_N, RADL_R, RASL_N, RASL_R. */
const leading = new Set([6, 7, 8, 9]);
const skippedLeading = new Set([8, 9]);
const headerSize = 2;
/** Parameter sets and slice headers are shorter, as far as they are read; slices are not. */
const maxHeaderBytes = 1024;

type SequenceSet = { orderLsbBits: number; hasSeparatePlanes: boolean; maxReorder: number };
type PictureSet = { sequenceId: number; hasDependentSlices: boolean; hasOutputFlag: boolean; extraBits: number };

export class HevcOrder implements OrderReader {
  readonly #sequences = new Map<number, SequenceSet>();
  readonly #pictures = new Map<number, PictureSet>();
  #sequence = -1;
  #isAfterEnd = true;
  /** Whether the leading pictures of the last key picture lack what they are predicted from. */
  #skipsLeading = false;
  /** Of the last picture that is kept for all others. */
  #previous = 0;

  get mayReorder(): boolean {
    const sequences = [...this.#sequences.values()];
    return sequences.length === 0 || sequences.some(({ maxReorder }) => maxReorder > 0);
  }

  isPicture(unit: Uint8Array): boolean {
    return unit.length > headerSize && typeOf(unit) <= nal.lastPicture;
  }

  isKeyPicture(unit: Uint8Array): boolean {
    const type = typeOf(unit);
    return type >= nal.firstIrap && type <= nal.lastIrap;
  }

  isMessage(unit: Uint8Array): boolean {
    const type = typeOf(unit);
    return (unit[0]! & forbidden) === 0 && type >= nal.videoSet && type <= nal.lastMessage;
  }

  isParameterSet(unit: Uint8Array): boolean {
    const type = typeOf(unit);
    return type >= nal.videoSet && type <= nal.pictureSet;
  }

  readParameterSet(unit: Uint8Array): void {
    const bits = new Bits(withoutEmulation(unit.subarray(headerSize, maxHeaderBytes)));
    if (typeOf(unit) === nal.sequenceSet) {
      const { id, ...set } = readSequenceSet(bits);
      this.#sequences.set(id, set);
    } else if (typeOf(unit) === nal.pictureSet) {
      const id = bits.exponential();
      const sequenceId = bits.exponential();
      const hasDependentSlices = bits.read(1) === 1;
      const hasOutputFlag = bits.read(1) === 1;
      this.#pictures.set(id, { sequenceId, hasDependentSlices, hasOutputFlag, extraBits: bits.read(3) });
    }
  }

  skip(unit: Uint8Array): void {
    const type = typeOf(unit);
    if (type === nal.endOfSequence || type === nal.endOfStream) this.#isAfterEnd = true;
  }

  place(unit: Uint8Array): PicturePlace {
    const type = typeOf(unit);
    const { low, span, isShown } = this.#slice(unit, type);
    const isIrap = this.isKeyPicture(unit);
    const startsSequence = isIrap && (type <= nal.lastIdr || this.#isAfterEnd);
    if (startsSequence) this.#sequence++;
    if (isIrap) {
      this.#skipsLeading = startsSequence;
      this.#isAfterEnd = false;
    }
    // A stream that does not begin with a key picture.
    if (this.#sequence < 0) this.#sequence = 0;
    const order = startsSequence ? low : completed(low, span, this.#previous);
    const temporalId = (unit[1]! & 7) - 1;
    const isForAll = temporalId === 0 && !leading.has(type) && (type > nal.lastSubLayerReference || type % 2 === 1);
    if (isForAll) this.#previous = order;
    const isSkipped = this.#skipsLeading && skippedLeading.has(type);
    return { sequence: this.#sequence, order, isHidden: isSkipped || !isShown };
  }

  #slice(unit: Uint8Array, type: number): { low: number; span: number; isShown: boolean } {
    const bits = new Bits(withoutEmulation(unit.subarray(headerSize, maxHeaderBytes)));
    if (!bits.read(1)) throw new RangeError('The first slice of a picture is missing');
    if (type >= nal.firstIrap && type <= nal.lastIrap) bits.read(1);
    const picture = this.#pictures.get(bits.exponential());
    const sequence = picture && this.#sequences.get(picture.sequenceId);
    if (!sequence) throw new RangeError('A slice refers to a parameter set that is not there');
    bits.read(picture.extraBits);
    bits.exponential();
    const isShown = !picture.hasOutputFlag || bits.read(1) === 1;
    if (sequence.hasSeparatePlanes) bits.read(2);
    const isIdr = type === nal.firstIdr || type === nal.lastIdr;
    return { low: isIdr ? 0 : bits.read(sequence.orderLsbBits), span: 2 ** sequence.orderLsbBits, isShown };
  }
}

function typeOf(unit: Uint8Array): number {
  return ((unit[0] ?? 0) >> 1) & 0x3f;
}

/** The order whose low bits these are, nearest to the one before. §8.3.1 */
function completed(low: number, span: number, previous: number): number {
  const previousLow = ((previous % span) + span) % span;
  const high = previous - previousLow;
  if (low < previousLow && previousLow - low >= span / 2) return high + span + low;
  if (low > previousLow && low - previousLow > span / 2) return high - span + low;
  return high + low;
}

/** §7.3.2.2 */
function readSequenceSet(bits: Bits): SequenceSet & { id: number } {
  bits.read(4);
  const subLayers = bits.read(3);
  bits.read(1);
  skipProfile(bits, subLayers);
  const id = bits.exponential();
  const hasSeparatePlanes = bits.exponential() === 3 && bits.read(1) === 1;
  bits.exponential();
  bits.exponential();
  if (bits.read(1)) for (let side = 0; side < 4; side++) bits.exponential();
  bits.exponential();
  bits.exponential();
  const orderLsbBits = bits.exponential() + 4;
  if (orderLsbBits > 16) throw new RangeError('Orders of more than 16 bits');
  const hasAllLayers = bits.read(1) === 1;
  let maxReorder = 0;
  for (let layer = hasAllLayers ? 0 : subLayers; layer <= subLayers; layer++) {
    bits.exponential();
    maxReorder = Math.max(maxReorder, bits.exponential());
    bits.exponential();
  }
  return { id, orderLsbBits, hasSeparatePlanes, maxReorder };
}

/** `profile_tier_level`, §7.3.3 */
function skipProfile(bits: Bits, subLayers: number): void {
  bits.read(88);
  bits.read(8);
  const present = Array.from({ length: subLayers }, () => ({ hasProfile: bits.read(1), hasLevel: bits.read(1) }));
  if (subLayers > 0) bits.read(2 * (8 - subLayers));
  for (const { hasProfile, hasLevel } of present) {
    if (hasProfile) bits.read(88);
    if (hasLevel) bits.read(8);
  }
}
