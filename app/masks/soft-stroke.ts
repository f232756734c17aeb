/**
 * A stroke of a brush with a soft rim. A mask is yes or no, so softness is not a shade but how firmly the brush decides: its
 * core takes every pixel, and from there the stroke creeps to the brush's border as far as the picture stays the same. The
 * further out, the fainter an edge that stops it. Where nothing changes it is the whole brush.
 */
import type { ColumnSpans, VideoPoint } from './edit-mask';

/** A part of the frame in RGBA, row-major; a pixel of it may stand for `scale` × `scale` of the video's. */
export type FramePart = {
  /** Its upper left corner, in video pixels. */
  x: number;
  y: number;
  width: number;
  height: number;
  scale: number;
  rgba: Uint8ClampedArray;
};

/** Change of a channel from pixel to pixel that is taken for noise, of 255. */
const noise = 6;

/** Sum of changes on the way from the core that the stroke gets over, of 255: this at the core, none at the border. */
const mostChange = 64;

/** More cells than this are not looked at one by one. */
const mostCells = 250_000;

/** Ways that wind more are not followed to their end. */
const mostSweeps = 16;

type Rect = Omit<FramePart, 'rgba'>;

/** The part of a frame that a stroke needs to see; null when it lies outside. */
export function strokeArea(
  line: readonly VideoPoint[],
  radius: number,
  size: { width: number; height: number },
): Rect | null {
  const xs = line.map(({ x }) => x);
  const ys = line.map(({ y }) => y);
  const x = Math.max(0, Math.floor(Math.min(...xs) - radius));
  const y = Math.max(0, Math.floor(Math.min(...ys) - radius));
  const width = Math.min(size.width, Math.ceil(Math.max(...xs) + radius)) - x;
  const height = Math.min(size.height, Math.ceil(Math.max(...ys) + radius)) - y;
  if (!(width > 0 && height > 0)) return null;
  const scale = Math.ceil(Math.sqrt((width * height) / mostCells));
  return { x, y, width: Math.ceil(width / scale), height: Math.ceil(height / scale), scale };
}

/**
 * The pixels that a soft stroke takes, by column of the video.
 * @param hardness 0 to 1: the core's share of the radius
 */
export function softStrokeSpans(
  line: readonly VideoPoint[],
  radius: number,
  hardness: number,
  part: FramePart,
  size: { width: number; height: number },
): ColumnSpans {
  const { width, height, scale } = part;
  const distances = distancesToLine(thinned(line, radius / 10), radius, part);
  // Within the frame the core has a pixel at least: nowhere is one's middle further off.
  const core = Math.max(radius * hardness, Math.min(radius, scale * Math.SQRT1_2));
  const changes = changesFromCore(distances, core, radius, part);
  const columns = new Map<number, [number, number][]>();
  for (let cx = 0; cx < width; cx++) {
    const spans: [number, number][] = [];
    for (let cy = 0; cy < height; cy++) {
      const at = cy * width + cx;
      if (changes[at]! > budget(distances[at]!, core, radius)) continue;
      const from = part.y + cy * scale;
      const to = Math.min(size.height, from + scale);
      const last = spans.at(-1);
      if (last?.[1] === from) last[1] = to;
      else spans.push([from, to]);
    }
    if (spans.length === 0) continue;
    const first = part.x + cx * scale;
    for (let column = first; column < Math.min(size.width, first + scale); column++) {
      columns.set(
        column,
        spans.map(([from, to]) => [from, to]),
      );
    }
  }
  return columns;
}

/** The change that a stroke gets over to be at a distance from its line. */
function budget(distance: number, core: number, radius: number): number {
  if (distance <= core) return Infinity;
  return distance <= radius ? (mostChange * (radius - distance)) / (radius - core) : -1;
}

/** Points at least so far apart, and the last one: what a hand draws has many more. */
function thinned(line: readonly VideoPoint[], apart: number): VideoPoint[] {
  const kept = line.slice(0, 1);
  line.forEach((point, n) => {
    const last = kept.at(-1)!;
    const isFar = Math.hypot(point.x - last.x, point.y - last.y) >= apart;
    if (n > 0 && (isFar || n === line.length - 1)) kept.push(point);
  });
  return kept;
}

/** From every cell's middle to the line, in video pixels; Infinity beyond the radius. */
function distancesToLine(line: readonly VideoPoint[], radius: number, part: Rect): Float32Array {
  const { width, height, scale } = part;
  const distances = new Float32Array(width * height).fill(Infinity);
  const cell = (position: number, origin: number, most: number) =>
    Math.max(0, Math.min(most, Math.floor((position - origin) / scale)));
  const ends = line.slice(1);
  for (const [n, b] of (ends.length > 0 ? ends : line).entries()) {
    const a = line[n]!;
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    const length2 = dx ** 2 + dy ** 2;
    const left = cell(Math.min(a.x, b.x) - radius, part.x, width - 1);
    const right = cell(Math.max(a.x, b.x) + radius, part.x, width - 1);
    const top = cell(Math.min(a.y, b.y) - radius, part.y, height - 1);
    const bottom = cell(Math.max(a.y, b.y) + radius, part.y, height - 1);
    for (let cy = top; cy <= bottom; cy++) {
      const y = part.y + (cy + 0.5) * scale;
      for (let cx = left; cx <= right; cx++) {
        const x = part.x + (cx + 0.5) * scale;
        const along = length2 > 0 ? ((x - a.x) * dx + (y - a.y) * dy) / length2 : 0;
        const t = along < 0 ? 0 : along > 1 ? 1 : along;
        const distance = Math.hypot(x - a.x - t * dx, y - a.y - t * dy);
        const at = cy * width + cx;
        if (distance <= radius && distance < distances[at]!) distances[at] = distance;
      }
    }
  }
  return distances;
}

/** The least sum of changes on any way from the core to a cell, within the brush: swept to and fro. */
function changesFromCore(distances: Float32Array, core: number, radius: number, part: FramePart): Float32Array {
  const { width, height, rgba } = part;
  const changes = Float32Array.from(distances, (distance) => (distance <= core ? 0 : Infinity));
  let isChanging = true;
  const relax = (at: number, from: number) => {
    const before = changes[from]!;
    if (before >= changes[at]!) return;
    const [p, q] = [at * 4, from * 4];
    const red = Math.abs(rgba[p]! - rgba[q]!);
    const green = Math.abs(rgba[p + 1]! - rgba[q + 1]!);
    const blue = Math.abs(rgba[p + 2]! - rgba[q + 2]!);
    const change = before + Math.max(0, red - noise, green - noise, blue - noise);
    if (change >= changes[at]! || change > budget(distances[at]!, core, radius)) return;
    changes[at] = change;
    isChanging = true;
  };
  for (let sweep = 0; sweep < mostSweeps && isChanging; sweep++) {
    isChanging = false;
    for (let at = 0; at < changes.length; at++) {
      if (at % width > 0) relax(at, at - 1);
      if (at >= width) relax(at, at - width);
    }
    for (let at = width * height - 1; at >= 0; at--) {
      if (at % width < width - 1) relax(at, at + 1);
      if (at < width * (height - 1)) relax(at, at + width);
    }
  }
  return changes;
}
