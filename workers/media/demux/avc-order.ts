/** The order of presentation that an H.264 stream states in its slices. ISO 14496-10 §7.3.3, §8.2.1, §C.4. */
import { avcSequence, type AvcSequence } from './avc-parameters';
import { Bits, withoutEmulation } from './bits';
import type { OrderReader, PicturePlace } from './picture-order';

/** NAL unit types, §7.4.1. */
const nal = { slice: 1, idr: 5, message: 6, sequence: 7, picture: 8, lastSet: 15 };
/** A bit that is 0 in every unit. */
const forbidden = 0x80;
const sliceTypes = { p: 0, b: 1, i: 2, sp: 3, si: 4 };
/** Without B slices, and so without anything to reorder for. */
const baseline = 66;
/** Slice headers are shorter; slices are not. */
const maxHeaderBytes = 1024;
/** Reference pictures of a slice. §7.4.3 */
const maxReferences = 32;
/** Commands of one picture: more are damage. */
const maxCommands = 64;

/** §7.4.2.2 */
type PictureSet = {
  sequenceId: number;
  hasBottomOrder: boolean;
  references: [number, number];
  isWeighted: boolean;
  biWeighting: number;
  hasRedundantPictures: boolean;
};

type Slice = {
  isReference: boolean;
  isIdr: boolean;
  frameNum: number;
  isField: boolean;
  isBottom: boolean;
  orderLsb: number;
  deltas: [number, number];
  /** It makes all pictures before it as good as gone, like an IDR picture: memory management control operation 5. */
  resetsAll: boolean;
};

export class AvcOrder implements OrderReader {
  readonly #sequences = new Map<number, AvcSequence>();
  readonly #pictures = new Map<number, PictureSet>();
  #sequence = -1;
  /** Of the reference picture before: what the low bits of an order are completed by. */
  #previousOrder = { high: 0, low: 0 };
  /** Of the picture before. */
  #previousFrame = { num: 0, offset: 0, hasReset: false };

  get mayReorder(): boolean {
    const sequences = [...this.#sequences.values()];
    const isInOrder = ({ profile, orderType, maxReorder }: AvcSequence) =>
      profile === baseline || orderType === 2 || maxReorder === 0;
    return sequences.length === 0 || !sequences.every(isInOrder);
  }

  isPicture(unit: Uint8Array): boolean {
    const type = typeOf(unit);
    return type >= nal.slice && type <= nal.idr;
  }

  isKeyPicture(unit: Uint8Array): boolean {
    return typeOf(unit) === nal.idr;
  }

  isMessage(unit: Uint8Array): boolean {
    const type = typeOf(unit);
    return (unit[0]! & forbidden) === 0 && type >= nal.message && type <= nal.lastSet;
  }

  isParameterSet(unit: Uint8Array): boolean {
    const type = typeOf(unit);
    return type === nal.sequence || type === nal.picture;
  }

  readParameterSet(unit: Uint8Array): void {
    if (typeOf(unit) === nal.sequence) {
      const sequence = avcSequence(unit);
      this.#sequences.set(sequence.id, sequence);
    } else if (typeOf(unit) === nal.picture) {
      const bits = new Bits(withoutEmulation(unit.subarray(1, maxHeaderBytes)));
      this.#pictures.set(bits.exponential(), readPictureSet(bits));
    }
  }

  skip(): void {}

  place(unit: Uint8Array): PicturePlace {
    const { slice, sequence } = this.#slice(unit);
    if (slice.isIdr || slice.resetsAll) this.#sequence++;
    // A stream that does not begin with a key picture.
    if (this.#sequence < 0) this.#sequence = 0;
    const [top, bottom] =
      sequence.orderType === 0 ? this.#storedOrder(slice, sequence) : this.#countedOrder(slice, sequence);
    let order = Math.min(top, bottom);
    if (slice.resetsAll) {
      // From here on orders count from this picture. §8.2.1
      this.#previousOrder = { high: 0, low: slice.isBottom ? 0 : top - order };
      order = 0;
    }
    return { sequence: this.#sequence, order, isHidden: false };
  }

  #slice(unit: Uint8Array): { slice: Slice; sequence: AvcSequence } {
    const bits = new Bits(withoutEmulation(unit.subarray(1, maxHeaderBytes)));
    bits.exponential();
    const type = bits.exponential() % 5;
    const picture = this.#pictures.get(bits.exponential());
    const sequence = picture && this.#sequences.get(picture.sequenceId);
    if (!sequence) throw new RangeError('A slice refers to a parameter set that is not there');
    const isIdr = typeOf(unit) === nal.idr;
    const isReference = (unit[0]! & 0x60) !== 0;
    return { slice: readSlice(bits, type, isIdr, isReference, sequence, picture), sequence };
  }

  /** §8.2.1.1 */
  #storedOrder(
    { isIdr, isReference, isField, orderLsb, deltas }: Slice,
    { orderLsbBits }: AvcSequence,
  ): [number, number] {
    const previous = isIdr ? { high: 0, low: 0 } : this.#previousOrder;
    const span = 2 ** orderLsbBits;
    let { high } = previous;
    if (orderLsb < previous.low && previous.low - orderLsb >= span / 2) high += span;
    else if (orderLsb > previous.low && orderLsb - previous.low > span / 2) high -= span;
    const order = high + orderLsb;
    if (isReference) this.#previousOrder = { high, low: orderLsb };
    return isField ? [order, order] : [order, order + deltas[0]];
  }

  /** §8.2.1.2, §8.2.1.3 */
  #countedOrder(slice: Slice, sequence: AvcSequence): [number, number] {
    const { isIdr, isReference, isField, isBottom, frameNum, deltas, resetsAll } = slice;
    const previous = this.#previousFrame.hasReset ? { num: 0, offset: 0 } : this.#previousFrame;
    let offset = isIdr ? 0 : previous.offset;
    if (!isIdr && previous.num > frameNum) offset += 2 ** sequence.frameNumBits;
    this.#previousFrame = { num: frameNum, offset, hasReset: resetsAll };
    if (sequence.orderType === 2) {
      const order = isIdr ? 0 : 2 * (offset + frameNum) - (isReference ? 0 : 1);
      return [order, order];
    }
    const { offsetsForReference, offsetForNonReference, offsetForTopToBottom } = sequence;
    const length = offsetsForReference.length;
    let count = length === 0 ? 0 : offset + frameNum;
    if (!isReference && count > 0) count--;
    let expected = 0;
    if (count > 0) {
      const cycles = Math.floor((count - 1) / length);
      const inCycle = (count - 1) % length;
      expected = cycles * offsetsForReference.reduce((sum, value) => sum + value, 0);
      for (let n = 0; n <= inCycle; n++) expected += offsetsForReference[n]!;
    }
    if (!isReference) expected += offsetForNonReference;
    if (isField) {
      const order = expected + deltas[0] + (isBottom ? offsetForTopToBottom : 0);
      return [order, order];
    }
    const top = expected + deltas[0];
    return [top, top + offsetForTopToBottom + deltas[1]];
  }
}

function typeOf(unit: Uint8Array): number {
  return (unit[0] ?? 0) & 0x1f;
}

/** §7.3.2.2, after the set's own id */
function readPictureSet(bits: Bits): PictureSet {
  const sequenceId = bits.exponential();
  bits.read(1);
  const hasBottomOrder = bits.read(1) === 1;
  // Slice groups belong to profiles that nobody decodes.
  if (bits.exponential() > 0) throw new RangeError('Slice groups');
  const references: [number, number] = [bits.exponential() + 1, bits.exponential() + 1];
  const isWeighted = bits.read(1) === 1;
  const biWeighting = bits.read(2);
  for (let quantiser = 0; quantiser < 3; quantiser++) bits.signedExponential();
  bits.read(2);
  return { sequenceId, hasBottomOrder, references, isWeighted, biWeighting, hasRedundantPictures: bits.read(1) === 1 };
}

/** §7.3.3, after the picture parameter set's id */
function readSlice(
  bits: Bits,
  type: number,
  isIdr: boolean,
  isReference: boolean,
  sequence: AvcSequence,
  picture: PictureSet,
): Slice {
  if (sequence.hasSeparatePlanes) bits.read(2);
  const frameNum = bits.read(sequence.frameNumBits);
  const isField = !sequence.hasFramesOnly && bits.read(1) === 1;
  const isBottom = isField && bits.read(1) === 1;
  if (isIdr) bits.exponential();
  const hasBottomOrder = picture.hasBottomOrder && !isField;
  const deltas: [number, number] = [0, 0];
  let orderLsb = 0;
  if (sequence.orderType === 0) {
    orderLsb = bits.read(sequence.orderLsbBits);
    if (hasBottomOrder) deltas[0] = bits.signedExponential();
  } else if (sequence.orderType === 1 && !sequence.isDeltaAlwaysZero) {
    deltas[0] = bits.signedExponential();
    if (hasBottomOrder) deltas[1] = bits.signedExponential();
  }
  const slice = { isReference, isIdr, frameNum, isField, isBottom, orderLsb, deltas };
  // The rest is read for what comes last in it.
  if (isIdr || !isReference) return { ...slice, resetsAll: false };
  if (picture.hasRedundantPictures) bits.exponential();
  skipReferences(bits, type, sequence, picture);
  return { ...slice, resetsAll: hasReset(bits) };
}

/** §7.3.3.1, §7.3.3.2 */
function skipReferences(bits: Bits, type: number, sequence: AvcSequence, picture: PictureSet): void {
  const isB = type === sliceTypes.b;
  const isPredicted = isB || type === sliceTypes.p || type === sliceTypes.sp;
  if (!isPredicted) return;
  if (isB) bits.read(1);
  let [first, second] = picture.references;
  if (bits.read(1)) {
    first = bits.exponential() + 1;
    if (isB) second = bits.exponential() + 1;
  }
  const lists = isB ? [first, second] : [first];
  if (lists.some((count) => count > maxReferences)) throw new RangeError('Too many reference pictures');
  for (let list = 0; list < lists.length; list++) {
    if (!bits.read(1)) continue;
    for (let change = 0; bits.exponential() !== 3; change++) {
      if (change > 2 * maxReferences) throw new RangeError('Too many changes of a list');
      bits.exponential();
    }
  }
  const hasWeights = isB ? picture.biWeighting === 1 : picture.isWeighted;
  if (!hasWeights) return;
  const hasChroma = sequence.chromaFormat !== 0 && !sequence.hasSeparatePlanes;
  bits.exponential();
  if (hasChroma) bits.exponential();
  for (const count of lists) {
    for (let n = 0; n < count; n++) {
      if (bits.read(1)) for (let i = 0; i < 2; i++) bits.signedExponential();
      if (hasChroma && bits.read(1)) for (let i = 0; i < 4; i++) bits.signedExponential();
    }
  }
}

/** §7.3.3.3 */
function hasReset(bits: Bits): boolean {
  if (!bits.read(1)) return false;
  for (let n = 0; n < maxCommands; n++) {
    const command = bits.exponential();
    if (command === 0) return false;
    if (command === 5) return true;
    bits.exponential();
    if (command === 3) bits.exponential();
  }
  throw new RangeError('Too many commands');
}
