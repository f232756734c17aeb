/**
 * A picture's samples as they are stored. A browser shows colours only: of a PNG it hides the indices, and the lower half
 * of 16 bits.
 */
import type { PictureSamples } from './read-labels';

const pngSignature = [0x89, 0x50, 0x4e, 0x47];

/** @throws what the browser throws where the file is no picture */
export async function pictureSamples(file: Blob): Promise<PictureSamples> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (pngSignature.every((byte, n) => bytes[n] === byte)) {
    const { decode } = await import('fast-png');
    try {
      return pngSamples(decode(bytes));
    } catch {
      // What it can not read the browser may.
    }
  }
  const bitmap = await createImageBitmap(file, { premultiplyAlpha: 'none', colorSpaceConversion: 'none' });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, channels: 4, data, maxValue: 255, palette: null };
}

type DecodedPng = {
  width: number;
  height: number;
  data: ArrayLike<number>;
  depth: number;
  channels: number;
  palette?: readonly (readonly number[])[];
};

/** Samples of less than a byte lie packed in rows that begin with a byte. */
export function pngSamples({ width, height, data, depth, channels, palette }: DecodedPng): PictureSamples {
  const picture = { width, height, channels, maxValue: 2 ** depth - 1, palette: palette ?? null };
  if (depth >= 8) return { ...picture, data };
  const rowBytes = Math.ceil((width * depth) / 8);
  const samples = new Uint8Array(width * height);
  for (let at = 0; at < samples.length; at++) {
    const bit = (at % width) * depth;
    const byte = data[Math.floor(at / width) * rowBytes + (bit >> 3)]!;
    samples[at] = (byte >> (8 - depth - (bit & 7))) & picture.maxValue;
  }
  return { ...picture, data: samples };
}
