/** A PNG's samples as they are stored: indices, greys; of colours, what is not black is inside. */
import { decode } from 'fast-png';
import { asSize, labelsWrong } from './checked';

export type PngValues = { width: number; height: number; values: Uint8Array | Uint16Array; isIndexed: boolean };

/** @throws `invalid-argument` where it is none, or larger than any mask; before anything of that size is made */
export function readPng(bytes: Uint8Array, place: string): PngValues {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 33 || view.getUint32(0) !== 0x89504e47) throw labelsWrong(place);
  const { width, height } = asSize(view.getUint32(16), view.getUint32(20), place);
  let png: ReturnType<typeof decode>;
  try {
    png = decode(bytes);
  } catch {
    throw labelsWrong(place);
  }
  const { data, channels, depth, palette } = png;
  const values = depth === 16 ? new Uint16Array(width * height) : new Uint8Array(width * height);
  const rowBytes = Math.ceil((width * depth) / 8);
  for (let at = 0; at < values.length; at++) {
    if (depth < 8) values[at] = packedSample(data, Math.floor(at / width) * rowBytes, (at % width) * depth, depth);
    else if (channels < 3) values[at] = data[at * channels]!;
    else values[at] = data[at * channels]! | data[at * channels + 1]! | data[at * channels + 2]! ? 255 : 0;
  }
  return { width, height, values, isIndexed: palette !== undefined };
}

/** Samples of less than a byte lie packed in rows that begin with a byte. */
function packedSample(data: ArrayLike<number>, row: number, bit: number, depth: number): number {
  return (data[row + (bit >> 3)]! >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}
