/**
 * PASCAL VOC segmentation: two PNGs a frame with VOC's palette, one whose pixels are object numbers and one whose pixels are
 * class numbers. Where masks overlap, the later object is kept.
 * Source: Everingham et al., "The PASCAL Visual Object Classes Challenge 2012 Development Kit", segmentation;
 * `labelmap.txt` as CVAT reads it.
 */
import { classesOf, classIdOf } from '../classes';
import { frameNames } from '../frame-names';
import type { FileEntry, FormatModule } from '../format';
import { indexedPng, objectIndices, palette } from './indexed-png';

export const write: FormatModule['write'] = async function* (request, frames): AsyncGenerator<FileEntry> {
  const { video, objects } = request;
  const names = frameNames(video);
  const indices = objectIndices(request);
  const classes = classesOf(objects);
  const classIndices = new Map(objects.map((object) => [object, classIdOf(classes, object)]));
  const labels = [{ id: 0, name: 'background' }, ...classes];
  const lines = labels.map(({ id, name }) => `${name.replaceAll(':', ' ')}:${palette[id]!.join(',')}::\n`);
  yield { name: 'labelmap.txt', input: `# label:color_rgb:parts:actions\n${lines.join('')}` };
  const written: string[] = [];
  for await (const { frameIndex, masks } of frames) {
    const file = names[frameIndex]!;
    written.push(`${file}\n`);
    yield { name: `SegmentationObject/${file}.png`, input: indexedPng(request, masks, indices) };
    yield { name: `SegmentationClass/${file}.png`, input: indexedPng(request, masks, classIndices) };
  }
  yield { name: 'ImageSets/Segmentation/default.txt', input: written.join('') };
};
