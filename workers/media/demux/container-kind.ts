/** Tells what kind of file somebody has given us by its first bytes. */
import type { FileKind } from '../../protocol/errors';

export type ContainerKind =
  /** MP4, QuickTime and their relatives: ISO base media files. */
  | { kind: 'isobmff' }
  /** Matroska (MKV) and its subset, WebM. */
  | { kind: 'matroska' }
  | { kind: 'picture'; codec: string; /** Animations are of the same format. */ mayMove: boolean }
  | { kind: 'zip' }
  /** An archive that cannot be read; `name` with its article. */
  | { kind: 'archive'; name: FileKind }
  /** A video in a container that cannot be read; `name` with its article, such as `a Matroska file`. */
  | { kind: 'video'; name: FileKind }
  /** Something else that is known by name, such as `a PNG picture`. */
  | { kind: 'other'; name: FileKind }
  | { kind: 'unknown' };

/** How many bytes are looked at: two MPEG transport packets and their time codes, or the head of a tar archive. */
export const containerProbeSize = 400;

/** First brands of pictures and of sequences of them. ISO 23008-12 §10 */
const stillBrands = new Set(['avif', 'avis', 'heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'mif1', 'mif2', 'msf1']);

type Signature = { offset?: number; text?: string; bytes?: number[] };

/** The first match holds. */
const signatures: [Signature[], ContainerKind][] = [
  ...['ftyp', 'moov', 'moof', 'mdat', 'styp'].map((type): [Signature[], ContainerKind] => [
    [{ offset: 4, text: type }],
    { kind: 'isobmff' },
  ]),
  // Other boxes in front; four letters alone could be the second word of a text.
  ...[
    'free',
    'skip',
    'wide',
    'uuid',
    'sidx',
    'ssix',
    'emsg',
    'prft',
    'pdin',
    'pnot',
    'junk',
    'meta',
    'udta',
    'PICT',
  ].map((type): [Signature[], ContainerKind] => [[{ bytes: [0] }, { offset: 4, text: type }], { kind: 'isobmff' }]),
  [[{ bytes: [0x1a, 0x45, 0xdf, 0xa3] }], { kind: 'matroska' }],
  [[{ text: 'RIFF' }, { offset: 8, text: 'AVI ' }], { kind: 'video', name: 'an AVI file' }],
  [[{ text: 'RIFF' }, { offset: 8, text: 'WEBP' }], { kind: 'picture', codec: 'webp', mayMove: true }],
  [[{ text: 'RIFF' }, { offset: 8, text: 'WAVE' }], { kind: 'other', name: 'an audio file' }],
  [[{ text: 'GIF8' }], { kind: 'picture', codec: 'gif', mayMove: true }],
  [[{ bytes: [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11] }], { kind: 'video', name: 'a Windows Media file' }],
  [[{ text: 'FLV\x01' }], { kind: 'video', name: 'a Flash video' }],
  [[{ text: 'OggS' }], { kind: 'video', name: 'an Ogg file' }],
  [[{ text: '.RMF' }], { kind: 'video', name: 'a RealMedia file' }],
  [[{ text: 'DKIF' }], { kind: 'video', name: 'an IVF file' }],
  [[{ text: 'YUV4MPEG2 ' }], { kind: 'video', name: 'a raw Y4M file' }],
  [[{ bytes: [0x06, 0x0e, 0x2b, 0x34] }], { kind: 'video', name: 'an MXF file' }],
  [[{ bytes: [0, 0, 1, 0xba] }], { kind: 'video', name: 'an MPEG program stream' }],
  [[{ bytes: [0, 0, 1, 0xb3] }], { kind: 'video', name: 'a raw MPEG stream' }],
  ...[0, 4].map((offset): [Signature[], ContainerKind] => [
    // Packets of 188 bytes; of 192 with a time code in front, as cameras write them.
    [
      { offset, bytes: [0x47] },
      { offset: offset + (offset ? 192 : 188), bytes: [0x47] },
    ],
    { kind: 'video', name: 'an MPEG transport stream' },
  ]),
  [[{ bytes: [0, 0, 0, 1] }], { kind: 'video', name: 'a raw H.264 or HEVC stream' }],
  [[{ bytes: [0x89, 0x50, 0x4e, 0x47] }], { kind: 'picture', codec: 'png', mayMove: true }],
  [[{ bytes: [0xff, 0xd8, 0xff] }], { kind: 'picture', codec: 'jpeg', mayMove: false }],
  [[{ text: 'BM' }, { offset: 6, bytes: [0, 0, 0, 0] }], { kind: 'picture', codec: 'bmp', mayMove: false }],
  [[{ bytes: [0, 0, 1, 0] }, { offset: 5, bytes: [0] }], { kind: 'picture', codec: 'ico', mayMove: false }],
  [[{ text: 'II*\0' }], { kind: 'other', name: 'a TIFF picture' }],
  [[{ text: 'MM\0*' }], { kind: 'other', name: 'a TIFF picture' }],
  [[{ bytes: [0x76, 0x2f, 0x31, 0x01] }], { kind: 'other', name: 'an OpenEXR picture' }],
  [[{ text: 'SDPX' }], { kind: 'other', name: 'a DPX picture' }],
  [[{ text: 'XPDS' }], { kind: 'other', name: 'a DPX picture' }],
  [[{ text: '8BPS' }], { kind: 'other', name: 'a Photoshop file' }],
  [[{ bytes: [0xff, 0x0a] }], { kind: 'other', name: 'a JPEG XL picture' }],
  [[{ offset: 4, text: 'JXL ' }], { kind: 'other', name: 'a JPEG XL picture' }],
  [[{ offset: 4, text: 'jP  ' }], { kind: 'other', name: 'a JPEG 2000 picture' }],
  [[{ text: 'Rar!\x1a\x07' }], { kind: 'archive', name: 'a RAR archive' }],
  [[{ text: '7z' }, { offset: 2, bytes: [0xbc, 0xaf, 0x27, 0x1c] }], { kind: 'archive', name: 'a 7z archive' }],
  [[{ bytes: [0x1f, 0x8b, 0x08] }], { kind: 'archive', name: 'a gzip archive' }],
  [[{ text: 'BZh' }, { offset: 4, text: '1AY&SY' }], { kind: 'archive', name: 'a bzip2 archive' }],
  [[{ bytes: [0xfd] }, { offset: 1, text: '7zXZ' }], { kind: 'archive', name: 'an xz archive' }],
  [[{ bytes: [0x28, 0xb5, 0x2f, 0xfd] }], { kind: 'archive', name: 'a Zstandard archive' }],
  [[{ offset: 257, text: 'ustar' }], { kind: 'archive', name: 'a tar archive' }],
  [[{ text: '%PDF' }], { kind: 'other', name: 'a PDF document' }],
  [[{ text: 'PK\x03\x04' }], { kind: 'zip' }],
  [[{ text: 'PK\x05\x06' }], { kind: 'zip' }],
  [[{ text: 'ID3' }], { kind: 'other', name: 'an audio file' }],
  [[{ text: 'fLaC' }], { kind: 'other', name: 'an audio file' }],
];

/** @param start the file's first `containerProbeSize` bytes, or all that there are */
export function containerKind(start: Uint8Array): ContainerKind {
  const text = String.fromCharCode(...start);
  if (text.startsWith('ftyp', 4)) return ofBrands(text);
  const found = signatures.find(([parts]) => parts.every((part) => text.startsWith(textOf(part), part.offset ?? 0)));
  return found?.[1] ?? { kind: 'unknown' };
}

/** By the brands that a file says it follows: the first, and those it is compatible with. ISO 14496-12 §4.3 */
function ofBrands(text: string): ContainerKind {
  const size = [0, 1, 2, 3].reduce((value, i) => value * 256 + (text.charCodeAt(i) || 0), 0);
  const brands = [text.slice(8, 12), ...(text.slice(16, Math.min(text.length, size)).match(/.{4}/gs) ?? [])];
  const isStill = stillBrands.has(brands[0]!);
  if (isStill && brands.includes('avis')) return { kind: 'picture', codec: 'avif', mayMove: true };
  if (isStill && brands.includes('avif')) return { kind: 'picture', codec: 'avif', mayMove: false };
  return isStill ? { kind: 'other', name: 'a HEIF picture' } : { kind: 'isobmff' };
}

function textOf({ text, bytes }: Signature): string {
  return text ?? String.fromCharCode(...(bytes ?? []));
}
