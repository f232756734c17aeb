/** How much of an object's mask other objects claim too, at the resolution of the logits: pure. */

/**
 * @param others logits of the other objects on the same frame; those of another size, by a model before, do not count
 * @returns share of the mask's cells, 0 to 1
 */
export function overlapShare(logits: Float32Array, others: readonly Float32Array[]): number {
  let own = 0;
  let shared = 0;
  const comparable = others.filter(({ length }) => length === logits.length);
  for (let cell = 0; cell < logits.length; cell++) {
    if (logits[cell]! <= 0) continue;
    own++;
    if (comparable.some((other) => other[cell]! > 0)) shared++;
  }
  return own === 0 ? 0 : shared / own;
}
