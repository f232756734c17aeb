/** Polygons as a mask. */
import type { MaskRle } from '../protocol/mask';

/** Corners in pixels; (0, 0) is the upper left corner of the first. */
export type Polygon = readonly (readonly [x: number, y: number])[];

/**
 * Pixels whose centres are inside any of the polygons, each by the even-odd rule. Column by column, so that runs come out in
 * order.
 */
export function fillPolygons(polygons: readonly Polygon[], width: number, height: number): MaskRle {
  const counts: number[] = [];
  let isInside = false;
  let run = 0;
  const column = new Uint8Array(height);
  for (let x = 0; x < width; x++) {
    column.fill(0);
    for (const polygon of polygons) fillColumn(column, polygon, x + 0.5);
    for (const pixel of column) {
      if ((pixel === 1) !== isInside) {
        counts.push(run);
        run = 0;
        isInside = !isInside;
      }
      run++;
    }
  }
  counts.push(run);
  return { width, height, counts: Uint32Array.from(counts) };
}

function fillColumn(column: Uint8Array, polygon: Polygon, x: number): void {
  const crossings: number[] = [];
  polygon.forEach(([ax, ay], n) => {
    const [bx, by] = polygon[(n + 1) % polygon.length]!;
    if (ax > x !== bx > x) crossings.push(ay + ((x - ax) / (bx - ax)) * (by - ay));
  });
  crossings.sort((a, b) => a - b);
  for (let n = 0; n + 1 < crossings.length; n += 2) {
    // From the first centre at or below the crossing.
    const from = Math.max(0, Math.ceil(crossings[n]! - 0.5));
    const to = Math.min(column.length, Math.ceil(crossings[n + 1]! - 0.5));
    if (from < to) column.fill(1, from, to);
  }
}
