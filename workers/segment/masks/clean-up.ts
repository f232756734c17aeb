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
  const write = (regions: readonly Region[], logit: number): void => {
    if (cleaned === logits && regions.length > 0) cleaned = logits.slice();
    for (const { runs } of regions) for (const [start, end] of runs) cleaned.fill(logit, start, end);
  };
  if (fillHoleArea > 0) {
    write(
      regionsOf(logits, width, false).filter(({ area }) => area <= fillHoleArea),
      0.1,
    );
  }
  if (removeIslandArea > 0) {
    write(
      regionsOf(logits, width, true).filter(({ area }) => area <= removeIslandArea),
      removedLogit,
    );
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
  const pieces = regionsOf(logits, width, true);
  const isSeeded = ({ runs }: Region): boolean =>
    runs.some(([start, end]) => seeds.some((seed) => seed >= start && seed < end));
  const dropped = pieces.filter((piece) => !isSeeded(piece));
  if (dropped.length === 0 || dropped.length === pieces.length) return logits;
  const cleaned = logits.slice();
  for (const { runs } of dropped) for (const [start, end] of runs) cleaned.fill(removedLogit, start, end);
  return cleaned;
}

/** How many separate parts `logits > 0` has. */
export function countPieces(logits: Float32Array, width: number): number {
  return regionsOf(logits, width, true).length;
}

/** Cells that hang together, as runs of rows: [start, end) into the logits. */
type Region = { runs: [start: number, end: number][]; area: number };

/** The connected regions inside (logit > 0) or outside: the runs of a row are joined with those of the row above. */
function regionsOf(logits: Float32Array, width: number, isInside: boolean): Region[] {
  const starts: number[] = [];
  const ends: number[] = [];
  /** Of each run, an earlier run of its region, or itself. */
  const parents: number[] = [];
  const root = (run: number): number => {
    let at = run;
    while (parents[at] !== at) {
      parents[at] = parents[parents[at]!]!;
      at = parents[at]!;
    }
    return at;
  };
  let above = 0;
  for (let row = 0; row < logits.length; row += width) {
    const first = starts.length;
    const rowEnd = row + width;
    for (let at = row; at < rowEnd; at++) {
      if (logits[at]! > 0 !== isInside) continue;
      const start = at;
      while (at < rowEnd && logits[at]! > 0 === isInside) at++;
      const run = starts.push(start) - 1;
      ends.push(at);
      parents.push(run);
      // Touching over a corner counts: a run above may end where this one starts.
      while (above < first && ends[above]! + width < start) above++;
      for (let other = above; other < first && starts[other]! + width <= at; other++) {
        const [low, high] = [root(other), root(run)].sort((a, b) => a - b) as [number, number];
        parents[high] = low;
      }
    }
    above = first;
  }
  const regions = new Map<number, Region>();
  for (let run = 0; run < starts.length; run++) {
    const of = root(run);
    let region = regions.get(of);
    if (!region) regions.set(of, (region = { runs: [], area: 0 }));
    region.runs.push([starts[run]!, ends[run]!]);
    region.area += ends[run]! - starts[run]!;
  }
  return [...regions.values()];
}
