/** Tells what kind of file somebody has given us by its first bytes. */
import type { FileKind } from '../../protocol/errors';

export type ContainerKind =
  /** MP4, QuickTime and their relatives: ISO base media files. */
  | { kind: 'isobmff' }
  /** Matroska (MKV) and its subset, WebM. */
  | { kind: 'matroska' }
  | { kind: 'picture'; codec: string; /** Animations are of the same format. */ mayMove: boolean }
  | { kind: 'zip' }
  /** A video in a container that cannot be read; `name` with its article, such as `a Matroska file`. */
  | { kind: 'video'; name: FileKind }
  /** Something else that is known by name, such as `a PNG picture`. */
  | { kind: 'other'; name: FileKind }
  | { kind: 'unknown' };

/** How many bytes are looked at: two MPEG transport packets and their time codes. */
export const containerProbeSize = 400;

type Signature = { offset?: number; text?: string; bytes?: number[] };

/** The first match holds. */
const signatures: [Signature[], ContainerKind][] = [
  ...['avif', 'avis'].map((brand): [Signature[], ContainerKind] => [
    [{ offset: 4, text: `ftyp${brand}` }],
    { kind: 'picture', codec: 'avif', mayMove: false },
  ]),
  ...['heic', 'heix', 'hevc', 'mif1', 'msf1'].map((brand): [Signature[], ContainerKind] => [
    [{ offset: 4, text: `ftyp${brand}` }],
    { kind: 'other', name: 'a HEIF picture' },
  ]),
  ...['ftyp', 'moov', 'moof', 'mdat', 'styp'].map((type): [Signature[], ContainerKind] => [
    [{ offset: 4, text: type }],
    { kind: 'isobmff' },
  ]),
  // Padding in front, as QuickTime writes it; four letters alone could be the second word of a text.
  ...['free', 'skip', 'wide'].map((type): [Signature[], ContainerKind] => [
    [{ bytes: [0, 0] }, { offset: 4, text: type }],
    { kind: 'isobmff' },
  ]),
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
  [[{ text: '%PDF' }], { kind: 'other', name: 'a PDF document' }],
  [[{ text: 'PK\x03\x04' }], { kind: 'zip' }],
  [[{ text: 'PK\x05\x06' }], { kind: 'zip' }],
  [[{ text: 'ID3' }], { kind: 'other', name: 'an audio file' }],
  [[{ text: 'fLaC' }], { kind: 'other', name: 'an audio file' }],
];

/** @param start the file's first `containerProbeSize` bytes, or all that there are */
export function containerKind(start: Uint8Array): ContainerKind {
  const text = String.fromCharCode(...start);
  const found = signatures.find(([parts]) => parts.every((part) => text.startsWith(textOf(part), part.offset ?? 0)));
  return found?.[1] ?? { kind: 'unknown' };
}

function textOf({ text, bytes }: Signature): string {
  return text ?? String.fromCharCode(...(bytes ?? []));
}
