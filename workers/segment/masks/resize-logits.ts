/**
 * From low-resolution mask logits straight to run lengths at the video's size. The pixels of a mask are never made: in
 * a column, bilinear interpolation is linear between two rows of logits, so each of those spans changes sign at most
 * once. Work grows with width × logit rows, not with the number of pixels.
 */
import type { MaskRle, PixelBox } from '../../protocol/mask';

export type MaskAtVideoSize = { rle: MaskRle; area: number; box: PixelBox | null };

/** For each output pixel of one axis: the two source pixels it lies between, and how far along. */
export type Interpolation = { low: Int32Array; high: Int32Array; t: Float32Array };

/** Source: PyTorch `upsample_bilinear2d`, align_corners=False. */
export function interpolate(sourceLength: number, targetLength: number): Interpolation {
  const low = new Int32Array(targetLength);
  const high = new Int32Array(targetLength);
  const t = new Float32Array(targetLength);
  const scale = sourceLength / targetLength;
  for (let n = 0; n < targetLength; n++) {
    const position = Math.max(0, (n + 0.5) * scale - 0.5);
    low[n] = Math.min(Math.floor(position), sourceLength - 1);
    high[n] = Math.min(low[n]! + 1, sourceLength - 1);
    t[n] = position - low[n]!;
  }
  return { low, high, t };
}

/** Spans of output rows that lie between the same two rows of logits: [low row, first output row, end]. */
function spansOf(rows: Interpolation): Int32Array {
  const spans: number[] = [];
  const count = rows.low.length;
  for (let start = 0, end = 0; start < count; start = end) {
    while (end < count && rows.low[end] === rows.low[start]) end++;
    spans.push(rows.low[start]!, start, end);
  }
  return Int32Array.from(spans);
}

/**
 * The mask `bilinear(logits) > 0` at the video's size.
 * @param logits float[logitHeight · logitWidth], row-major
 */
export function resizeLogits(
  logits: Float32Array,
  logitWidth: number,
  logitHeight: number,
  width: number,
  height: number,
): MaskAtVideoSize {
  const columns = interpolate(logitWidth, width);
  const rows = interpolate(logitHeight, height);
  const spans = spansOf(rows);
  const column = new Float32Array(logitHeight);
  const counts: number[] = [];
  let run = 0;
  let inside = false;
  let area = 0;
  let x0 = width;
  let x1 = 0;
  let y0 = height;
  let y1 = 0;

  /** Extends the current run to `length` more pixels, which are inside or not. */
  function extend(length: number, isInside: boolean): void {
    if (isInside !== inside) {
      counts.push(run);
      run = 0;
      inside = isInside;
    }
    run += length;
  }

  for (let x = 0; x < width; x++) {
    const left = columns.low[x]!;
    const right = columns.high[x]!;
    const t = columns.t[x]!;
    let anyInside = false;
    for (let j = 0; j < logitHeight; j++) {
      const value = logits[j * logitWidth + left]! * (1 - t) + logits[j * logitWidth + right]! * t;
      column[j] = value;
      anyInside ||= value > 0;
    }
    if (!anyInside) {
      extend(height, false);
      continue;
    }
    for (let s = 0; s < spans.length; s += 3) {
      const above = column[spans[s]!]!;
      const below = column[Math.min(spans[s]! + 1, logitHeight - 1)]!;
      const start = spans[s + 1]!;
      const end = spans[s + 2]!;
      let startsInside = above > 0;
      let change = end;
      // Between two rows of one sign there is no edge.
      if (above > 0 !== below > 0) {
        const isInside = (y: number): boolean => above * (1 - rows.t[y]!) + below * rows.t[y]! > 0;
        startsInside = isInside(start);
        // The value is monotone within a span: bisect for the row where its sign changes.
        if (isInside(end - 1) !== startsInside) {
          let low = start;
          change = end - 1;
          while (change - low > 1) {
            const middle = (low + change) >> 1;
            if (isInside(middle) === startsInside) low = middle;
            else change = middle;
          }
        }
      }
      extend(change - start, startsInside);
      if (change < end) extend(end - change, !startsInside);
      const from = startsInside ? start : change;
      const to = startsInside ? change : end;
      if (to > from) {
        area += to - from;
        x0 = Math.min(x0, x);
        x1 = x + 1;
        y0 = Math.min(y0, from);
        y1 = Math.max(y1, to);
      }
    }
  }
  counts.push(run);
  return {
    rle: { width, height, counts: Uint32Array.from(counts) },
    area,
    box: area === 0 ? null : { x0, y0, x1, y1 },
  };
}
