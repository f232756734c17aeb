/**
 * DAVIS: a PNG a frame whose pixels are object numbers, with DAVIS's palette, and the list of sequences. Where masks overlap,
 * the later object is kept.
 * Source: Pont-Tuset et al., "The 2017 DAVIS Challenge on Video Object Segmentation"; davischallenge.org, file structure.
 */
import { frameNames } from '../frame-names';
import type { FileEntry, FormatModule } from '../format';
import { sequenceName } from '../sequence-name';
import { indexedPng, objectIndices } from './indexed-png';

export const write: FormatModule['write'] = async function* (request, frames): AsyncGenerator<FileEntry> {
  const names = frameNames(request.video);
  const indices = objectIndices(request);
  const sequence = sequenceName(request.video);
  yield { name: 'ImageSets/2017/val.txt', input: `${sequence}\n` };
  for await (const { frameIndex, masks } of frames) {
    const name = `Annotations/Full-Resolution/${sequence}/${names[frameIndex]}.png`;
    yield { name, input: indexedPng(request, masks, indices) };
  }
};
