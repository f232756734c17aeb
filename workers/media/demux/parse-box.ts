/**
 * What a box says, by mp4box: the only importer of it. It is given single boxes that are needed, because out of a whole
 * movie it makes an object per sample, and an array of a hundred million numbers of a camera's PCM sound.
 */
import { type BoxParser, createFile, Log, MP4BoxBuffer } from 'mp4box';
import type { Box } from './boxes';

type Boxes = typeof BoxParser.box;
export type ParsedBox<T extends keyof Boxes> = InstanceType<Boxes[T]>;

/**
 * Tables that need not list their entries one by one: where the payload says how many there are, and more than any file
 * has, a day of video. mp4box would believe a damaged number and fill the memory. ISO 14496-12 §8.7.3, §8.8.8.
 */
const counts: Record<string, { offset: number; most: number }> = {
  stsz: { offset: 8, most: 1 << 23 },
  trun: { offset: 4, most: 1 << 20 },
};

// It would tell the console of every damaged file, and has no level for not doing so.
Log.error = () => {};

/** @throws whatever mp4box throws at a damaged box */
export function parseBox<T extends keyof Boxes>(box: Box, type: T): ParsedBox<T> {
  const count = counts[type];
  if (count && uint32(box.payload, count.offset) > count.most) throw new RangeError(`${type} lists too many entries`);
  const file = createFile();
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(box.bytes.slice().buffer, 0));
  const parsed = file.boxes[0];
  if (parsed?.type !== type) throw new TypeError(`${type} cannot be read`);
  return parsed as unknown as ParsedBox<T>;
}

function uint32(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset);
}
