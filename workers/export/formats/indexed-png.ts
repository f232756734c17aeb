/** Pictures of object numbers with the palette that DAVIS and PASCAL VOC share: the bits of an index, spread over colours. */
import { encode } from 'fast-png';
import { MaskletError } from '../../protocol/errors';
import type { ExportObject, ExportRequest } from '../../protocol/export-contract';
import type { FrameOfMasks } from '../format';
import { paintObjects } from './index-map';

/** 0 is the background; 255 is what is not judged. */
const maxObjects = 254;

/** Red, green and blue an index. */
export const palette: [number, number, number][] = Array.from({ length: 256 }, (_, index) => {
  const color: [number, number, number] = [0, 0, 0];
  for (let bit = 0; bit < 8; bit++) {
    const bits = index >> (3 * bit);
    for (let channel = 0; channel < 3; channel++) color[channel]! |= ((bits >> channel) & 1) << (7 - bit);
  }
  return color;
});

/**
 * Objects by number: their place in the list, from 1.
 * @throws `invalid-argument` for more objects than an 8-bit picture has numbers
 */
export function objectIndices({ objects }: ExportRequest): Map<ExportObject, number> {
  if (objects.length > maxObjects) {
    throw new MaskletError(
      'invalid-argument',
      `An indexed PNG holds ${maxObjects} objects at most, and there are ${objects.length}. Choose another format.`,
      { reason: ['too-many-objects', objects.length, maxObjects] },
    );
  }
  return new Map(objects.map((object, n) => [object, n + 1]));
}

export function indexedPng(
  { video: { width, height } }: ExportRequest,
  masks: FrameOfMasks['masks'],
  indices: Map<ExportObject, number>,
): Uint8Array {
  const data = paintObjects(new Uint8Array(width * height), masks, (object) => indices.get(object)!);
  return encode({ width, height, data, channels: 1, depth: 8, palette });
}
