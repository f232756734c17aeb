/** The box structure of ISO base media files: where boxes are, not what they say. ISO 14496-12 §4.2. */

export type BoxHeader = {
  type: string;
  /** Bytes before the payload. */
  headerSize: number;
  /** Bytes of the whole box; Infinity where it reaches to the end of the file. */
  size: number;
};

export type Box = {
  type: string;
  /** Header and payload. */
  bytes: Uint8Array;
  payload: Uint8Array;
};

/** Bytes that hold any header. */
export const maxHeaderSize = 16;

/** The header at the start of `bytes`; null where there is none. */
export function boxHeader(bytes: Uint8Array): BoxHeader | null {
  if (bytes.length < 8) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = String.fromCharCode(...bytes.subarray(4, 8));
  const shortSize = view.getUint32(0);
  if (shortSize === 0) return { type, headerSize: 8, size: Infinity };
  if (shortSize !== 1) return shortSize < 8 ? null : { type, headerSize: 8, size: shortSize };
  if (bytes.length < 16) return null;
  const size = Number(view.getBigUint64(8));
  return size < 16 ? null : { type, headerSize: 16, size };
}

/** The boxes that a payload consists of. Ends quietly at bytes that are no box: QuickTime ends some lists with zeros. */
export function* childBoxes(payload: Uint8Array): Generator<Box> {
  let offset = 0;
  for (;;) {
    const header = boxHeader(payload.subarray(offset));
    if (!header) return;
    const end = Math.min(payload.length, offset + header.size);
    if (header.size !== Infinity && offset + header.size > payload.length) return;
    yield {
      type: header.type,
      bytes: payload.subarray(offset, end),
      payload: payload.subarray(offset + header.headerSize, end),
    };
    offset = end;
  }
}

/** The first box at a path of types below `payload`; undefined where there is none. */
export function findBox(payload: Uint8Array, ...path: string[]): Box | undefined {
  let found: Box | undefined;
  for (const type of path) {
    const inside = found ? found.payload : payload;
    found = undefined;
    for (const box of childBoxes(inside)) {
      if (box.type !== type) continue;
      found = box;
      break;
    }
    if (!found) return undefined;
  }
  return found;
}
