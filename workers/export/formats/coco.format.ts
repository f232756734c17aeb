/**
 * COCO instances of a video: one JSON file, compressed run lengths, an annotation an object and frame. Frames are `images`
 * of one of `videos`; `track_id` is the object's. Frames on which an object was tracked but is absent have no annotation.
 * Source: cocodataset.org "Data format"; `video_id`, `frame_id` and `track_id` as TAO and MMTracking's CocoVID have them.
 */
import { toCocoString } from '../../rle/coco-string';
import { measureRle } from '../../rle/rle';
import type { ExportRequest } from '../../protocol/export-contract';
import { classesOf, classIdOf } from '../classes';
import type { FileEntry, FormatModule } from '../format';
import { frameNames } from '../frame-names';

const videoId = 1;

export const write: FormatModule['write'] = async function* (request, frames): AsyncGenerator<FileEntry> {
  const name = 'annotations.json';
  // Everything but the annotations is known before the first mask; the file is written as they come.
  const head = JSON.stringify(describe(request));
  yield { name, input: `${head.slice(0, -1)},"annotations":[` };
  const classes = classesOf(request.objects);
  let id = 0;
  for await (const { frameIndex, masks } of frames) {
    for (const { object, rle } of masks) {
      const { area, box } = measureRle(rle);
      if (!box) continue;
      const annotation = {
        id: ++id,
        image_id: imageId(frameIndex),
        video_id: videoId,
        track_id: object.id,
        category_id: classIdOf(classes, object),
        iscrowd: 0,
        area,
        bbox: [box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0],
        segmentation: { size: [rle.height, rle.width], counts: toCocoString(rle.counts) },
      };
      yield { name, input: `${id > 1 ? ',' : ''}\n${JSON.stringify(annotation)}` };
    }
  }
  yield { name, input: '\n]}\n' };
};

function describe({ video, objects, model }: ExportRequest): object {
  const { name, width, height, frameCount, sourceFrames, sourceStartUs, timestampsUs } = video;
  const names = frameNames(video);
  const classes = classesOf(objects);
  return {
    info: { description: `Masks of ${name}`, version: '1.0', contributor: `Masklet, ${model.name} ${model.version}` },
    licenses: [],
    videos: [{ id: videoId, name, width, height, length: frameCount }],
    categories: classes.map(({ id, name: category }) => ({ id, name: category, supercategory: '' })),
    tracks: objects.map((object) => ({
      id: object.id,
      video_id: videoId,
      category_id: classIdOf(classes, object),
      name: object.name,
    })),
    images: Array.from(sourceFrames, (frameNumber, frameIndex) => ({
      id: imageId(frameIndex),
      video_id: videoId,
      // Its number in the source; of a whole video, its place.
      frame_id: frameNumber,
      file_name: `${names[frameIndex]}.jpg`,
      width,
      height,
      timestamp_us: timestampsUs[frameIndex]! + sourceStartUs,
    })),
  };
}

/** COCO's ids begin at 1. */
function imageId(frameIndex: number): number {
  return frameIndex + 1;
}
