/**
 * YouTube-VOS, whose layout MOSE and LVOS share: a PNG a frame whose pixels are object numbers, and `meta.json` with each
 * object's category and frames. Where masks overlap, the later object is kept.
 * Source: Xu et al., "YouTube-VOS: A Large-Scale Video Object Segmentation Benchmark"; youtube-vos.org, data description.
 */
import type { ExportObject } from '../../protocol/export-contract';
import { measureRle } from '../../rle/rle';
import { frameNames } from '../frame-names';
import type { FileEntry, FormatModule } from '../format';
import { sequenceName } from '../sequence-name';
import { indexedPng, objectIndices } from './indexed-png';

export const write: FormatModule['write'] = async function* (request, frames): AsyncGenerator<FileEntry> {
  const names = frameNames(request.video);
  const indices = objectIndices(request);
  const sequence = sequenceName(request.video);
  const seen = new Map<ExportObject, string[]>(request.objects.map((object) => [object, []]));
  for await (const { frameIndex, masks } of frames) {
    const frameName = names[frameIndex]!;
    for (const { object, rle } of masks) if (measureRle(rle).box) seen.get(object)!.push(frameName);
    yield { name: `Annotations/${sequence}/${frameName}.png`, input: indexedPng(request, masks, indices) };
  }
  const objects = Object.fromEntries(
    [...seen].map(([object, shown]) => [
      String(indices.get(object)),
      // The name is ours: readers go by category and frames.
      { category: object.category, frames: shown, name: object.name },
    ]),
  );
  yield { name: 'meta.json', input: `${JSON.stringify({ videos: { [sequence]: { objects } } }, null, 1)}\n` };
};
