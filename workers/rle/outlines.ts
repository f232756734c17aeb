/** Masks as polygons along the edges of their pixels: exact, and thinned where a few points have to do. */
import type { MaskRle, PixelBox } from '../protocol/mask';
import { decodeRle, measureRle } from './rle';

export type Point = readonly [x: number, y: number];

/** Corners in order, without the first one again; the inside lies to the right of the way. */
export type Outline = { points: Point[]; isHole: boolean };

/** East, south, west, north. */
const steps = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;

/**
 * One outline a piece and a hole; pieces that touch at a corner are two. Filled by either rule, they are the mask to the pixel.
 * In pixels: (0, 0) is the upper left corner of the first.
 */
export function outlinesOf(mask: MaskRle): Outline[] {
  const { box } = measureRle(mask);
  if (!box) return [];
  const edges = edgesOf(mask, box);
  const columns = box.x1 - box.x0 + 1;
  const outlines: Outline[] = [];
  // Every outline has an edge that goes east.
  for (let start = 0; start < edges.length; start++) {
    while ((edges[start]! & 1) !== 0) outlines.push(follow(edges, start, columns, box));
  }
  return outlines;
}

/** A bit a direction for every corner of the box's pixels: an edge of the mask starts here and goes there. */
function edgesOf(mask: MaskRle, { x0, y0, x1, y1 }: PixelBox): Uint8Array {
  const { width, height } = mask;
  const pixels = decodeRle(mask);
  const columns = x1 - x0 + 1;
  const edges = new Uint8Array(columns * (y1 - y0 + 1));
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      const at = y * width + x;
      if (pixels[at] === 0) continue;
      const corner = (y - y0) * columns + x - x0;
      if (y === 0 || pixels[at - width] === 0) edges[corner]! |= 1;
      if (x === width - 1 || pixels[at + 1] === 0) edges[corner + 1]! |= 2;
      if (y === height - 1 || pixels[at + width] === 0) edges[corner + columns + 1]! |= 4;
      if (x === 0 || pixels[at - 1] === 0) edges[corner + columns]! |= 8;
    }
  }
  return edges;
}

/** Takes the edges of one outline away. Turns right where it can, so that it stays with its own pixels. */
function follow(edges: Uint8Array, start: number, columns: number, { x0, y0 }: PixelBox): Outline {
  const points: Point[] = [];
  let at = start;
  let direction = 0;
  let twiceArea = 0;
  for (;;) {
    edges[at]! &= ~(1 << direction);
    const [dx, dy] = steps[direction]!;
    at += dy * columns + dx;
    const x = x0 + (at % columns);
    const y = y0 + Math.floor(at / columns);
    twiceArea += x * dy - y * dx;
    // The first edge has been taken away, and is where the way ends.
    const open = edges[at]! | (at === start ? 1 : 0);
    const next = [1, 0, 3].map((turn) => (direction + turn) % 4).find((way) => (open & (1 << way)) !== 0)!;
    if (next !== direction) points.push([x, y]);
    if (at === start && next === 0) return { points, isHole: twiceArea < 0 };
    direction = next;
  }
}

/**
 * The same outline with fewer points, none of those left out farther away than the tolerance; as it is where fewer than three
 * would be left.
 * Source: Douglas and Peucker, "Algorithms for the reduction of the number of points required to represent a digitized line".
 */
export function thinOutline(points: readonly Point[], tolerancePx: number): readonly Point[] {
  const first = points[0]!;
  let opposite = 0;
  points.forEach((point, n) => {
    if (distance(point, first) > distance(points[opposite]!, first)) opposite = n;
  });
  const closed = [...points, first];
  const kept = new Set([0, opposite]);
  const spans: [from: number, to: number][] = [
    [0, opposite],
    [opposite, points.length],
  ];
  for (let span = spans.pop(); span; span = spans.pop()) {
    const [from, to] = span;
    let farthest = -1;
    let most = tolerancePx;
    for (let n = from + 1; n < to; n++) {
      const away = distanceToLine(closed[n]!, closed[from]!, closed[to]!);
      if (away > most) [farthest, most] = [n, away];
    }
    if (farthest < 0) continue;
    kept.add(farthest);
    spans.push([from, farthest], [farthest, to]);
  }
  return kept.size < 3 ? points : points.filter((_, n) => kept.has(n));
}

/** Several outlines as one that walks from each to the nearest of the next and back: a bridge without width. */
export function joinOutlines(outlines: readonly (readonly Point[])[]): Point[] {
  const [first = [], ...others] = outlines;
  let joined = [...first];
  for (const other of others) {
    let [from, to, least] = [0, 0, Infinity];
    joined.forEach((a, n) => {
      other.forEach((b, m) => {
        const away = distance(a, b);
        if (away < least) [from, to, least] = [n, m, away];
      });
    });
    const around = [...other.slice(to), ...other.slice(0, to), other[to]!];
    joined = [...joined.slice(0, from + 1), ...around, ...joined.slice(from)];
  }
  return joined;
}

function distance([ax, ay]: Point, [bx, by]: Point): number {
  return Math.hypot(ax - bx, ay - by);
}

/** From the line, or from its end where that is nearer. */
function distanceToLine(point: Point, from: Point, to: Point): number {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((point[0] - from[0]) * dx + (point[1] - from[1]) * dy) / length;
  const share = Math.max(0, Math.min(1, along));
  return distance(point, [from[0] + share * dx, from[1] + share * dy]);
}
