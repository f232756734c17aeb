/** Which part of a track's pictures is meant to be seen, and how its pixels are shaped. RFC 9559 §5.1.4.1.28. */
import type { Coding } from '../encoded-video';
import { elementHeader, unsignedInt } from './ebml';

const ids = {
  tracks: 0x1654ae6b,
  entry: 0xae,
  number: 0xd7,
  video: 0xe0,
  width: 0xb0,
  height: 0xba,
  cropBottom: 0x54aa,
  cropTop: 0x54bb,
  cropLeft: 0x54cc,
  cropRight: 0x54dd,
  displayWidth: 0x54b0,
  displayHeight: 0x54ba,
  displayUnit: 0x54b2,
};
/** `DisplayUnit`: the display size means nothing. */
const unknownUnit = 4;

/** @param head elements that describe the tracks, as `matroskaHead` finds them */
export function matroskaGeometry(
  head: readonly Uint8Array[],
  trackNumber: number,
): Pick<Coding, 'pixelAspect' | 'margins'> {
  const entries = head
    .flatMap((bytes) => [...children(bytes)])
    .filter(({ id }) => id === ids.tracks)
    .flatMap(({ payload }) => [...children(payload)])
    .filter(({ id }) => id === ids.entry);
  const entry = entries.find(({ payload }) => valueOf(payload, ids.number) === trackNumber);
  const video = entry && [...children(entry.payload)].find(({ id }) => id === ids.video)?.payload;
  if (!video) return { pixelAspect: null, margins: null };
  const value = (id: number) => valueOf(video, id) ?? 0;
  const [width, height] = [value(ids.width), value(ids.height)];
  const crop = {
    left: value(ids.cropLeft),
    top: value(ids.cropTop),
    right: value(ids.cropRight),
    bottom: value(ids.cropBottom),
  };
  const isSensible = crop.left + crop.right < width && crop.top + crop.bottom < height;
  const isCropped = isSensible && Object.values(crop).some((margin) => margin > 0);
  const seenWidth = isCropped ? width - crop.left - crop.right : width;
  const seenHeight = isCropped ? height - crop.top - crop.bottom : height;
  const display = { width: value(ids.displayWidth), height: value(ids.displayHeight), unit: value(ids.displayUnit) };
  // Writers that do not know of the crop give the whole picture's size.
  const isOfWhole = display.width === width && display.height === height;
  const isStated = display.width > 0 && display.height > 0 && display.unit !== unknownUnit && !isOfWhole;
  const aspect = isStated ? (display.width * seenHeight) / (display.height * seenWidth) : 1;
  // Every track has a display size by default, so that a ratio of 1 may say nothing.
  return { pixelAspect: aspect === 1 ? null : aspect, margins: isCropped ? crop : null };
}

type Element = { id: number; payload: Uint8Array };

function* children(bytes: Uint8Array): Generator<Element> {
  for (let at = 0; at < bytes.length;) {
    const header = elementHeader(bytes.subarray(at));
    if (!header) return;
    const start = at + header.headerSize;
    yield { id: header.id, payload: bytes.subarray(start, start + header.size) };
    at = start + header.size;
  }
}

function valueOf(bytes: Uint8Array, id: number): number | null {
  const found = [...children(bytes)].find((element) => element.id === id);
  return found ? unsignedInt(found.payload) : null;
}
