/**
 * A file that only grows: records with a length and a checksum. What was torn by a crash or a full disk ends the reading;
 * everything before it counts.
 *
 * Record: u32 length, u32 CRC-32 of the payload (both little-endian), payload. The file begins with eight bytes that say
 * what it is.
 */

export const journalMagic = new TextEncoder().encode('MSKLJRN1');
const headBytes = 8;

/** Longer than any record that is written: a length beyond it is damage. */
const longestRecord = 2 ** 28;

/** @returns the record as it is appended to the file */
export function encodeRecord(payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(headBytes + payload.length);
  const view = new DataView(record.buffer);
  view.setUint32(0, payload.length, true);
  view.setUint32(4, crc32(payload), true);
  record.set(payload, headBytes);
  return record;
}

export type JournalContent = {
  records: Uint8Array[];
  /** Bytes up to the end of the last whole record: where writing goes on. */
  wholeBytes: number;
};

/** Reads as far as the file is whole. @returns null for a file that is no journal */
export function readJournal(file: Uint8Array): JournalContent | null {
  if (file.length < journalMagic.length || journalMagic.some((byte, n) => file[n] !== byte)) return null;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const records: Uint8Array[] = [];
  let at = journalMagic.length;
  while (at + headBytes <= file.length) {
    const length = view.getUint32(at, true);
    const end = at + headBytes + length;
    if (length > longestRecord || end > file.length) break;
    const payload = file.subarray(at + headBytes, end);
    if (crc32(payload) !== view.getUint32(at + 4, true)) break;
    records.push(payload);
    at = end;
  }
  return { records, wholeBytes: at };
}

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** As in zip and PNG files. Source: ISO 3309. */
export function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ crcTable[(value ^ byte) & 0xff]!;
  return (value ^ 0xffffffff) >>> 0;
}
