/**
 * Datumaro: one JSON file with an item a frame, and a `mask` an object in it, whose `track_id` is the object's. Objects may
 * overlap.
 * Source: docs.cvat.ai, "Datumaro", `annotations/default.json`.
 */
import type { ExportRequest } from '../../protocol/export-contract';
import { toCocoString } from '../../rle/coco-string';
import { measureRle } from '../../rle/rle';
import { classesOf, classIdOf } from '../classes';
import { frameNames } from '../frame-names';
import type { FileEntry, FormatModule } from '../format';

export const write: FormatModule['write'] = async function* (request, frames): AsyncGenerator<FileEntry> {
  const name = 'default.json';
  const { video, objects } = request;
  const names = frameNames(video);
  const classes = classesOf(objects);
  yield { name, input: `${JSON.stringify(describe(request)).slice(0, -1)},"items":[` };
  let isFirst = true;
  for await (const { frameIndex, masks } of frames) {
    const seen = masks.filter(({ rle }) => measureRle(rle).box);
    const item = {
      id: names[frameIndex],
      annotations: seen.map(({ object, rle }, n) => ({
        id: n,
        type: 'mask',
        // The name is ours.
        attributes: { track_id: object.id, name: object.name },
        group: object.id,
        label_id: classIdOf(classes, object) - 1,
        rle: { counts: toCocoString(rle.counts), size: [rle.height, rle.width] },
        z_order: objects.indexOf(object),
      })),
      attr: { frame: video.sourceFrames[frameIndex] },
      image: { path: `${names[frameIndex]}.jpg`, size: [video.height, video.width] },
    };
    yield { name, input: `${isFirst ? '' : ','}\n${JSON.stringify(item)}` };
    isFirst = false;
  }
  yield { name, input: '\n]}\n' };
};

function describe({ objects }: ExportRequest): object {
  const labels = classesOf(objects).map(({ name }) => ({ name, parent: '', attributes: ['track_id'] }));
  return { info: {}, categories: { label: { labels, attributes: [] } } };
}
