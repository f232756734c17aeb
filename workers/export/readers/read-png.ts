/** A PNG's samples as they are stored: indices or greys; of a picture in colour, its colours as numbers. */
import { decode } from 'fast-png';
import { asSize, labelsWrong } from './checked';

export type PngValues = {
  width: number;
  height: number;
  /** 32 bits where they are colours: 0xrrggbb, and 0 where the picture is transparent. */
  values: Uint8Array | Uint16Array | Uint32Array;
  isIndexed: boolean;
};

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
  if (channels > 2) return { width, height, values: colorsOf(png), isIndexed: true };
  const values = depth === 16 ? new Uint16Array(width * height) : new Uint8Array(width * height);
  const rowBytes = Math.ceil((width * depth) / 8);
  for (let at = 0; at < values.length; at++) {
    if (depth < 8) values[at] = packedSample(data, Math.floor(at / width) * rowBytes, (at % width) * depth, depth);
    else values[at] = data[at * channels]!;
  }
  return { width, height, values, isIndexed: palette !== undefined };
}

/** A cut-out of which all is black is what is opaque of it. */
function colorsOf({ data, channels, depth }: ReturnType<typeof decode>): Uint32Array {
  const shift = depth - 8;
  const opaque = 2 ** (depth - 1);
  const sample = (at: number): number => data[at]! >> shift;
  const colors = new Uint32Array(data.length / channels);
  const isInside = (at: number): boolean => channels === 3 || data[at * channels + 3]! >= opaque;
  for (let at = 0; at < colors.length; at++) {
    const first = at * channels;
    if (isInside(at)) colors[at] = (sample(first) << 16) | (sample(first + 1) << 8) | sample(first + 2);
  }
  if (channels === 4 && colors.every((color) => color === 0))
    return colors.map((_, at) => (isInside(at) ? 0xffffff : 0));
  return colors;
}

/** Samples of less than a byte lie packed in rows that begin with a byte. */
function packedSample(data: ArrayLike<number>, row: number, bit: number, depth: number): number {
  return (data[row + (bit >> 3)]! >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}
