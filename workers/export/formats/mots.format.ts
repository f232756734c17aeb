/**
 * MOTS in both of its forms: a text file of run lengths, and 16-bit PNGs. A pixel's value, and an object's id, is its class
 * times 1000 and its number. Masks may not overlap there: the later object is kept.
 * Source: Voigtlaender et al., "MOTS: Multi-Object Tracking and Segmentation"; vision.rwth-aachen.de/page/mots, format.
 */
import { encode } from 'fast-png';
import { MaskletError } from '../../protocol/errors';
import type { ExportObject, ExportRequest } from '../../protocol/export-contract';
import type { MaskRle } from '../../protocol/mask';
import { toCocoString } from '../../rle/coco-string';
import { combineRle } from '../../rle/rle-algebra';
import { measureRle } from '../../rle/rle';
import { classesOf, type ObjectClass } from '../classes';
import { frameNames } from '../frame-names';
import type { FileEntry, FormatModule, FrameOfMasks } from '../format';
import { sequenceName } from '../sequence-name';
import { TextPile } from '../text-pile';
import { paintObjects } from './index-map';

const perClass = 1000;
/** What is not judged; no class of objects. */
const ignored = 10;
const given = new Map([
  ['car', 1],
  ['pedestrian', 2],
]);

export const write: FormatModule['write'] = async function* (request, frames): AsyncGenerator<FileEntry> {
  const { video, objects } = request;
  const { width, height, sourceFrames } = video;
  const names = frameNames(video, 6);
  const sequence = sequenceName(video);
  const classes = motsClasses(classesOf(objects));
  const numbers = numbersOf(request, classes);
  const lines = new TextPile();
  for await (const { frameIndex, masks } of frames) {
    for (const { object, rle } of withoutOverlaps(masks)) {
      if (!measureRle(rle).box) continue;
      const number = numbers.get(object)!;
      const kind = Math.floor(number / perClass);
      lines.add(`${sourceFrames[frameIndex]} ${number} ${kind} ${height} ${width} ${toCocoString(rle.counts)}\n`);
    }
    const data = paintObjects(new Uint16Array(width * height), masks, (object) => numbers.get(object)!);
    const name = `instances/${sequence}/${names[frameIndex]}.png`;
    yield { name, input: encode({ width, height, data, channels: 1, depth: 16 }) };
  }
  yield { name: `instances_txt/${sequence}.txt`, input: lines.toBlob() };
  yield { name: 'classes.txt', input: classes.map(({ id, name }) => `${id} ${name}\n`).join('') };
};

/** Those of MOTS keep their numbers; others follow. */
function motsClasses(classes: ObjectClass[]): ObjectClass[] {
  let next = Math.max(...given.values());
  return classes.map(({ name }) => {
    const known = given.get(name.toLowerCase());
    if (known !== undefined) return { id: known, name };
    if (++next === ignored) next++;
    return { id: next, name };
  });
}

/** @throws `invalid-argument` for more objects than a class has numbers, or classes than 16 bits hold */
function numbersOf({ objects }: ExportRequest, classes: ObjectClass[]): Map<ExportObject, number> {
  const numbers = objects.map((object, n) => {
    const kind = classes.find(({ name }) => name === object.category)!.id;
    return [object, kind * perClass + n + 1] as const;
  });
  if (objects.length >= perClass || numbers.some(([, number]) => number > 0xffff)) {
    throw new MaskletError(
      'invalid-argument',
      `MOTS holds ${perClass - 1} objects of 63 classes at most. Choose another format.`,
      { reason: ['too-many-objects', objects.length, perClass - 1] },
    );
  }
  return new Map(numbers);
}

/** What of each mask is left in sight, with the later ones on top. */
function withoutOverlaps(masks: FrameOfMasks['masks']): FrameOfMasks['masks'] {
  let above: MaskRle | null = null;
  const seen: FrameOfMasks['masks'] = [];
  for (const { object, rle } of masks.toReversed()) {
    seen.unshift({ object, rle: above ? combineRle(rle, above, 'difference') : rle });
    above = above ? combineRle(above, rle, 'union') : rle;
  }
  return seen;
}
