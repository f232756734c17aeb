/**
 * Edits of a mask by what a person draws: a stroke or a closed line becomes spans of pixels, column by column, and these
 * are added to the run lengths or taken away. No bitmap is made, so the cost does not grow with the video's size.
 */
import type { MaskRle } from '../../workers/protocol/mask';

/** Video pixels; may have fractions, and lie outside. */
export type VideoPoint = { x: number; y: number };

type Span = [from: number, to: number];

/** By column: disjoint half-open spans of rows, ascending. */
export type ColumnSpans = ReadonlyMap<number, readonly Span[]>;

type Size = { width: number; height: number };

export function emptyMask({ width, height }: Size): MaskRle {
  return { width, height, counts: Uint32Array.of(width * height) };
}

/** The pixels whose centre lies within `radius` of a line. */
export function strokeSpans(line: readonly VideoPoint[], radius: number, size: Size): ColumnSpans {
  const columns = new Map<number, Span[]>();
  const from = line[0];
  if (!from) return columns;
  const to = line.slice(1);
  for (const [n, b] of (to.length > 0 ? to : [from]).entries()) {
    const a = line[n]!;
    const first = Math.max(0, Math.ceil(Math.min(a.x, b.x) - radius - 0.5));
    const last = Math.min(size.width - 1, Math.floor(Math.max(a.x, b.x) + radius - 0.5));
    for (let column = first; column <= last; column++) {
      const cut = cutCapsule(a, b, radius, column + 0.5);
      if (cut) addSpan(columns, column, cut[0], cut[1], size.height);
    }
  }
  return merged(columns);
}

/** The pixels whose centre lies inside a closed line; where it crosses itself, by the even-odd rule. */
export function polygonSpans(corners: readonly VideoPoint[], size: Size): ColumnSpans {
  const columns = new Map<number, Span[]>();
  const xs = corners.map(({ x }) => x);
  const first = Math.max(0, Math.ceil(Math.min(...xs) - 0.5));
  const last = Math.min(size.width - 1, Math.floor(Math.max(...xs) - 0.5));
  for (let column = first; column <= last; column++) {
    const crossings: number[] = [];
    corners.forEach((a, n) => {
      const b = corners[(n + 1) % corners.length]!;
      const x = column + 0.5;
      // Half-open, so that a corner counts once.
      if (a.x <= x === b.x <= x) return;
      crossings.push(a.y + ((x - a.x) / (b.x - a.x)) * (b.y - a.y));
    });
    crossings.sort((p, q) => p - q);
    for (let n = 0; n + 1 < crossings.length; n += 2) {
      addSpan(columns, column, crossings[n]!, crossings[n + 1]!, size.height);
    }
  }
  return merged(columns);
}

/** Adds the spans to a mask, or takes them away. */
export function editMask(mask: MaskRle, spans: ColumnSpans, isAdding: boolean): MaskRle {
  const { width, height } = mask;
  const runs = new RunWriter(width * height);
  const covered = columnsOf(mask);
  for (let column = 0; column < width; column++) {
    const before = covered[column] ?? [];
    const drawn = spans.get(column);
    const after = drawn ? (isAdding ? union(before, drawn) : difference(before, drawn)) : before;
    for (const [from, to] of after) runs.add(column * height + from, column * height + to);
  }
  return { width, height, counts: runs.counts() };
}

/** A mask from pixels, row-major: inside where `isInside` says so. */
export function maskFromPixels({ width, height }: Size, isInside: (at: number) => boolean): MaskRle {
  const runs = new RunWriter(width * height);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      if (isInside(y * width + x)) runs.add(x * height + y, x * height + y + 1);
    }
  }
  return { width, height, counts: runs.counts() };
}

/** Whether a pixel of the video lies in a mask. */
export function maskHas({ width, height, counts }: MaskRle, x: number, y: number): boolean {
  if (x < 0 || y < 0 || x >= width || y >= height) return false;
  const wanted = Math.floor(x) * height + Math.floor(y);
  let position = 0;
  for (let run = 0; run < counts.length; run++) {
    position += counts[run]!;
    if (wanted < position) return run % 2 === 1;
  }
  return false;
}

/** Where a vertical line cuts the area around the segment a–b, which is convex. */
function cutCapsule(a: VideoPoint, b: VideoPoint, radius: number, x: number): Span | null {
  let low = Infinity;
  let high = -Infinity;
  const take = (y: number) => {
    low = Math.min(low, y);
    high = Math.max(high, y);
  };
  for (const { x: cx, y: cy } of [a, b]) {
    const reach = radius ** 2 - (x - cx) ** 2;
    if (reach < 0) continue;
    take(cy - Math.sqrt(reach));
    take(cy + Math.sqrt(reach));
  }
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  if (length > 0) {
    const sideX = (-(b.y - a.y) / length) * radius;
    const sideY = ((b.x - a.x) / length) * radius;
    for (const sign of [1, -1]) {
      const fromX = a.x + sign * sideX;
      const share = b.x === a.x ? -1 : (x - fromX) / (b.x - a.x);
      if (share >= 0 && share <= 1) take(a.y + sign * sideY + share * (b.y - a.y));
    }
  }
  return low <= high ? [low, high] : null;
}

/** The rows whose centre lies between two heights. */
function addSpan(columns: Map<number, Span[]>, column: number, low: number, high: number, height: number): void {
  const from = Math.max(0, Math.ceil(low - 0.5));
  const to = Math.min(height, Math.floor(high - 0.5) + 1);
  if (to <= from) return;
  const spans = columns.get(column);
  if (spans) spans.push([from, to]);
  else columns.set(column, [[from, to]]);
}

function merged(columns: Map<number, Span[]>): ColumnSpans {
  for (const [column, spans] of columns) columns.set(column, union(spans, []));
  return columns;
}

function columnsOf({ height, counts }: MaskRle): Span[][] {
  const columns: Span[][] = [];
  let position = 0;
  counts.forEach((length, run) => {
    // Odd runs are the mask's; one may go on into the next columns.
    const end = position + length;
    let at = run % 2 === 1 ? position : end;
    while (at < end) {
      const column = Math.floor(at / height);
      const to = Math.min(end, (column + 1) * height);
      (columns[column] ??= []).push([at - column * height, to - column * height]);
      at = to;
    }
    position = end;
  });
  return columns;
}

function union(a: readonly Span[], b: readonly Span[]): Span[] {
  const spans: Span[] = [];
  for (const [from, to] of [...a, ...b].sort((p, q) => p[0] - q[0])) {
    const last = spans.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else spans.push([from, to]);
  }
  return spans;
}

function difference(a: readonly Span[], b: readonly Span[]): Span[] {
  let left: Span[] = a.map(([from, to]) => [from, to]);
  for (const [from, to] of b) {
    left = left.flatMap((span): Span[] => {
      if (to <= span[0] || from >= span[1]) return [span];
      const rest: Span[] = [];
      if (from > span[0]) rest.push([span[0], from]);
      if (to < span[1]) rest.push([to, span[1]]);
      return rest;
    });
  }
  return left;
}

/** Writes runs from spans in ascending order. */
class RunWriter {
  readonly #runs: number[] = [];
  readonly #total: number;
  #end = 0;

  constructor(total: number) {
    this.#total = total;
  }

  add(from: number, to: number): void {
    if (from === this.#end && this.#runs.length > 0) {
      this.#runs[this.#runs.length - 1]! += to - from;
    } else {
      this.#runs.push(from - this.#end, to - from);
    }
    this.#end = to;
  }

  counts(): Uint32Array {
    const rest = this.#total - this.#end;
    return Uint32Array.from(rest > 0 || this.#runs.length === 0 ? [...this.#runs, rest] : this.#runs);
  }
}
