import { expect, it } from 'vitest';
import { containerKind } from './container-kind';

const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

it.each<[string, string, object]>([
  ['MP4', '\0\0\0\x18ftypisom\0\0\0\0isommp42', { kind: 'isobmff' }],
  ['3GP', '\0\0\0\x14ftyp3gp4\0\0\0\0', { kind: 'isobmff' }],
  ['samples first', '\0\0\x10\0mdat', { kind: 'isobmff' }],
  ['padding first', '\0\x01\0\0free', { kind: 'isobmff' }],
  ['a user box first', '\0\0\0\x20uuid', { kind: 'isobmff' }],
  ['text', 'The free world', { kind: 'unknown' }],
  ['an AVIF picture', '\0\0\0\x18ftypavif\0\0\0\0mif1', { kind: 'picture', codec: 'avif', mayMove: false }],
  ['an AVIF picture by another brand', '\0\0\0\x18ftypmif1\0\0\0\0avif', { kind: 'picture', codec: 'avif' }],
  ['an animated AVIF', '\0\0\0\x1cftypavis\0\0\0\0avifmsf1', { kind: 'picture', codec: 'avif', mayMove: true }],
  ['a HEIF picture', '\0\0\0\x18ftypmif1\0\0\0\0heic', { kind: 'other', name: 'a HEIF picture' }],
  ['a BMP', 'BM\x36\x10\0\0\0\0\0\0', { kind: 'picture', codec: 'bmp' }],
  ['an icon', '\0\0\x01\0\x01\0', { kind: 'picture', codec: 'ico' }],
  ['a program stream', '\0\0\x01\xba', { kind: 'video', name: 'an MPEG program stream' }],
  ['a TIFF', 'II*\0', { kind: 'other', name: 'a TIFF picture' }],
  ['an EXR', '\x76\x2f\x31\x01', { kind: 'other', name: 'an OpenEXR picture' }],
  ['a RAR archive', 'Rar!\x1a\x07\0', { kind: 'archive', name: 'a RAR archive' }],
  ['a tar archive', `${'a'.repeat(257)}ustar`, { kind: 'archive', name: 'a tar archive' }],
])('tells %s by its first bytes', (_, start, kind) => {
  expect(containerKind(bytes(start))).toMatchObject(kind);
});
