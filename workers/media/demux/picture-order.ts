/** What a stream of H.264 or HEVC says of the samples that it is made of. */
import { AvcOrder } from './avc-order';
import { HevcOrder } from './hevc-order';
import { nalUnits } from './nal-units';

/** Where a picture comes in presentation: by sequence first, then by its order in there. */
export type PicturePlace = {
  /** Counted from 0: all pictures of one are shown before any of the next. */
  sequence: number;
  order: number;
  /** Decoded for others' sake, or not at all. */
  isHidden: boolean;
};

/** One kind of stream. */
export type OrderReader = {
  /** Whether the parameter sets seen so far allow a picture to be shown after one that is decoded later. */
  readonly mayReorder: boolean;
  isPicture(unit: Uint8Array): boolean;
  isKeyPicture(unit: Uint8Array): boolean;
  /** Known to hold nothing of a picture. */
  isMessage(unit: Uint8Array): boolean;
  isParameterSet(unit: Uint8Array): boolean;
  /** @throws RangeError when it makes no sense */
  readParameterSet(unit: Uint8Array): void;
  /** Told of every other message, such as the end of a sequence. */
  skip(unit: Uint8Array): void;
  /** To be called for the first slice of every picture, in decode order. @throws RangeError when it makes no sense */
  place(slice: Uint8Array): PicturePlace;
};

export type CodedStream = {
  reader: OrderReader;
  /** Bytes; null where start codes separate units. */ lengthSize: number | null;
};

/** A reader that knows the parameter sets of a configuration; null for other codecs. */
export function codedStream({ codec, description }: VideoDecoderConfig): CodedStream | null {
  const configuration = description ? bytesOf(description) : null;
  if (isAvc(codec)) {
    const hasSets = configuration !== null && configuration.length >= 7;
    const reader = new AvcOrder();
    readAll(reader, hasSets ? avcParameterSets(configuration) : []);
    return { reader, lengthSize: hasSets ? (configuration[4]! & 3) + 1 : null };
  }
  if (isHevc(codec)) {
    const hasSets = configuration !== null && configuration.length >= 23;
    const reader = new HevcOrder();
    readAll(reader, hasSets ? hevcParameterSets(configuration) : []);
    return { reader, lengthSize: hasSets ? (configuration[21]! & 3) + 1 : null };
  }
  return null;
}

export function isAvc(codec: string): boolean {
  return /^avc[13]/.test(codec);
}

export function isHevc(codec: string): boolean {
  return /^(hvc1|hev1|dvh1|dvhe)/.test(codec);
}

export function bytesOf(source: AllowSharedBufferSource): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}

function readAll(reader: OrderReader, units: Iterable<Uint8Array>): void {
  for (const unit of units) {
    try {
      reader.readParameterSet(unit);
    } catch {
      // Pictures that refer to it will tell.
    }
  }
}

/** ISO 14496-15 §5.3.3.1 */
function* avcParameterSets(avcC: Uint8Array): Generator<Uint8Array> {
  let at = 5;
  for (const countBits of [0x1f, 0xff]) {
    const count = (avcC[at++] ?? 0) & countBits;
    for (let n = 0; n < count && at + 2 <= avcC.length; n++) {
      const length = avcC[at]! * 256 + avcC[at + 1]!;
      yield avcC.subarray(at + 2, at + 2 + length);
      at += 2 + length;
    }
  }
}

/** ISO 14496-15 §8.3.3.1 */
function* hevcParameterSets(hvcC: Uint8Array): Generator<Uint8Array> {
  let at = 23;
  for (let array = 0; array < (hvcC[22] ?? 0) && at + 3 <= hvcC.length; array++) {
    const count = hvcC[at + 1]! * 256 + hvcC[at + 2]!;
    at += 3;
    for (let n = 0; n < count && at + 2 <= hvcC.length; n++) {
      const length = hvcC[at]! * 256 + hvcC[at + 1]!;
      yield hvcC.subarray(at + 2, at + 2 + length);
      at += 2 + length;
    }
  }
}

export type SampleContent =
  /** The first slice of its picture, or what there is of it. */
  | { kind: 'picture'; slice: Uint8Array; isKey: boolean }
  /** Messages to the decoder, and nothing to show. */
  | { kind: 'messages'; hasParameterSets: boolean }
  /** Damaged, encrypted, or cut off before its picture. */
  | { kind: 'unknown' };

/** Looks at a sample up to its picture, and takes note of what stands before that. */
export function sampleContent(sample: Uint8Array, { reader, lengthSize }: CodedStream): SampleContent {
  let hasParameterSets = false;
  let isEmpty = true;
  for (const { bytes, isCut } of nalUnits(sample, lengthSize)) {
    isEmpty = false;
    if (reader.isPicture(bytes)) return { kind: 'picture', slice: bytes, isKey: reader.isKeyPicture(bytes) };
    if (isCut || !reader.isMessage(bytes)) return { kind: 'unknown' };
    if (reader.isParameterSet(bytes)) {
      hasParameterSets = true;
      readAll(reader, [bytes]);
    } else reader.skip(bytes);
  }
  return isEmpty ? { kind: 'unknown' } : { kind: 'messages', hasParameterSets };
}
