/** The zip of soft mattes: as the PNG zip, with what lies between 0 and 255 where an edge is soft. */
import type { FormatModule } from '../format';
import { mattePixels } from './mask-pixels';
import { writePictures } from './png-zip.format';

export const write: FormatModule['write'] = (request, frames) =>
  writePictures(request, frames, ({ featherPx }, rle) => mattePixels(rle, featherPx));
