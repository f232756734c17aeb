/** Label files of any format, told apart by their names and beginnings. */
import { MaskletError } from '../../protocol/errors';
import type { ReadLabels } from '../../protocol/read-labels';
import { labelsWrong } from './checked';
import { readCvat } from './read-cvat';
import { readJsonLabels } from './read-json-labels';
import { PictureLabels } from './read-picture-labels';

export type LabelFile = { path: string; blob: () => Promise<Blob> };

/** Longer texts are no labels of one video, and more than a browser holds as one text. */
const maxTextBytes = 1 << 28;
const maxPictureBytes = 1 << 27;

/** @throws `invalid-argument` with the place in the files, or when there is nothing to read */
export async function readLabels(files: readonly LabelFile[], signal?: AbortSignal): Promise<ReadLabels> {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const pictures = sorted.filter(({ path }) => /\.png$/i.test(path));
  const texts = sorted.filter(({ path }) => /\.json$/i.test(path));
  // Beside pictures, JSON describes them.
  if (pictures.length > 0) {
    const labels = new PictureLabels(pictures.map(({ path }) => path));
    for (const { path, blob } of texts) {
      if (/(^|\/)(meta|masklet)\.json$/i.test(path)) labels.describe(path, await textOf(await blob(), path));
    }
    for (const { path, blob } of pictures) {
      signal?.throwIfAborted();
      labels.add({ path, bytes: await bytesOf(await blob(), path) });
    }
    return whole(labels.end());
  }
  if (texts.length > 0) {
    const read = await Promise.all(
      texts.map(async ({ path, blob }) => ({ path, text: await textOf(await blob(), path) })),
    );
    return whole(readJsonLabels(read));
  }
  const xml = sorted.find(({ path }) => /\.xml$/i.test(path));
  if (xml) return whole(readCvat(await textOf(await xml.blob(), xml.path)));
  throw nothingRead();
}

async function textOf(blob: Blob, path: string): Promise<string> {
  if (blob.size > maxTextBytes) throw labelsWrong(path);
  return blob.text();
}

async function bytesOf(blob: Blob, path: string): Promise<Uint8Array> {
  if (blob.size > maxPictureBytes) throw labelsWrong(path);
  return new Uint8Array(await blob.arrayBuffer());
}

function whole(labels: ReadLabels): ReadLabels {
  if (labels.objects.length === 0) throw nothingRead();
  return labels;
}

function nothingRead(): MaskletError {
  return new MaskletError('invalid-argument', 'There are no masks in these files.', { reason: ['no-masks-read'] });
}
