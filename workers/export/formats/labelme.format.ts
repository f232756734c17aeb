/**
 * LabelMe: a JSON file a frame; a shape of type `mask` an object, a PNG within its box. `group_id` is the object.
 * Source: github.com/wkentaro/labelme, `LabelFile`; corners are those of the box's first and last pixel.
 */
import { encode } from 'fast-png';
import { measureRle } from '../../rle/rle';
import { frameNames } from '../frame-names';
import type { FileEntry, FormatModule, FrameOfMasks } from '../format';
import { boxPixels } from './mask-pixels';

export const write: FormatModule['write'] = async function* ({ video }, frames): AsyncGenerator<FileEntry> {
  const names = frameNames(video);
  for await (const { frameIndex, masks } of frames) {
    const content = {
      version: '5.5.0',
      flags: {},
      shapes: masks.flatMap(shapeOf),
      imagePath: `${names[frameIndex]}.jpg`,
      imageData: null,
      imageHeight: video.height,
      imageWidth: video.width,
    };
    yield { name: `${names[frameIndex]}.json`, input: `${JSON.stringify(content, null, 2)}\n` };
  }
};

function shapeOf({ object, rle }: FrameOfMasks['masks'][0]): object[] {
  const { box } = measureRle(rle);
  if (!box) return [];
  const data = boxPixels(rle, box).map((pixel) => pixel * 255);
  const png = encode({ width: box.x1 - box.x0, height: box.y1 - box.y0, data, channels: 1, depth: 8 });
  return [
    {
      label: object.category,
      points: [
        [box.x0, box.y0],
        [box.x1 - 1, box.y1 - 1],
      ],
      group_id: object.id,
      description: object.name,
      shape_type: 'mask',
      flags: {},
      mask: toBase64(png),
    },
  ];
}

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCodePoint(byte);
  return btoa(text);
}
