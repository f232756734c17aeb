/** CVAT for video 1.1: masks and polygons of tracks. A worker has no XML parser; of XML, CVAT writes elements and attributes. */
import type { MaskRle } from '../../protocol/mask';
import type { ReadLabels } from '../../protocol/read-labels';
import { fillPolygons } from '../../rle/fill-polygons';
import { encodeRle } from '../../rle/rle';
import { asInteger, asSize, labelsWrong } from './checked';
import { ObjectList } from './object-list';

const tags = /<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*\/?>/g;
const attributes = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

type Size = { width: number; height: number };

/** @throws `invalid-argument` with the track and frame */
export function readCvat(text: string): ReadLabels {
  if (!text.includes('<annotations')) throw labelsWrong('annotations');
  const objects = new ObjectList();
  const { width, height } = originalSize(text);
  let track: string | null = null;
  for (const [, closing, name = '', rest = ''] of text.matchAll(tags)) {
    if (name === 'track') {
      if (closing) track = null;
      else {
        const { id = '', label = '' } = attributesOf(rest);
        track = id;
        objects.describe(track, `${label} ${id}`, label);
      }
    } else if (track !== null && !closing && (name === 'mask' || name === 'polygon' || name === 'box')) {
      const shape = attributesOf(rest);
      if (shape['outside'] === '1') continue;
      if (name === 'box') {
        objects.leftOut++;
        continue;
      }
      const place = `track ${track}, frame ${shape['frame']}`;
      const rle =
        name === 'mask' ? maskOf(shape, { width, height }, place) : polygonOf(shape, { width, height }, place);
      objects.add(track, asInteger(shape['frame'], place), rle);
    }
  }
  return objects.end();
}

function originalSize(text: string): Size {
  const [, size = ''] = /<original_size>([\s\S]{0,400}?)<\/original_size>/.exec(text) ?? [];
  const [, width] = /<width>\s*(\d+)\s*<\/width>/.exec(size) ?? [];
  const [, height] = /<height>\s*(\d+)\s*<\/height>/.exec(size) ?? [];
  return asSize(width, height, 'original_size');
}

function maskOf(shape: Record<string, string>, { width, height }: Size, place: string): MaskRle {
  const left = asInteger(shape['left'], place);
  const top = asInteger(shape['top'], place);
  const part = asSize(shape['width'], shape['height'], place);
  if (left < 0 || top < 0 || left + part.width > width || top + part.height > height) throw labelsWrong(place);
  const pixels = new Uint8Array(width * height);
  let at = 0;
  for (const [n, text] of (shape['rle'] ?? '').split(',').entries()) {
    const count = asInteger(text.trim(), place);
    if (count < 0 || at + count > part.width * part.height) throw labelsWrong(place);
    for (let end = at + count; at < end; at++) {
      if (n % 2 === 1) pixels[(top + Math.floor(at / part.width)) * width + left + (at % part.width)] = 1;
    }
  }
  if (at !== part.width * part.height) throw labelsWrong(place);
  return encodeRle(pixels, width, height);
}

function polygonOf(shape: Record<string, string>, { width, height }: Size, place: string): MaskRle {
  const points = (shape['points'] ?? '').split(';').map((pair) => {
    const [x = NaN, y = NaN] = pair.split(',').map(Number);
    if (!Number.isFinite(x) || !Number.isFinite(y)) throw labelsWrong(place);
    return [x, y] as const;
  });
  return fillPolygons([points], width, height);
}

function attributesOf(text: string): Record<string, string> {
  return Object.fromEntries(
    Array.from(text.matchAll(attributes), ([, name = '', quoted, single]) => [name, plain(quoted ?? single ?? '')]),
  );
}

function plain(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi, (whole, decimal, hexadecimal, name) => {
    const code = decimal ? Number(decimal) : hexadecimal ? parseInt(hexadecimal, 16) : -1;
    if (code >= 0) return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    return entities[name] ?? whole;
  });
}
