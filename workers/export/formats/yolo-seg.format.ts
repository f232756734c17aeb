/**
 * YOLO segmentation: a text file a frame, a line an object: its class, from 0, and a polygon, its points as shares of the
 * picture. A polygon has no holes, so these are filled; pieces are joined by a bridge without width; outlines are thinned.
 * Source: docs.ultralytics.com, "Instance Segmentation Datasets Overview".
 */
import { joinOutlines, outlinesOf, thinOutline } from '../../rle/outlines';
import { classesOf, classIdOf } from '../classes';
import { frameNames } from '../frame-names';
import type { FileEntry, FormatModule } from '../format';

/** About what a pixel's staircase departs from a line. */
const tolerancePx = 0.75;

export const write: FormatModule['write'] = async function* ({ video, objects }, frames): AsyncGenerator<FileEntry> {
  const { width, height } = video;
  const names = frameNames(video);
  const classes = classesOf(objects);
  const quoted = classes.map(({ id, name }) => `  ${id - 1}: ${JSON.stringify(name)}\n`);
  yield { name: 'data.yaml', input: `train: images/train\nval: images/train\nnames:\n${quoted.join('')}` };
  for await (const { frameIndex, masks } of frames) {
    const lines = masks.flatMap(({ object, rle }) => {
      const pieces = outlinesOf(rle).filter(({ isHole }) => !isHole);
      if (pieces.length === 0) return [];
      const points = joinOutlines(pieces.map((piece) => thinOutline(piece.points, tolerancePx)));
      const shares = points.flatMap(([x, y]) => [share(x / width), share(y / height)]);
      return `${classIdOf(classes, object) - 1} ${shares.join(' ')}\n`;
    });
    yield { name: `labels/train/${names[frameIndex]}.txt`, input: lines.join('') };
  }
};

/** Six digits are a hundredth of a pixel, also in 8K. */
function share(value: number): string {
  return String(Number(value.toFixed(6)));
}
