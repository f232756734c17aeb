/** A `segmentation` of COCO and its kin: run lengths, compressed or not, or polygons. */
import type { MaskRle } from '../../protocol/mask';
import { fromCocoString } from '../../rle/coco-string';
import { fillPolygons, type Polygon } from '../../rle/fill-polygons';
import { asInteger, asList, asRecord, asRuns, asSize, labelsWrong } from './checked';

/** @param size of the picture, for polygons; null where it is not told */
export function readSegmentation(
  value: unknown,
  size: { width: number; height: number } | null,
  place: string,
): MaskRle {
  if (Array.isArray(value)) {
    if (!size) throw labelsWrong(place);
    return fillPolygons(
      value.map((polygon, n) => asPolygon(polygon, `${place}[${n}]`)),
      size.width,
      size.height,
    );
  }
  const { size: given, counts } = asRecord(value, place);
  const [rows, columns] = asList(given, `${place}.size`);
  const { width, height } = asSize(columns, rows, `${place}.size`);
  if (typeof counts === 'string') return asRuns(width, height, runsOf(counts, `${place}.counts`), `${place}.counts`);
  const runs = asList(counts, `${place}.counts`).map((count) => asInteger(count, `${place}.counts`));
  return asRuns(width, height, runs, `${place}.counts`);
}

function runsOf(text: string, place: string): Uint32Array {
  try {
    return fromCocoString(text);
  } catch {
    throw labelsWrong(place);
  }
}

/** x and y by turns. */
function asPolygon(value: unknown, place: string): Polygon {
  const numbers = asList(value, place);
  if (numbers.length < 6 || numbers.length % 2 !== 0) throw labelsWrong(place);
  const points: [number, number][] = [];
  for (let n = 0; n < numbers.length; n += 2) {
    const [x, y] = [numbers[n], numbers[n + 1]];
    if (typeof x !== 'number' || typeof y !== 'number') throw labelsWrong(place);
    points.push([x, y]);
  }
  return points;
}
