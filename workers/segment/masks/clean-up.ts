/** Repairs of mask logits before they are shown, remembered and propagated. Low resolution, row-major. */

/** Logit of what was removed: clearly background, as far as the reference's own non-overlap rule goes. */
const removedLogit = -10;

/**
 * Keeps the connected pieces (8 neighbours) of `logits > 0` that hold a seed and drops the others. With no seed inside
 * the mask nothing is dropped: then the model disagrees with the clicks, and its answer is to be seen.
 *
 * Differs from sam2, which keeps every piece: a small model spills into distant areas of the same texture.
 * @param seeds indices into `logits`
 * @returns `logits` itself when nothing was dropped
 */
export function keepSeededPieces(logits: Float32Array, width: number, seeds: readonly number[]): Float32Array {
  const height = logits.length / width;
  const kept = new Uint8Array(logits.length);
  const stack = seeds.filter((seed) => logits[seed]! > 0);
  if (stack.length === 0) return logits;
  for (const seed of stack) kept[seed] = 1;
  while (stack.length > 0) {
    const position = stack.pop()!;
    const x = position % width;
    const y = (position - x) / width;
    for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
      for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
        const next = ny * width + nx;
        if (kept[next] === 0 && logits[next]! > 0) {
          kept[next] = 1;
          stack.push(next);
        }
      }
    }
  }
  if (logits.every((logit, n) => logit <= 0 || kept[n] === 1)) return logits;
  return logits.map((logit, n) => (logit > 0 && kept[n] === 0 ? removedLogit : logit));
}
