/**
 * Mask edges that follow the picture: the logits of a coarse grid, refined by a colour guided filter. Its coefficients are
 * solved on the logits' own grid and applied at the size of the model's input picture, four times as fine a side. For what
 * is shown and saved only: memories, pointers and fed-back masks keep the model's logits.
 *
 * Source: He, Sun & Tang, "Guided Image Filtering" (TPAMI 2013) §3.5 (colour guide); He & Sun, "Fast Guided Filter"
 * (1505.00996) for solving on a coarser grid.
 */

/** Picture pixels in a cell of the logits, a side: SAM 2's masks have a quarter of the input's size. */
export const stepsPerCell = 4;
/** Of the filter, for colours in [0,1]: below this variance a neighbourhood counts as flat. */
const epsilon = 1e-5;

/** Channels of the sums a window needs: I (3), p, I·I (6), I·p (3). */
const sums = 13;

/**
 * @param logits float[G · G], row-major
 * @param picture uint8[S · S · 3], RGB, as the image encoder sees the frame; S = 4 G
 * @returns float[S · S]: positive inside, in [-0.5, 0.5] but for overshoot
 */
export function guideEdges(logits: Float32Array, picture: Uint8ClampedArray): Float32Array {
  const grid = Math.sqrt(logits.length);
  const radius = edgeRadius(countInside(logits));
  const guide = averageToCells(picture, grid);
  const coefficients = boxMean(solve(boxMean(windowSums(guide, logits), grid, sums, radius), grid), grid, 4, radius);
  return apply(coefficients, grid, picture);
}

/** Cells to each side that an edge may look at: fewer for small objects, which a wide window would wash away. */
export function edgeRadius(cellsInside: number): number {
  return Math.min(3, Math.max(1, Math.round(0.1 * Math.sqrt(cellsInside))));
}

function countInside(logits: Float32Array): number {
  let inside = 0;
  for (const logit of logits) if (logit > 0) inside++;
  return inside;
}

/** The mean colour of each cell, [0,1]: float[G · G · 3]. */
function averageToCells(picture: Uint8ClampedArray, grid: number): Float64Array {
  const side = grid * stepsPerCell;
  const cells = new Float64Array(grid * grid * 3);
  for (let y = 0, at = 0; y < side; y++) {
    const row = Math.floor(y / stepsPerCell) * grid;
    for (let x = 0; x < side; x++) {
      const cell = (row + Math.floor(x / stepsPerCell)) * 3;
      for (let channel = 0; channel < 3; channel++) cells[cell + channel]! += picture[at++]!;
    }
  }
  const scale = 1 / (255 * stepsPerCell * stepsPerCell);
  for (let n = 0; n < cells.length; n++) cells[n]! *= scale;
  return cells;
}

function windowSums(guide: Float64Array, logits: Float32Array): Float64Array {
  const values = new Float64Array(logits.length * sums);
  for (let cell = 0; cell < logits.length; cell++) {
    const red = guide[cell * 3]!;
    const green = guide[cell * 3 + 1]!;
    const blue = guide[cell * 3 + 2]!;
    const p = 1 / (1 + Math.exp(-logits[cell]!));
    const products = [red * red, red * green, red * blue, green * green, green * blue, blue * blue];
    values.set([red, green, blue, p, ...products, red * p, green * p, blue * p], cell * sums);
  }
  return values;
}

/** Mean over the (2r+1)² cells around each, those outside the grid left out: float[G · G · channels]. */
function boxMean(values: Float64Array, grid: number, channels: number, radius: number): Float64Array {
  const alongRows = slide(values, grid, channels, radius, channels, grid * channels);
  return slide(alongRows, grid, channels, radius, grid * channels, channels);
}

/** Sliding means along one axis, whose neighbours are `step` apart; `line` is the other axis's step. */
function slide(
  values: Float64Array,
  grid: number,
  channels: number,
  radius: number,
  step: number,
  line: number,
): Float64Array {
  const means = new Float64Array(values.length);
  for (let n = 0; n < grid; n++) {
    for (let channel = 0; channel < channels; channel++) {
      const first = n * line + channel;
      let total = 0;
      for (let i = 0; i < Math.min(radius, grid); i++) total += values[first + i * step]!;
      for (let i = 0; i < grid; i++) {
        if (i + radius < grid) total += values[first + (i + radius) * step]!;
        if (i - radius > 0) total -= values[first + (i - radius - 1) * step]!;
        const count = Math.min(grid, i + radius + 1) - Math.max(0, i - radius);
        means[first + i * step] = total / count;
      }
    }
  }
  return means;
}

/** The linear model p = a·I + b of each window: float[G · G · 4]. */
function solve(means: Float64Array, grid: number): Float64Array {
  const coefficients = new Float64Array(grid * grid * 4);
  for (let cell = 0; cell < grid * grid; cell++) {
    const at = cell * sums;
    const r = means[at]!;
    const g = means[at + 1]!;
    const b = means[at + 2]!;
    const p = means[at + 3]!;
    // The symmetric covariance of the colours, and theirs with p.
    const rr = means[at + 4]! - r * r + epsilon;
    const rg = means[at + 5]! - r * g;
    const rb = means[at + 6]! - r * b;
    const gg = means[at + 7]! - g * g + epsilon;
    const gb = means[at + 8]! - g * b;
    const bb = means[at + 9]! - b * b + epsilon;
    const rp = means[at + 10]! - r * p;
    const gp = means[at + 11]! - g * p;
    const bp = means[at + 12]! - b * p;
    // Cramer's rule by cofactors.
    const c00 = gg * bb - gb * gb;
    const c01 = gb * rb - rg * bb;
    const c02 = rg * gb - gg * rb;
    const c11 = rr * bb - rb * rb;
    const c12 = rg * rb - rr * gb;
    const c22 = rr * gg - rg * rg;
    const determinant = rr * c00 + rg * c01 + rb * c02;
    const red = (c00 * rp + c01 * gp + c02 * bp) / determinant;
    const green = (c01 * rp + c11 * gp + c12 * bp) / determinant;
    const blue = (c02 * rp + c12 * gp + c22 * bp) / determinant;
    coefficients.set([red, green, blue, p - red * r - green * g - blue * b], cell * 4);
  }
  return coefficients;
}

/** The coefficients, enlarged bilinearly, on the picture's own pixels. */
function apply(coefficients: Float64Array, grid: number, picture: Uint8ClampedArray): Float32Array {
  const side = grid * stepsPerCell;
  const values = new Float32Array(side * side);
  /** Between two rows of cells. */
  const between = new Float64Array(grid * 4);
  for (let y = 0; y < side; y++) {
    const row = place(y, grid);
    for (let n = 0; n < between.length; n++) {
      const above = coefficients[row.low * grid * 4 + n]!;
      between[n] = above + (coefficients[row.high * grid * 4 + n]! - above) * row.share;
    }
    for (let x = 0; x < side; x++) {
      const { low, high, share } = place(x, grid);
      const at = (y * side + x) * 3;
      let value = -0.5;
      for (let channel = 0; channel < 4; channel++) {
        const left = between[low * 4 + channel]!;
        const coefficient = left + (between[high * 4 + channel]! - left) * share;
        value += channel < 3 ? (coefficient * picture[at + channel]!) / 255 : coefficient;
      }
      values[y * side + x] = value;
    }
  }
  return values;
}

/** The two cells that a pixel's centre lies between, and how far along; at the border both are the last one. */
function place(pixel: number, grid: number): { low: number; high: number; share: number } {
  const position = Math.min(grid - 1, Math.max(0, (pixel + 0.5) / stepsPerCell - 0.5));
  const low = Math.floor(position);
  return { low, high: Math.min(low + 1, grid - 1), share: position - low };
}
