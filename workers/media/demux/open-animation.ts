/** An animated picture in, the table of its frames out; null where it does not move. */
import { MaskletError } from '../../protocol/errors';
import type { Animation } from '../pictures';
import { animationDelays, type AnimationKind } from './animation-delays';
import { chooseParts } from '../source-parts';
import type { FileBytes } from './file-bytes';

const mimeTypes: Record<AnimationKind, string> = {
  gif: 'image/gif',
  apng: 'image/png',
  webp: 'image/webp',
  avif: 'image/avif',
};
/** The browser's decoder holds the whole file. */
const maxBytes = 1 << 29;

/** @throws `frame-too-large` when the file is, `truncated-file` when no frame is in it whole, `invalid-argument` when there is no such part */
export async function openAnimation(file: FileBytes, part: number | undefined): Promise<Animation | null> {
  if (file.size > maxBytes) {
    throw new MaskletError(
      'frame-too-large',
      'This animated picture is larger than 512 MB. Convert it: ffmpeg -i in -c:v libx264 -crf 16 -pix_fmt yuv420p out.mp4',
      { reason: ['animation-too-large'] },
    );
  }
  const data = await file.read(0, file.size);
  const found = delaysOf(data);
  if (!found) return null;
  const { kind, delaysMs } = found;
  if (delaysMs.length === 0) {
    throw new MaskletError('truncated-file', 'This animated picture is cut short: no frame of it is whole.', {
      reason: ['animation-cut-short'],
    });
  }
  const parts = chooseParts([{ name: null, size: null, frameCount: delaysMs.length }], part);
  let elapsedMs = 0;
  const timestampsUs = Float64Array.from(delaysMs, (delay) => {
    const start = Math.round(elapsedMs * 1000);
    elapsedMs += delay;
    return start;
  });
  return {
    kind: 'animation',
    parts,
    codec: kind,
    mimeType: mimeTypes[kind],
    frames: {
      frameSamples: Uint32Array.from(delaysMs, (_, n) => n),
      timestampsUs,
      durationUs: Math.round(elapsedMs * 1000),
    },
    data,
  };
}

/** A damaged one is shown as a picture, or said to be damaged as one. */
function delaysOf(data: Uint8Array): ReturnType<typeof animationDelays> {
  try {
    return animationDelays(data);
  } catch {
    return null;
  }
}
