/**
 * Growing, shrinking and smoothing of masks at the video's size, by discs. Run lengths in, run lengths out: columns are
 * lists of spans, and a disc is a height for every distance between columns.
 */
import type { MaskRle } from '../../protocol/mask';

type Span = [from: number, to: number];

/** Grows a mask by so many pixels, or shrinks it when negative. The frame's border is no edge: beyond it the mask goes on. */
export function growMask(mask: MaskRle, px: number): MaskRle {
  if (px === 0) return mask;
  const { width, height } = mask;
  const columns = columnsOf(mask);
  const grown =
    px > 0 ? dilated(columns, px, height) : inverted(dilated(inverted(columns, height), -px, height), height);
  return { width, height, counts: countsOf(grown, width, height) };
}

/** Takes away what a disc does not fit into, and fills where it does not fit beside: spikes, notches and thin lines. */
export function smoothMask(mask: MaskRle, radiusPx: number): MaskRle {
  if (radiusPx === 0) return mask;
  const opened = growMask(growMask(mask, -radiusPx), radiusPx);
  return growMask(growMask(opened, radiusPx), -radiusPx);
}

function dilated(columns: readonly (readonly Span[])[], radius: number, height: number): Span[][] {
  const reaches = Array.from({ length: radius + 1 }, (_, dx) => Math.floor(Math.sqrt(radius ** 2 - dx ** 2)));
  return columns.map((_, x) => {
    const spans: Span[] = [];
    for (let dx = -radius; dx <= radius; dx++) {
      const reach = reaches[Math.abs(dx)]!;
      for (const [from, to] of columns[x + dx] ?? []) {
        spans.push([Math.max(0, from - reach), Math.min(height, to + reach)]);
      }
    }
    return merged(spans);
  });
}

function inverted(columns: readonly (readonly Span[])[], height: number): Span[][] {
  return columns.map((spans) => {
    const gaps: Span[] = [];
    let end = 0;
    for (const [from, to] of spans) {
      if (from > end) gaps.push([end, from]);
      end = to;
    }
    if (end < height) gaps.push([end, height]);
    return gaps;
  });
}

function merged(spans: Span[]): Span[] {
  const result: Span[] = [];
  for (const [from, to] of spans.sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result;
}

function columnsOf({ width, height, counts }: MaskRle): Span[][] {
  const columns: Span[][] = Array.from({ length: width }, () => []);
  let position = 0;
  counts.forEach((length, run) => {
    const end = position + length;
    // Odd runs are the mask's; one may go on into the next columns.
    let at = run % 2 === 1 ? position : end;
    while (at < end) {
      const column = Math.floor(at / height);
      const to = Math.min(end, (column + 1) * height);
      columns[column]!.push([at - column * height, to - column * height]);
      at = to;
    }
    position = end;
  });
  return columns;
}

function countsOf(columns: readonly (readonly Span[])[], width: number, height: number): Uint32Array {
  const counts: number[] = [0];
  let isInside = false;
  let end = 0;
  const runTo = (position: number, next: boolean) => {
    counts[counts.length - 1]! += position - end;
    end = position;
    if (next === isInside) return;
    counts.push(0);
    isInside = next;
  };
  columns.forEach((spans, column) => {
    for (const [from, to] of spans) {
      const start = column * height + from;
      // Spans that touch over a column's end are one run.
      if (start > end || !isInside) runTo(start, true);
      counts[counts.length - 1]! += column * height + to - end;
      end = column * height + to;
      const nextColumn = columns[column + 1]?.[0];
      const goesOn = to === height && nextColumn?.[0] === 0;
      if (!goesOn) runTo(end, false);
    }
  });
  runTo(width * height, isInside);
  return Uint32Array.from(counts.at(-1) === 0 && counts.length > 1 ? counts.slice(0, -1) : counts);
}
