/**
 * BURST: one JSON file; for each frame with masks, a run length string a track. Objects may overlap.
 * Source: github.com/Ali2500/BURST-benchmark, `ANNOTATION_FORMAT.md`.
 */
import type { ExportRequest } from '../../protocol/export-contract';
import { toCocoString } from '../../rle/coco-string';
import { measureRle } from '../../rle/rle';
import { classesOf, classIdOf } from '../classes';
import { frameNames } from '../frame-names';
import type { FileEntry, FormatModule } from '../format';
import { sequenceName } from '../sequence-name';
import { TextPile } from '../text-pile';

export const write: FormatModule['write'] = async function* (request, frames): AsyncGenerator<FileEntry> {
  const name = 'annotations.json';
  const paths = frameNames(request.video).map((frameName) => `${frameName}.jpg`);
  const annotated: string[] = [];
  const segmentations = new TextPile();
  for await (const { frameIndex, masks } of frames) {
    const seen = masks.filter(({ rle }) => measureRle(rle).box);
    const entry = Object.fromEntries(
      seen.map(({ object, rle }) => [object.id, { rle: toCocoString(rle.counts), is_gt: true, score: 1 }]),
    );
    segmentations.add(`${annotated.length > 0 ? ',' : ''}\n${JSON.stringify(entry)}`);
    annotated.push(paths[frameIndex]!);
  }
  const sequence = JSON.stringify({
    ...describe(request),
    all_image_paths: paths,
    annotated_image_paths: annotated,
  });
  yield { name, input: `{"sequences":[${sequence.slice(0, -1)},"segmentations":[` };
  yield { name, input: segmentations.toBlob() };
  const categories = classesOf(request.objects).map((one) => ({ ...one, synset: '', def: '', synonyms: [one.name] }));
  yield { name, input: `\n]}],"categories":${JSON.stringify(categories)},"split":"train"}\n` };
};

function describe({ video, objects }: ExportRequest): object {
  const { width, height, frameCount, durationUs } = video;
  const classes = classesOf(objects);
  return {
    id: 1,
    width,
    height,
    seq_name: sequenceName(video),
    dataset: 'Masklet',
    fps: Math.max(1, Math.round((frameCount * 1e6) / durationUs)),
    neg_category_ids: [],
    not_exhaustive_category_ids: [],
    track_category_ids: Object.fromEntries(objects.map((object) => [object.id, classIdOf(classes, object)])),
    // Ours: readers go by ids.
    track_names: Object.fromEntries(objects.map((object) => [object.id, object.name])),
  };
}
