/**
 * How long each frame of an animated picture is shown. Frames that are not in the file whole are left out.
 *
 * Browsers decode these files, and tell neither how many frames there are nor their times before all is decoded. Pure.
 */

import { childBoxes, findBox } from './boxes';
import { parseBox } from './parse-box';

export type AnimationKind = 'gif' | 'apng' | 'webp' | 'avif';

/** Of frames that say they last no time, as browsers and ffmpeg have it. */
const defaultDelayMs = 100;
/** No animated picture has more. */
const maxFrames = 1 << 20;

/** Milliseconds per frame; null where the file is a picture that does not move. */
export function animationDelays(bytes: Uint8Array): { kind: AnimationKind; delaysMs: number[] } | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (hasText(bytes, 0, 'GIF8')) return { kind: 'gif', delaysMs: gifDelays(view) };
  if (hasText(bytes, 1, 'PNG')) return named('apng', apngDelays(view));
  if (hasText(bytes, 0, 'RIFF') && hasText(bytes, 8, 'WEBP')) return named('webp', webpDelays(view));
  if (hasText(bytes, 4, 'ftyp')) return named('avif', avifDelays(bytes));
  return null;
}

function named(kind: AnimationKind, delaysMs: number[] | null) {
  return delaysMs && { kind, delaysMs };
}

/** GIF89a §18–§27. */
function gifDelays(view: DataView): number[] {
  const delays: number[] = [];
  let position = 13 + colourTableSize(view, 10);
  let delay = defaultDelayMs;
  while (position + 1 < view.byteLength) {
    const introducer = view.getUint8(position);
    if (introducer === 0x21) {
      const isGraphicControl = view.getUint8(position + 1) === 0xf9 && position + 6 < view.byteLength;
      // In hundredths of a second; what is too quick to see was never meant.
      const hundredths = isGraphicControl ? view.getUint16(position + 4, true) : null;
      if (hundredths !== null) delay = hundredths < 2 ? defaultDelayMs : hundredths * 10;
      position = afterSubBlocks(view, position + 2);
    } else if (introducer === 0x2c && position + 10 < view.byteLength) {
      position = afterSubBlocks(view, position + 11 + colourTableSize(view, position + 9));
      if (position <= view.byteLength) delays.push(delay);
      delay = defaultDelayMs;
    } else break;
  }
  return delays;
}

/** @param flagsAt where the packed fields are that say whether a table follows, and of what size */
function colourTableSize(view: DataView, flagsAt: number): number {
  if (flagsAt >= view.byteLength) return 0;
  const flags = view.getUint8(flagsAt);
  return flags & 0x80 ? 3 << ((flags & 7) + 1) : 0;
}

/** Infinity where the file ends before the blocks do. */
function afterSubBlocks(view: DataView, start: number): number {
  let position = start;
  while (position < view.byteLength) {
    const size = view.getUint8(position);
    position += size + 1;
    if (size === 0) return position;
  }
  return Infinity;
}

/** PNG, third edition, §5.3, §11.3.6. */
function apngDelays(view: DataView): number[] | null {
  const delays: number[] = [];
  let isAnimated = false;
  let delay: number | null = null;
  let hasData = false;
  for (let position = 8; position + 12 <= view.byteLength;) {
    const size = view.getUint32(position);
    const type = textAt(view, position + 4);
    const data = position + 8;
    position = data + size + 4;
    if (position > view.byteLength) break;
    if (type === 'acTL') isAnimated = true;
    const isData = type === 'IDAT' || type === 'fdAT';
    // A frame is whole when its data ends; the picture in front of an animation has no delay and is none of it.
    if (!isData && delay !== null && hasData) {
      delays.push(delay);
      delay = null;
    }
    hasData = isData;
    if (type === 'fcTL' && size >= 26) {
      const [num, den] = [view.getUint16(data + 20), view.getUint16(data + 22) || 100];
      delay = num === 0 ? defaultDelayMs : (num * 1000) / den;
    }
  }
  return isAnimated ? delays : null;
}

/** WebP container specification, “Animation”. */
function webpDelays(view: DataView): number[] | null {
  const isAnimated = view.byteLength > 20 && textAt(view, 12) === 'VP8X' && (view.getUint8(20) & 2) !== 0;
  if (!isAnimated) return null;
  const delays: number[] = [];
  for (let position = 12; position + 8 <= view.byteLength;) {
    const size = view.getUint32(position + 4, true);
    const data = position + 8;
    const end = data + size;
    if (end > view.byteLength) break;
    if (textAt(view, position) === 'ANMF' && size >= 16) {
      const delay = view.getUint16(data + 12, true) + (view.getUint8(data + 14) << 16);
      delays.push(delay === 0 ? defaultDelayMs : delay);
    }
    position = end + (size & 1);
  }
  return delays;
}

/** A track of pictures in an ISO base media file. AVIF §3, ISO 23008-12 §7 */
function avifDelays(bytes: Uint8Array): number[] | null {
  const moov = findBox(bytes, 'moov');
  const tracks = [...childBoxes(moov?.payload ?? new Uint8Array())].filter(({ type }) => type === 'trak');
  const pictures = tracks.find(({ payload }) => {
    const hdlr = findBox(payload, 'mdia', 'hdlr');
    return hdlr && parseBox(hdlr, 'hdlr').handler === 'pict';
  });
  const mdhd = pictures && findBox(pictures.payload, 'mdia', 'mdhd');
  const stts = pictures && findBox(pictures.payload, 'mdia', 'minf', 'stbl', 'stts');
  if (!mdhd || !stts) return null;
  const { timescale } = parseBox(mdhd, 'mdhd');
  const { sample_counts: counts, sample_deltas: deltas } = parseBox(stts, 'stts');
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (!(timescale > 0) || total < 2 || total > maxFrames) return null;
  return counts.flatMap((count, run) => {
    const delay = (deltas[run]! * 1000) / timescale;
    return Array.from({ length: count }, () => (delay > 0 ? delay : defaultDelayMs));
  });
}

function hasText(bytes: Uint8Array, offset: number, text: string): boolean {
  return String.fromCharCode(...bytes.subarray(offset, offset + text.length)) === text;
}

function textAt(view: DataView, offset: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(offset + i)));
}
