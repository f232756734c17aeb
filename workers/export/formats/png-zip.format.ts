/**
 * The PNG zip: one 8-bit grey PNG per object and frame at the video's size, a folder an object, and `masklet.json` with
 * what it takes to read or repeat them. Masks are 0 or 255; mattes have what lies between where an edge is soft. Files are called by their frame's number in the source, which
 * differs from its index where a part of a video was opened. Frames without a mask have no file; where an object was
 * tracked but is absent, its PNG is black.
 */
import { encode } from 'fast-png';
import { cutToBytes } from '../../protocol/file-name';
import type { MaskRle } from '../../protocol/mask';
import type { ExportObject, ExportRequest } from '../../protocol/export-contract';
import type { FramePrompts } from '../../protocol/prompt';
import type { VideoInfo } from '../../protocol/video';
import type { FileEntry, FormatModule, FrameOfMasks } from '../format';
import { frameNames } from '../frame-names';
import { maskPixels } from './mask-pixels';

/** Short enough for any file system, and for the 260 characters that a whole path may have on Windows. */
const maxSlugBytes = 80;

/** `003_red-car`: the id keeps it unique and in order, in whatever case, and off reserved names; the name tells a person. */
export function objectFolder({ id, name }: Pick<ExportObject, 'id' | 'name'>): string {
  const slug = name
    .toLowerCase()
    // Without the marks on letters, which file systems store in different ways.
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .normalize('NFC')
    .replace(/[^\p{Letter}\p{Number}]+/gu, '-');
  const short = cutToBytes(slug.replace(/^-+/, ''), maxSlugBytes).replace(/-+$/, '');
  return [String(id).padStart(3, '0'), short].filter(Boolean).join('_');
}

export const write: FormatModule['write'] = (request, frames) =>
  writePictures(request, frames, (_, rle) => maskPixels(rle));

/** @param pixelsOf an object's mask as grey pixels, row-major */
export async function* writePictures(
  request: ExportRequest,
  frames: AsyncIterable<FrameOfMasks>,
  pixelsOf: (object: ExportObject, rle: MaskRle) => Uint8Array,
): AsyncGenerator<FileEntry> {
  const names = frameNames(request.video);
  yield { name: 'masklet.json', input: `${JSON.stringify(describe(request), null, 2)}\n` };
  for await (const { frameIndex, masks } of frames) {
    for (const { object, rle } of masks) {
      const { width, height } = rle;
      const input = encode({ width, height, data: pixelsOf(object, rle), channels: 1, depth: 8 });
      yield { name: `${objectFolder(object)}/${names[frameIndex]}.png`, input };
    }
  }
}

/**
 * Coordinates in pixels of the video, whose size stands beside them; frames by their numbers and times in the source, so
 * that masks of a trimmed video fit the whole one.
 */
function describe({ format, video, objects, model }: ExportRequest): unknown {
  const numberOf = (frameIndex: number) => video.sourceFrames[frameIndex]!;
  return {
    format: 'masklet-export/1',
    video: {
      name: video.name,
      width: video.width,
      height: video.height,
      frameCount: video.frameCount,
      durationUs: video.durationUs,
      codec: video.codec,
      sourceFrames: Array.from(video.sourceFrames),
      timestampsUs: Array.from(video.timestampsUs, (timestampUs) => timestampUs + video.sourceStartUs),
    },
    model,
    objects: objects.map((object) => ({
      id: object.id,
      name: object.name,
      folder: objectFolder(object),
      ...(format === 'matte-zip' && { featherPx: object.featherPx }),
      frames: object.frames.map(numberOf),
      prompts: object.prompts.map(({ frameIndex, prompts }) => ({
        frame: numberOf(frameIndex),
        ...promptPixels(prompts, video),
      })),
    })),
  };
}

function promptPixels({ points, box, mask }: FramePrompts, { width, height }: VideoInfo): object {
  return {
    ...(points.length > 0 && {
      points: points.map(({ xNorm, yNorm, label }) => ({ x: xNorm * width, y: yNorm * height, label })),
    }),
    ...(box && { box: [box.x0Norm * width, box.y0Norm * height, box.x1Norm * width, box.y1Norm * height] }),
    ...(mask && { mask: { size: [mask.height, mask.width], counts: Array.from(mask.counts) } }),
  };
}
