/**
 * CVAT for video 1.1: one XML file, a track an object, a `mask` a frame on which it is seen: run lengths within its box, row by
 * row, background first. Where it is seen no more, a track has a mask that is `outside`, as CVAT itself writes it.
 * Source: docs.cvat.ai, "XML annotation format", version 1.1, and its "Run-length encoding".
 */
import type { ExportObject, ExportRequest } from '../../protocol/export-contract';
import type { MaskRle, PixelBox } from '../../protocol/mask';
import { measureRle } from '../../rle/rle';
import { classesOf } from '../classes';
import type { FileEntry, FormatModule } from '../format';
import { TextPile } from '../text-pile';
import { boxPixels } from './mask-pixels';
import { xmlText } from './xml-text';

type Track = {
  shapes: TextPile;
  /** Where it was seen last, and as what. */
  last: { frameIndex: number; shape: string } | null;
};

export const write: FormatModule['write'] = async function* (request, frames): AsyncGenerator<FileEntry> {
  const name = 'annotations.xml';
  const { sourceFrames, frameCount } = request.video;
  const tracks = new Map<ExportObject, Track>(
    request.objects.map((object) => [object, { shapes: new TextPile(), last: null }]),
  );
  const add = ({ shapes }: Track, frameIndex: number, isOutside: boolean, shape: string): void => {
    const where = `frame="${sourceFrames[frameIndex]}" keyframe="1" outside="${isOutside ? 1 : 0}" occluded="0"`;
    shapes.add(`    <mask ${where} ${shape} z_order="0">\n    </mask>\n`);
  };
  /** @param next the frame on which it is seen again, or the end */
  const leave = (track: Track, next: number): void => {
    const { last } = track;
    if (last && last.frameIndex + 1 < next) add(track, last.frameIndex + 1, true, last.shape);
  };
  for await (const { frameIndex, masks } of frames) {
    for (const { object, rle } of masks) {
      const { box } = measureRle(rle);
      if (!box) continue;
      const track = tracks.get(object)!;
      leave(track, frameIndex);
      track.last = { frameIndex, shape: shapeOf(rle, box) };
      add(track, frameIndex, false, track.last.shape);
    }
  }
  yield { name, input: head(request) };
  let id = 0;
  for (const [{ category }, track] of tracks) {
    if (!track.last) continue;
    leave(track, frameCount);
    yield { name, input: `  <track id="${id++}" label="${xmlText(category)}" source="semi-auto">\n` };
    yield { name, input: track.shapes.toBlob() };
    yield { name, input: '  </track>\n' };
  }
  yield { name, input: '</annotations>\n' };
};

function shapeOf(rle: MaskRle, box: PixelBox): string {
  const counts: number[] = [];
  let run = 0;
  let isInside = 0;
  for (const pixel of boxPixels(rle, box)) {
    if (pixel !== isInside) {
      counts.push(run);
      run = 0;
      isInside = pixel;
    }
    run++;
  }
  counts.push(run);
  const size = `left="${box.x0}" top="${box.y0}" width="${box.x1 - box.x0}" height="${box.y1 - box.y0}"`;
  return `rle="${counts.join(', ')}" ${size}`;
}

function head({ video, objects }: ExportRequest): string {
  const { name, width, height, frameCount, sourceFrames } = video;
  const labels = classesOf(objects).map(
    (one) =>
      `        <label>\n          <name>${xmlText(one.name)}</name>\n          <type>mask</type>\n          <attributes></attributes>\n        </label>\n`,
  );
  return `<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <task>
      <name>${xmlText(name)}</name>
      <size>${frameCount}</size>
      <mode>interpolation</mode>
      <start_frame>${sourceFrames[0]}</start_frame>
      <stop_frame>${sourceFrames.at(-1)}</stop_frame>
      <frame_filter>${frameFilter(sourceFrames)}</frame_filter>
      <labels>
${labels.join('')}      </labels>
      <original_size>
        <width>${width}</width>
        <height>${height}</height>
      </original_size>
      <source>${xmlText(name)}</source>
    </task>
  </meta>
`;
}

/** How CVAT takes every n-th frame. */
function frameFilter(sourceFrames: ArrayLike<number>): string {
  const step = sourceFrames.length > 1 ? sourceFrames[1]! - sourceFrames[0]! : 1;
  return step > 1 ? `step=${step}` : '';
}
