/** Which of the masks that were read belong to which of the open frames. */
import type { MaskRle } from '../../workers/protocol/mask';
import type { ReadLabels } from '../../workers/protocol/read-labels';
import type { VideoInfo } from '../../workers/protocol/video';
import { measureRle } from '../../workers/rle/rle';
import { resizeRle } from '../../workers/rle/resize-rle';
import type { ImportReport } from '../state/importing';

type FittedObject = { name: string; category: string | null; masks: { frameIndex: number; rle: MaskRle }[] };

/** By the frames' numbers in the source. Masks of which no number is known belong to the frame shown. */
export function fitLabels(
  { objects, leftOut }: ReadLabels,
  { sourceFrames, width, height }: Pick<VideoInfo, 'sourceFrames' | 'width' | 'height'>,
  shownFrame: number,
): { objects: FittedObject[]; report: ImportReport } {
  const indexOf = new Map(Array.from(sourceFrames, (frameNumber, frameIndex) => [frameNumber, frameIndex]));
  const report: ImportReport = { objects: 0, masks: 0, resized: 0, unfitted: 0, leftOut };
  const fitted = objects.map(({ name, category, masks }): FittedObject => {
    const kept = masks.flatMap(({ frameNumber, rle }) => {
      const frameIndex = frameNumber === null ? shownFrame : indexOf.get(frameNumber);
      const resized = frameIndex === undefined ? null : resizeRle(rle, width, height);
      if (frameIndex === undefined || !resized || !measureRle(resized).box) {
        report.unfitted++;
        return [];
      }
      report.masks++;
      if (resized !== rle) report.resized++;
      return { frameIndex, rle: resized };
    });
    return { name, category, masks: kept };
  });
  const found = fitted.filter(({ masks }) => masks.length > 0);
  report.objects = found.length;
  return { objects: found, report };
}
