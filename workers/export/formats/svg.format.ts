/**
 * Outlines as SVG: a picture a frame, a path an object along the edges of its pixels, holes by the even-odd rule. Scaled, it
 * stays sharp; drawn at the video's size, it is the mask to the pixel.
 */
import { outlinesOf, type Outline } from '../../rle/outlines';
import { frameNames } from '../frame-names';
import type { FileEntry, FormatModule } from '../format';
import { palette } from './indexed-png';
import { xmlText } from './xml-text';

export const write: FormatModule['write'] = async function* ({ video, objects }, frames): AsyncGenerator<FileEntry> {
  const { width, height } = video;
  const names = frameNames(video);
  const open = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">\n`;
  for await (const { frameIndex, masks } of frames) {
    const paths = masks.map(({ object, rle }) => {
      const color = palette[(objects.indexOf(object) % 254) + 1]!.join(',');
      const title = `<title>${xmlText(object.name)}</title>`;
      const data = outlinesOf(rle).map(pathOf).join('');
      return `  <path id="object-${object.id}" class="${xmlText(object.category)}" fill="rgb(${color})" fill-rule="evenodd" d="${data}">${title}</path>\n`;
    });
    yield { name: `${names[frameIndex]}.svg`, input: `${open}${paths.join('')}</svg>\n` };
  }
};

/** Corners follow each other across and down by turns, so each is one number. */
function pathOf({ points }: Outline): string {
  const [[x, y] = [0, 0], ...others] = points;
  let atX = x;
  const corners = others.map(([nextX, nextY]) => {
    const command = nextX === atX ? `V${nextY}` : `H${nextX}`;
    atX = nextX;
    return command;
  });
  return `M${x} ${y}${corners.join('')}Z`;
}
