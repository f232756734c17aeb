/** Pictures that browsers read, by what their names end with. Pure. */
import { extensionOf } from './file-names';

const codecs: Record<string, string> = {
  jpg: 'jpeg',
  jpeg: 'jpeg',
  jfif: 'jpeg',
  jpe: 'jpeg',
  pjpeg: 'jpeg',
  pjp: 'jpeg',
  jif: 'jpeg',
  png: 'png',
  apng: 'png',
  webp: 'webp',
  avif: 'avif',
  bmp: 'bmp',
  dib: 'bmp',
  gif: 'gif',
  ico: 'ico',
};

/** Of two pictures of one name, the one of the format further down is a mask. */
const byMask = ['jpeg', 'webp', 'avif', 'ico', 'bmp', 'png', 'gif'];

export function isPictureName(path: string): boolean {
  return extensionOf(path) in codecs;
}

/** Such as `jpeg`; null where the name is none of a picture. */
export function pictureCodec(path: string): string | null {
  return codecs[extensionOf(path)] ?? null;
}

export function maskRank(extension: string): number {
  return byMask.indexOf(codecs[extension] ?? 'jpeg');
}
