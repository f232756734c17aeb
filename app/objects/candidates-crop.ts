/** The part of the frame that shows all candidate masks. */
import type { Candidate, MaskRle, PixelBox } from '../../workers/protocol/mask';

export type Crop = { x: number; y: number; width: number; height: number };

/** Around all masks with some air, in the shape of the picture and within the video. */
export function candidatesCrop(
  candidates: readonly Candidate[],
  video: { width: number; height: number },
  picture: { width: number; height: number },
): Crop {
  let around: PixelBox | null = null;
  for (const { rle } of candidates) {
    const box = maskBox(rle);
    if (box && around) {
      around = {
        x0: Math.min(around.x0, box.x0),
        y0: Math.min(around.y0, box.y0),
        x1: Math.max(around.x1, box.x1),
        y1: Math.max(around.y1, box.y1),
      };
    } else {
      around ??= box;
    }
  }
  const { x0, y0, x1, y1 } = around ?? { x0: 0, y0: 0, x1: video.width, y1: video.height };
  const aspect = picture.width / picture.height;
  // At least an eighth of the video, so that a small mask is seen in its place.
  const least = Math.max(video.width, video.height) / 8;
  const wanted = Math.max((x1 - x0) * 1.15, (y1 - y0) * 1.15 * aspect, least);
  const width = Math.min(wanted, video.width, video.height * aspect);
  const height = width / aspect;
  return {
    x: clamp((x0 + x1 - width) / 2, video.width - width),
    y: clamp((y0 + y1 - height) / 2, video.height - height),
    width,
    height,
  };
}

/** The rectangle around a mask; null for an empty one. */
export function maskBox({ counts, height }: MaskRle): PixelBox | null {
  let box: PixelBox | null = null;
  let start = 0;
  counts.forEach((length, run) => {
    // Odd runs are the mask's.
    if (run % 2 === 1 && length > 0) {
      const x0 = Math.floor(start / height);
      const x1 = Math.floor((start + length - 1) / height) + 1;
      // A run over a column's end covers rows at both ends of the picture.
      const isWhole = x1 - x0 > 1;
      const y0 = isWhole ? 0 : start % height;
      const y1 = isWhole ? height : ((start + length - 1) % height) + 1;
      box = box
        ? {
            x0: Math.min(box.x0, x0),
            y0: Math.min(box.y0, y0),
            x1: Math.max(box.x1, x1),
            y1: Math.max(box.y1, y1),
          }
        : { x0, y0, x1, y1 };
    }
    start += length;
  });
  return box;
}

function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(most, value));
}
