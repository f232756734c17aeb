/** The element structure of EBML files: where elements are, not what they say. RFC 8794 §4–§6. */

export type ElementHeader = {
  /** With its length marker, as ids are written. */
  id: number;
  /** Bytes before the payload. */
  headerSize: number;
  /** Bytes of the payload; Infinity where it is not known. */
  size: number;
};

/** Bytes that hold any header: an id of four and a size of eight. */
export const maxElementHeader = 12;

/** The header at the start of `bytes`; null where there is none. */
export function elementHeader(bytes: Uint8Array): ElementHeader | null {
  const idLength = Math.clz32(bytes[0] ?? 0) - 23;
  if (idLength > 4 || bytes.length < idLength) return null;
  let id = 0;
  for (let i = 0; i < idLength; i++) id = id * 256 + bytes[i]!;
  const size = variableInt(bytes, idLength);
  return size && { id, headerSize: idLength + size.length, size: size.value };
}

/** A variable-size integer; its value is Infinity where all its bits are set: "unknown". Null where there is none. */
export function variableInt(bytes: Uint8Array, offset: number): { value: number; length: number } | null {
  const first = bytes[offset] ?? 0;
  const length = Math.clz32(first) - 23;
  if (length > 8 || bytes.length < offset + length) return null;
  // The marker bit goes; of the widest integers, only those that a number can hold are any file's sizes.
  let value = first & (0xff >> length);
  let isUnknown = value === 0xff >> length;
  for (let i = 1; i < length; i++) {
    const byte = bytes[offset + i]!;
    value = value * 256 + byte;
    isUnknown &&= byte === 0xff;
  }
  return { value: isUnknown ? Infinity : value, length };
}

/** A payload as an unsigned integer of at most eight bytes. */
export function unsignedInt(payload: Uint8Array): number {
  return payload.subarray(0, 8).reduce((value, byte) => value * 256 + byte, 0);
}
