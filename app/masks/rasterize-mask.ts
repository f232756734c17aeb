/** Run lengths to a bitmap of any size. */
import type { MaskRle } from '../../workers/protocol/mask';

/** A part of the video, in video pixels; may have fractions. */
export type SourceWindow = { x: number; y: number; width: number; height: number };

export type Bitmap = { width: number; height: number; data: Uint8Array };

/** Samples the part of a mask under `window` on a grid of width × height: 1 inside the mask, row-major. */
export function rasterizeMask(rle: MaskRle, window: SourceWindow, width: number, height: number): Bitmap {
  const data = new Uint8Array(width * height);
  const { counts } = rle;
  // The run that holds the top of the current column, and where it begins.
  let run = 0;
  let runStart = 0;
  let sampledColumn = -1;
  for (let x = 0; x < width; x++) {
    const column = Math.floor(window.x + ((x + 0.5) * window.width) / width);
    if (column < 0 || column >= rle.width) continue;
    if (column === sampledColumn) {
      for (let at = x; at < data.length; at += width) data[at] = data[at - 1]!;
      continue;
    }
    sampledColumn = column;
    const top = column * rle.height;
    const bottom = top + rle.height;
    while (run < counts.length && runStart + counts[run]! <= top) runStart += counts[run++]!;
    for (let r = run, start = runStart; r < counts.length && start < bottom; start += counts[r++]!) {
      // Odd runs are the mask's.
      if (r % 2 === 0) continue;
      const from = rowAt(Math.max(start, top) - top, window, height);
      const to = rowAt(Math.min(start + counts[r]!, bottom) - top, window, height);
      for (let y = from; y < to; y++) data[y * width + x] = 1;
    }
  }
  return { width, height, data };
}

/** The first grid row whose centre lies at or below the top of a video row. */
function rowAt(videoRow: number, window: SourceWindow, height: number): number {
  const row = Math.ceil(((videoRow - window.y) * height) / window.height - 0.5);
  return Math.max(0, Math.min(height, row));
}
