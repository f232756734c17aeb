/**
 * YouTube-VIS: one JSON file; an annotation is an object with a list of segmentations, one a frame of the video, null where it
 * is not seen or was not tracked. Run lengths are COCO's compressed ones.
 * Source: Yang et al., "Video Instance Segmentation"; youtube-vos.org/dataset/vis, data format.
 */
import type { ExportObject, ExportRequest } from '../../protocol/export-contract';
import { toCocoString } from '../../rle/coco-string';
import { measureRle } from '../../rle/rle';
import { classesOf, classIdOf } from '../classes';
import { FrameList } from '../frame-list';
import { frameNames } from '../frame-names';
import type { FileEntry, FormatModule } from '../format';
import { sequenceName } from '../sequence-name';

const videoId = 1;

export const write: FormatModule['write'] = async function* (request, frames): AsyncGenerator<FileEntry> {
  const name = 'instances.json';
  const { frameCount } = request.video;
  const lists = new Map(
    request.objects.map((object) => [
      object,
      { segmentations: new FrameList(), bboxes: new FrameList(), areas: new FrameList() },
    ]),
  );
  for await (const { frameIndex, masks } of frames) {
    for (const { object, rle } of masks) {
      const { area, box } = measureRle(rle);
      if (!box) continue;
      const { segmentations, bboxes, areas } = lists.get(object)!;
      segmentations.set(frameIndex, { size: [rle.height, rle.width], counts: toCocoString(rle.counts) });
      bboxes.set(frameIndex, [box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0]);
      areas.set(frameIndex, area);
    }
  }
  yield { name, input: `${JSON.stringify(describe(request)).slice(0, -1)},"annotations":[` };
  let isFirst = true;
  for (const [object, { segmentations, bboxes, areas }] of lists) {
    yield { name, input: `${isFirst ? '' : ','}\n${JSON.stringify(annotationOf(object, request)).slice(0, -1)}` };
    isFirst = false;
    for (const [key, list] of Object.entries({ segmentations, bboxes, areas })) {
      yield { name, input: `,"${key}":[` };
      yield { name, input: list.end(frameCount) };
      yield { name, input: ']' };
    }
    yield { name, input: '}' };
  }
  yield { name, input: '\n]}\n' };
};

function describe({ video, objects, model }: ExportRequest): object {
  const { width, height, frameCount } = video;
  const sequence = sequenceName(video);
  return {
    info: {
      description: `Masks of ${video.name}`,
      version: '1.0',
      contributor: `Masklet, ${model.name} ${model.version}`,
    },
    licenses: [],
    videos: [
      {
        id: videoId,
        width,
        height,
        length: frameCount,
        file_names: frameNames(video).map((frameName) => `${sequence}/${frameName}.jpg`),
      },
    ],
    categories: classesOf(objects).map(({ id, name }) => ({ id, name, supercategory: '' })),
  };
}

function annotationOf(object: ExportObject, { video, objects }: ExportRequest): object {
  return {
    id: object.id,
    video_id: videoId,
    category_id: classIdOf(classesOf(objects), object),
    iscrowd: 0,
    width: video.width,
    height: video.height,
    length: video.frameCount,
    // Ours: readers go by ids.
    name: object.name,
  };
}
