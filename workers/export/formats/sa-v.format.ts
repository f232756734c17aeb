/**
 * SA-V in both of its forms: a folder an object with a black and white PNG a frame, as validation and test have them, and
 * `<video>_manual.json` with run lengths by frame and object, as training has them. Objects may overlap. SA-V has a mask every
 * fourth frame; here are all that are open, and `masklet_frames` says their numbers.
 * Source: github.com/facebookresearch/sam2, `sav_dataset/README.md`.
 */
import { encode } from 'fast-png';
import type { ExportObject, ExportRequest } from '../../protocol/export-contract';
import { toCocoString } from '../../rle/coco-string';
import { measureRle } from '../../rle/rle';
import { FrameList } from '../frame-list';
import { frameNames } from '../frame-names';
import type { FileEntry, FormatModule } from '../format';
import { sequenceName } from '../sequence-name';
import { maskPixels } from './mask-pixels';

type Figures = {
  areas: number;
  frames: number;
  firstFrame: number | null;
  lastSeen: number | null;
  /** How often it comes or goes after it was first seen. */
  changes: number;
};

export const write: FormatModule['write'] = async function* (request, frames): AsyncGenerator<FileEntry> {
  const { video, objects } = request;
  const { width, height, frameCount } = video;
  const names = frameNames(video);
  const sequence = sequenceName(video);
  const figures = new Map(objects.map((object) => [object, noFigures()]));
  const empty = { size: [height, width], counts: toCocoString(Uint32Array.of(width * height)) };
  const masklet = new FrameList(objects.map(() => empty));
  for await (const { frameIndex, masks } of frames) {
    const rles = objects.map((object) => masks.find((mask) => mask.object === object)?.rle);
    masklet.set(
      frameIndex,
      rles.map((rle) => (rle ? { size: [height, width], counts: toCocoString(rle.counts) } : empty)),
    );
    for (const { object, rle } of masks) {
      count(figures.get(object)!, frameIndex, measureRle(rle).area);
      const folder = String(objects.indexOf(object)).padStart(3, '0');
      const input = encode({ width, height, data: maskPixels(rle), channels: 1, depth: 8 });
      yield { name: `Annotations/${sequence}/${folder}/${names[frameIndex]}.png`, input };
    }
  }
  const name = `${sequence}_manual.json`;
  yield { name, input: `${JSON.stringify(describe(request, figures)).slice(0, -1)},"masklet":[` };
  yield { name, input: masklet.end(frameCount) };
  yield { name, input: ']}\n' };
};

function noFigures(): Figures {
  return { areas: 0, frames: 0, firstFrame: null, lastSeen: null, changes: 0 };
}

function count(figures: Figures, frameIndex: number, area: number): void {
  if (area === 0) return;
  // It has gone and come back since.
  if (figures.lastSeen !== null && figures.lastSeen < frameIndex - 1) figures.changes += 2;
  figures.areas += area;
  figures.frames++;
  figures.firstFrame ??= frameIndex;
  figures.lastSeen = frameIndex;
}

function describe({ video, objects }: ExportRequest, figures: Map<ExportObject, Figures>): object {
  const { width, height, frameCount, durationUs, sourceFrames } = video;
  const all = objects.map((object) => figures.get(object)!);
  const meanAreas = all.map(({ areas, frames }) => (frames > 0 ? areas / frames : 0));
  return {
    video_id: sequenceName(video),
    video_duration: durationUs / 1e6,
    video_frame_count: frameCount,
    video_height: height,
    video_width: width,
    video_resolution: width * height,
    masklet_id: objects.map((_, place) => place),
    masklet_num: objects.length,
    masklet_type: objects.map(() => 'manual'),
    masklet_size_abs: meanAreas,
    masklet_size_rel: meanAreas.map((area) => area / (width * height)),
    masklet_first_appeared_frame: all.map(({ firstFrame }) => firstFrame),
    masklet_frame_count: all.map(({ frames }) => frames),
    masklet_edited_frame_count: objects.map(({ prompts }) => prompts.length),
    masklet_visibility_changes: all.map(({ changes, lastSeen }) =>
      lastSeen !== null && lastSeen < frameCount - 1 ? changes + 1 : changes,
    ),
    // Ours: what the object is called, and frames by their numbers in the source.
    masklet_name: objects.map(({ name }) => name),
    masklet_category: objects.map(({ category }) => category),
    masklet_frames: Array.from(sourceFrames),
  };
}
