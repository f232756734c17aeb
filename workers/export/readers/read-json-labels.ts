/** COCO, YouTube-VIS, BURST, Datumaro, SA-V's training files and LabelMe, told apart by what stands in them. */
import type { ReadLabels } from '../../protocol/read-labels';
import { fillPolygons } from '../../rle/fill-polygons';
import { encodeRle } from '../../rle/rle';
import { asInteger, asList, asRecord, asSize, asText, frameNumberOf, labelsWrong, textOr } from './checked';
import { ObjectList } from './object-list';
import { readPng } from './read-png';
import { readSegmentation } from './read-segmentation';

type Json = Record<string, unknown>;

/** @param files one, or LabelMe's, one a frame @throws `invalid-argument` with the place in the file */
export function readJsonLabels(files: readonly { path: string; text: string }[]): ReadLabels {
  const objects = new ObjectList();
  for (const { path, text } of files) {
    const content = parse(text, path);
    if (Array.isArray(content['shapes'])) readLabelMe(content, path, objects);
    else if (Array.isArray(content['masklet'])) readSaV(content, objects);
    else if (Array.isArray(content['sequences'])) readBurst(content, objects);
    else if (Array.isArray(content['items'])) readDatumaro(content, objects);
    else if (
      asList(content['annotations'], 'annotations').some((one) => asRecord(one, 'annotations')['segmentations'])
    ) {
      readYouTubeVis(content, objects);
    } else readCoco(content, objects);
  }
  return objects.end();
}

function parse(text: string, path: string): Json {
  try {
    return asRecord(JSON.parse(text), path);
  } catch {
    throw labelsWrong(path);
  }
}

function categoryNames(content: Json): Map<unknown, string> {
  const categories = asList(content['categories'] ?? [], 'categories').map((one) => asRecord(one, 'categories'));
  return new Map(categories.map(({ id, name }) => [id, textOr(name, 'object')]));
}

function readCoco(content: Json, objects: ObjectList): void {
  const categories = categoryNames(content);
  const tracks = asList(content['tracks'] ?? [], 'tracks').map((one) => asRecord(one, 'tracks'));
  const trackNames = new Map(tracks.map(({ id, name }) => [id, name]));
  const images = new Map(
    asList(content['images'], 'images').map((one, n) => {
      const image = asRecord(one, `images[${n}]`);
      return [image['id'], image];
    }),
  );
  asList(content['annotations'], 'annotations').forEach((one, n) => {
    const place = `annotations[${n}]`;
    const annotation = asRecord(one, place);
    const image = images.get(annotation['image_id']);
    if (!image) throw labelsWrong(`${place}.image_id`);
    const { segmentation } = annotation;
    if (segmentation === undefined || segmentation === null || (Array.isArray(segmentation) && !segmentation.length)) {
      objects.leftOut++;
      return;
    }
    const size = asSize(image['width'], image['height'], `images: ${textOr(image['id'], '')}`);
    const track = annotation['track_id'] ?? annotation['instance_id'];
    const key = track === undefined ? `annotation ${n}` : `track ${textOr(track, '')}`;
    const category = categories.get(annotation['category_id']) ?? null;
    const name = textOr(
      trackNames.get(track),
      `${category ?? 'object'} ${textOr(track ?? annotation['id'], String(n))}`,
    );
    objects.describe(key, name, category);
    objects.add(key, numberOfImage(image), readSegmentation(segmentation, size, `${place}.segmentation`));
  });
}

function numberOfImage({ frame_id: frame, file_name: file }: Json): number | null {
  if (frame !== undefined) return asInteger(frame, 'images: frame_id');
  return typeof file === 'string' ? frameNumberOf(file) : null;
}

function readYouTubeVis(content: Json, objects: ObjectList): void {
  const categories = categoryNames(content);
  const videos = asList(content['videos'], 'videos').map((one, n) => asRecord(one, `videos[${n}]`));
  if (videos.length !== 1) throw labelsWrong(`videos: ${videos.length}`);
  const video = videos[0]!;
  const names = asList(video['file_names'], 'videos[0].file_names').map((name) => asText(name, 'videos[0].file_names'));
  const size = asSize(video['width'], video['height'], 'videos[0]');
  asList(content['annotations'], 'annotations').forEach((one, n) => {
    const place = `annotations[${n}].segmentations`;
    const annotation = asRecord(one, `annotations[${n}]`);
    const category = categories.get(annotation['category_id']) ?? null;
    const key = String(n);
    const name = textOr(annotation['name'], `${category ?? 'object'} ${textOr(annotation['id'], String(n))}`);
    objects.describe(key, name, category);
    const list = asList(annotation['segmentations'], place);
    if (list.length > names.length) throw labelsWrong(place);
    list.forEach((value, frame) => {
      if (value === null) return;
      objects.add(key, frameNumberOf(names[frame]!), readSegmentation(value, size, `${place}[${frame}]`));
    });
  });
}

function readSaV(content: Json, objects: ObjectList): void {
  // Every fourth frame of the video has masks, unless the file says otherwise.
  const numbers = content['masklet_frames'] as unknown[] | undefined;
  const names = asList(content['masklet_name'] ?? [], 'masklet_name');
  const categories = asList(content['masklet_category'] ?? [], 'masklet_category');
  asList(content['masklet'], 'masklet').forEach((row, frame) => {
    const number = numbers ? asInteger(asList(numbers, 'masklet_frames')[frame], 'masklet_frames') : 4 * frame;
    asList(row, `masklet[${frame}]`).forEach((value, n) => {
      const key = String(n);
      objects.describe(key, textOr(names[n], `object ${n}`), textOr(categories[n], '') || null);
      objects.add(key, number, readSegmentation(value, null, `masklet[${frame}][${n}]`));
    });
  });
}

function readBurst(content: Json, objects: ObjectList): void {
  const categories = categoryNames(content);
  const sequences = asList(content['sequences'], 'sequences');
  if (sequences.length !== 1) throw labelsWrong(`sequences: ${sequences.length}`);
  const sequence = asRecord(sequences[0], 'sequences[0]');
  const { width, height } = asSize(sequence['width'], sequence['height'], 'sequences[0]');
  const paths = asList(sequence['annotated_image_paths'], 'annotated_image_paths');
  const kinds = asRecord(sequence['track_category_ids'] ?? {}, 'track_category_ids');
  const names = asRecord(sequence['track_names'] ?? {}, 'track_names');
  asList(sequence['segmentations'], 'segmentations').forEach((tracks, n) => {
    const number = frameNumberOf(asText(paths[n], `annotated_image_paths[${n}]`));
    for (const [id, one] of Object.entries(asRecord(tracks, `segmentations[${n}]`))) {
      const category = categories.get(kinds[id]) ?? null;
      objects.describe(id, textOr(names[id], `${category ?? 'object'} ${id}`), category);
      const place = `segmentations[${n}]: ${id}`;
      const value = { size: [height, width], counts: asText(asRecord(one, place)['rle'], place) };
      objects.add(id, number, readSegmentation(value, null, place));
    }
  });
}

function readDatumaro(content: Json, objects: ObjectList): void {
  const { label } = asRecord(content['categories'] ?? {}, 'categories');
  const labels = asList(asRecord(label ?? {}, 'categories.label')['labels'] ?? [], 'categories.label.labels');
  asList(content['items'], 'items').forEach((one, n) => {
    const item = asRecord(one, `items[${n}]`);
    const { frame } = asRecord(item['attr'] ?? {}, `items[${n}].attr`);
    const number =
      frame === undefined ? frameNumberOf(textOr(item['id'], '')) : asInteger(frame, `items[${n}].attr.frame`);
    asList(item['annotations'], `items[${n}].annotations`).forEach((entry, m) => {
      const place = `items[${n}].annotations[${m}]`;
      const annotation = asRecord(entry, place);
      if (annotation['type'] !== 'mask') {
        objects.leftOut++;
        return;
      }
      const kind = labels[asInteger(annotation['label_id'] ?? -1, `${place}.label_id`)];
      const category = kind === undefined ? null : textOr(asRecord(kind, 'categories.label.labels')['name'], 'object');
      const { track_id: track, name } = asRecord(annotation['attributes'] ?? {}, `${place}.attributes`);
      const key = track === undefined ? `item ${n} ${m}` : `track ${textOr(track, '')}`;
      objects.describe(key, textOr(name, `${category ?? 'object'} ${textOr(track, String(m))}`), category);
      objects.add(key, number, readSegmentation(annotation['rle'], null, `${place}.rle`));
    });
  });
}

/** A shape without a group is an object by its label. */
function readLabelMe(content: Json, path: string, objects: ObjectList): void {
  const size = asSize(content['imageWidth'], content['imageHeight'], `${path}: imageWidth`);
  const { width, height } = size;
  const image = typeof content['imagePath'] === 'string' ? frameNumberOf(content['imagePath']) : null;
  const number = image ?? frameNumberOf(path);
  asList(content['shapes'], 'shapes').forEach((one, n) => {
    const place = `${path}: shapes[${n}]`;
    const shape = asRecord(one, place);
    const label = asText(shape['label'], `${place}.label`);
    const group = shape['group_id'];
    const points = asList(shape['points'], `${place}.points`).map((point) => {
      const [x, y] = asList(point, `${place}.points`);
      if (typeof x !== 'number' || typeof y !== 'number') throw labelsWrong(`${place}.points`);
      return [x, y] as const;
    });
    const key = group === null || group === undefined ? `label ${label}` : `group ${textOr(group, '')}`;
    const described = typeof shape['description'] === 'string' && shape['description'] ? shape['description'] : label;
    if (shape['shape_type'] === 'polygon' && points.length >= 3) {
      objects.describe(key, described, label);
      objects.add(key, number, fillPolygons([points], width, height));
      return;
    }
    if (shape['shape_type'] !== 'mask') {
      objects.leftOut++;
      return;
    }
    objects.describe(key, described, label);
    const part = readPng(fromBase64(asText(shape['mask'], `${place}.mask`), `${place}.mask`), `${place}.mask`);
    const [left, top] = (points[0] ?? [0, 0]).map(Math.trunc) as [number, number];
    if (left < 0 || top < 0 || left + part.width > width || top + part.height > height) {
      throw labelsWrong(`${place}.points`);
    }
    const pixels = new Uint8Array(width * height);
    part.values.forEach((value, at) => {
      if (value > 0) pixels[(top + Math.floor(at / part.width)) * width + left + (at % part.width)] = 1;
    });
    objects.add(key, number, encodeRle(pixels, width, height));
  });
}

function fromBase64(text: string, place: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.codePointAt(0)!);
  } catch {
    throw labelsWrong(place);
  }
}
