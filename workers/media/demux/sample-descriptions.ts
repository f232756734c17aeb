/** How the samples of a track are coded: the entries of its sample description box. ISO 14496-12 §8.5.2, §12.1 */
import type { Coding, Margins } from '../encoded-video';
import { childBoxes, findBox, type Box } from './boxes';
import { codecName } from './codec-name';
import { colourOfColr, type Colour } from './colour-space';
import { parseBox } from './parse-box';

/** Bytes of a visual sample entry before the boxes in it. §12.1.3 */
const visualSampleEntrySize = 78;
/** FullBox header, entry count. */
const entriesAt = 8;
/** Of `tenc`: FullBox header, a reserved byte, a pattern. ISO 23001-7 §8.2 */
const isProtectedAt = 6;

type Size = { width: number; height: number };

/** What the container says; the stream may have more to say. */
export type SampleDescription = Coding & { readonly colour: Colour | null };

/** As the first entry states it; null where there is none. */
export function statedSize(stsd: Box): Size | null {
  return entriesOf(stsd)[0]?.size ?? null;
}

/** Four characters of the first entry, such as `avc1`; null where there is none. */
export function statedType(stsd: Box): string | null {
  return entriesOf(stsd)[0]?.type ?? null;
}

/**
 * One for each entry, in the order that samples refer to them.
 * @throws RangeError where there is none
 */
export function sampleDescriptions(stsd: Box): SampleDescription[] {
  const entries = entriesOf(stsd);
  if (entries.length === 0) throw new RangeError('stsd has no visual sample entry');
  return entries.map(descriptionOf);
}

type Entry = { box: Box; type: string; size: Size; inside: Uint8Array };

function entriesOf(stsd: Box): Entry[] {
  return [...childBoxes(stsd.payload.subarray(entriesAt))].map((box) => {
    const { type, payload } = box;
    if (payload.length < visualSampleEntrySize) return { box, type, size: { width: 0, height: 0 }, inside: payload };
    const sizes = new DataView(payload.buffer, payload.byteOffset, visualSampleEntrySize);
    const size = { width: sizes.getUint16(24), height: sizes.getUint16(26) };
    return { box, type, size, inside: payload.subarray(visualSampleEntrySize) };
  });
}

function descriptionOf({ box, type: stated, size, inside }: Entry): SampleDescription {
  const sinf = stated === 'encv' ? findBox(inside, 'sinf') : undefined;
  const original = sinf && findBox(sinf.payload, 'frma');
  const type = original ? parseBox(original, 'frma').data_format : stated;
  const configuration = findBox(inside, 'avcC') ?? findBox(inside, 'hvcC');
  const colr = findBox(inside, 'colr');
  return {
    config: {
      codec: codecString(box, type),
      ...(size.width > 0 && size.height > 0 ? { codedWidth: size.width, codedHeight: size.height } : {}),
      ...(configuration ? { description: configuration.payload.slice() } : {}),
    },
    colour: colr ? colourOfColr(colr.payload) : null,
    codecName: codecName(type),
    pixelAspect: pixelAspectOf(inside),
    margins: marginsOf(inside, size),
    isProtected: stated === 'encv' && !isLeftClear(sinf),
  };
}

/** An entry of a protected track may say that its samples are not encrypted after all. ISO 23001-7 §8.2 */
function isLeftClear(sinf: Box | undefined): boolean {
  const tenc = sinf && findBox(sinf.payload, 'schi', 'tenc');
  return tenc?.payload[isProtectedAt] === 0;
}

function pixelAspectOf(inside: Uint8Array): number | null {
  const pasp = findBox(inside, 'pasp');
  const spacing = pasp && parseBox(pasp, 'pasp');
  return spacing && spacing.hSpacing > 0 && spacing.vSpacing > 0 ? spacing.hSpacing / spacing.vSpacing : null;
}

/** Of a clean aperture, to the nearest pixel; null where there is none, or one that does not fit. §12.1.4 */
function marginsOf(inside: Uint8Array, { width, height }: Size): Margins | null {
  const box = findBox(inside, 'clap');
  if (!box) return null;
  const clap = parseBox(box, 'clap');
  // Offsets have a sign.
  const x = (clap.horizOffN | 0) / clap.horizOffD;
  const y = (clap.vertOffN | 0) / clap.vertOffD;
  const cleanWidth = Math.round(clap.cleanApertureWidthN / clap.cleanApertureWidthD);
  const cleanHeight = Math.round(clap.cleanApertureHeightN / clap.cleanApertureHeightD);
  const left = Math.round((width - cleanWidth) / 2 + x);
  const top = Math.round((height - cleanHeight) / 2 + y);
  const margins = { left, top, right: width - left - cleanWidth, bottom: height - top - cleanHeight };
  const isInside = cleanWidth > 0 && cleanHeight > 0 && Object.values(margins).every((margin) => margin >= 0);
  return isInside && Object.values(margins).some((margin) => margin > 0) ? margins : null;
}

/** RFC 6381, in the spelling of the WebCodecs codec registry. */
function codecString(entry: Box, type: string): string {
  if (type === 'vp08') return 'vp8';
  try {
    return parseBox(boxOfOne(entry, type), 'stsd').entries[0]?.getCodec() ?? type;
  } catch {
    // Without a configuration that can be read, no browser will take it: the type is enough to say so.
    return type;
  }
}

/** A description box with this entry alone, under the type that it had before it was encrypted. */
function boxOfOne(entry: Box, type: string): Box {
  const bytes = new Uint8Array(8 + entriesAt + entry.bytes.length);
  const view = new DataView(bytes.buffer);
  const letters = new TextEncoder();
  view.setUint32(0, bytes.length);
  bytes.set(letters.encode('stsd'), 4);
  view.setUint32(12, 1);
  bytes.set(entry.bytes, 16);
  bytes.set(letters.encode(type).subarray(0, 4), 20);
  return { type: 'stsd', bytes, payload: bytes.subarray(8) };
}
