/** A mask on a coarse grid, straight from its run lengths. Pure. */
import type { MaskRle } from '../protocol/mask';
import { forEachRun } from './rle';

/**
 * The share of each cell of a grid that the mask covers. Work grows with the mask's columns and the grid's rows, not with
 * its pixels.
 * @returns float[side · side], row-major, 0 to 1
 */
export function gridShares({ width, height, counts }: MaskRle, side: number): Float32Array {
  const shares = new Float32Array(side * side);
  const perX = side / width;
  const perY = side / height;
  forEachRun(counts, (start, end) => {
    for (let at = start; at < end;) {
      const x = Math.floor(at / height);
      const columnEnd = Math.min(end, (x + 1) * height);
      addBox(shares, side, x * perX, (x + 1) * perX, (at - x * height) * perY, (columnEnd - x * height) * perY);
      at = columnEnd;
    }
  });
  return shares;
}

/** A rectangle in cells, half-open. */
function addBox(shares: Float32Array, side: number, x0: number, x1: number, y0: number, y1: number): void {
  for (let row = Math.floor(y0); row < Math.min(side, y1); row++) {
    const high = Math.min(y1, row + 1) - Math.max(y0, row);
    for (let column = Math.floor(x0); column < Math.min(side, x1); column++) {
      shares[row * side + column]! += high * (Math.min(x1, column + 1) - Math.max(x0, column));
    }
  }
}
