/** Repairs of mask logits at low resolution, row-major. Pieces and holes are connected over 8 neighbours. */

/** Logit of what was removed: clearly background, as far as the reference's own non-overlap rule goes. */
const removedLogit = -10;

export type CleanUp = {
  /** Holes of at most this many cells are filled; 0 fills none. */
  fillHoleArea: number;
  /** Pieces of at most this many cells are removed; 0 removes none. */
  removeIslandArea: number;
};

/**
 * Fills small holes and removes small islands.
 * @returns `logits` itself when nothing was to be done
 * Source: `fill_holes_in_mask_scores`, sam2/utils/misc.py@2b90b9f, whose filled cells get a logit of 0.1.
 */
export function cleanUp(
  logits: Float32Array,
  width: number,
  { fillHoleArea, removeIslandArea }: CleanUp,
): Float32Array {
  let cleaned = logits;
  const write = (cells: Int32Array, logit: number): void => {
    if (cleaned === logits) cleaned = logits.slice();
    for (const cell of cells) cleaned[cell] = logit;
  };
  if (fillHoleArea > 0) {
    for (const hole of connectedCells(logits, width, (logit) => logit <= 0)) {
      if (hole.length <= fillHoleArea) write(hole, 0.1);
    }
  }
  if (removeIslandArea > 0) {
    for (const island of connectedCells(logits, width, (logit) => logit > 0)) {
      if (island.length <= removeIslandArea) write(island, removedLogit);
    }
  }
  return cleaned;
}

/**
 * Keeps the connected pieces of `logits > 0` that hold a seed and drops the others. With no seed inside the mask nothing
 * is dropped: then the model disagrees with the clicks, and its answer is to be seen.
 *
 * Differs from sam2, which keeps every piece: a small model spills into distant areas of the same texture.
 * @param seeds indices into `logits`
 * @returns `logits` itself when nothing was dropped
 */
export function keepSeededPieces(logits: Float32Array, width: number, seeds: readonly number[]): Float32Array {
  const pieces = connectedCells(logits, width, (logit) => logit > 0);
  const isSeeded = (cells: Int32Array): boolean => seeds.some((seed) => cells.includes(seed));
  const kept = pieces.filter(isSeeded);
  if (kept.length === 0 || kept.length === pieces.length) return logits;
  const cleaned = logits.slice();
  for (const cells of pieces) {
    if (!kept.includes(cells)) for (const cell of cells) cleaned[cell] = removedLogit;
  }
  return cleaned;
}

/** How many separate parts `logits > 0` has. */
export function countPieces(logits: Float32Array, width: number): number {
  return connectedCells(logits, width, (logit) => logit > 0).length;
}

/** The connected regions of cells that `belongs` holds for, as indices. */
function connectedCells(logits: Float32Array, width: number, belongs: (logit: number) => boolean): Int32Array[] {
  const height = logits.length / width;
  const seen = new Uint8Array(logits.length);
  /** Region after region: no cell is in two. */
  const cells = new Int32Array(logits.length);
  const regions: Int32Array[] = [];
  let end = 0;
  for (let start = 0; start < logits.length; start++) {
    if (seen[start] === 1 || !belongs(logits[start]!)) continue;
    const first = end;
    cells[end++] = start;
    seen[start] = 1;
    // The region grows while it is walked.
    for (let n = first; n < end; n++) {
      const x = cells[n]! % width;
      const y = Math.floor(cells[n]! / width);
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          const next = ny * width + nx;
          if (seen[next] === 1 || !belongs(logits[next]!)) continue;
          seen[next] = 1;
          cells[end++] = next;
        }
      }
    }
    regions.push(cells.subarray(first, end));
  }
  return regions;
}
