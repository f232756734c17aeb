/** How a video's numbers are meant as colours, as a decoder is told. */

/** What a stream or a container says of them, as far as it does: members and values of `VideoColorSpaceInit`. */
export type Colour = {
  fullRange?: boolean | null;
  primaries?: string | null;
  transfer?: string | null;
  matrix?: string | null;
};

/** As numbered in ISO 23091-2; what browsers have no name for is left open, as is 2, “unspecified”. */
const primaries: Record<number, string> = {
  1: 'bt709',
  5: 'bt470bg',
  6: 'smpte170m',
  7: 'smpte170m',
  9: 'bt2020',
  12: 'smpte432',
};
const transfers: Record<number, string> = {
  1: 'bt709',
  6: 'smpte170m',
  8: 'linear',
  13: 'iec61966-2-1',
  14: 'bt709',
  15: 'bt709',
  16: 'pq',
  18: 'hlg',
};
const matrices: Record<number, string> = {
  0: 'rgb',
  1: 'bt709',
  5: 'bt470bg',
  6: 'smpte170m',
  9: 'bt2020-ncl',
};

/** From the numbers of ISO 23091-2; a range of null is left open. */
export function numberedColour(
  numbers: { primaries: number; transfer: number; matrix: number },
  fullRange: boolean | null,
): Colour {
  return {
    fullRange,
    primaries: primaries[numbers.primaries] ?? null,
    transfer: transfers[numbers.transfer] ?? null,
    matrix: matrices[numbers.matrix] ?? null,
  };
}

/** What the stream says, and where it leaves something open, its container. */
export function joinColour(ofStream: Colour | null, ofContainer: Colour | null): Colour {
  return {
    fullRange: ofStream?.fullRange ?? ofContainer?.fullRange ?? null,
    primaries: ofStream?.primaries ?? ofContainer?.primaries ?? null,
    transfer: ofStream?.transfer ?? ofContainer?.transfer ?? null,
    matrix: ofStream?.matrix ?? ofContainer?.matrix ?? null,
  };
}

/**
 * Chromium drops what is not complete, and the range with it. What nobody says is BT.601 of limited range as ffmpeg has
 * it, whatever the size, so that a model sees the colours that the reference would see.
 */
export function completeColour(colour: Colour): VideoColorSpaceInit {
  const matrix = colour.matrix ?? 'smpte170m';
  const usual = matrix === 'bt709' || matrix === 'rgb' ? 'bt709' : 'smpte170m';
  const complete = {
    fullRange: colour.fullRange ?? false,
    matrix,
    primaries: colour.primaries ?? (matrix === 'bt2020-ncl' ? 'bt2020' : usual),
    transfer: colour.transfer ?? usual,
  };
  // Not every lib.dom knows those of BT.2020.
  return complete as VideoColorSpaceInit;
}

/** @param colr payload of the box; null where it holds an ICC profile instead. ISO 14496-12 §12.1.5 */
export function colourOfColr(colr: Uint8Array): Colour | null {
  const type = String.fromCharCode(...colr.subarray(0, 4));
  // QuickTime's `nclc` leaves the range out.
  if ((type !== 'nclx' && type !== 'nclc') || colr.length < 10) return null;
  const view = new DataView(colr.buffer, colr.byteOffset, colr.byteLength);
  const numbers = { primaries: view.getUint16(4), transfer: view.getUint16(6), matrix: view.getUint16(8) };
  return numberedColour(numbers, type === 'nclx' ? ((colr[10] ?? 0) & 0x80) !== 0 : null);
}
