/** How a file differs from the one that a project was made of. Null where it is the same, whatever its name. */
import type { SourceFingerprint } from '../../workers/protocol/project';

export type SourceDifference =
  { kind: 'count'; expected: number; given: number } | { kind: 'size' | 'content'; expected: string; given: string };

export function sourceDifference(
  expected: readonly SourceFingerprint[],
  given: readonly SourceFingerprint[],
): SourceDifference | null {
  if (expected.length !== given.length) {
    return { kind: 'count', expected: expected.length, given: given.length };
  }
  // Pictures may be given in any order.
  const inOrder = (files: readonly SourceFingerprint[]) => files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const others = inOrder(given);
  for (const [n, file] of inOrder(expected).entries()) {
    const other = others[n]!;
    const names = { expected: file.name, given: other.name };
    if (file.sizeBytes !== other.sizeBytes) return { kind: 'size', ...names };
    if (file.hash !== other.hash) return { kind: 'content', ...names };
  }
  return null;
}
