/** Which of many points on a frame reach the model: it was trained with few, and with more of them it loses the object. */
import type { PointPrompt } from '../../protocol/prompt';

/**
 * The newest half, and of the older ones those that lie farthest from all that are taken, a point and its label apart
 * from those of the other label. In their order.
 * @param most at least 1
 */
export function limitPoints(points: readonly PointPrompt[], most: number): readonly PointPrompt[] {
  if (points.length <= most) return points;
  const taken = new Set(points.slice(-Math.ceil(most / 2)));
  while (taken.size < most) {
    const rest = points.filter((point) => !taken.has(point));
    taken.add(rest.reduce((best, point) => (gap(point, taken) > gap(best, taken) ? point : best)));
  }
  return points.filter((point) => taken.has(point));
}

function gap({ xNorm, yNorm, label }: PointPrompt, taken: ReadonlySet<PointPrompt>): number {
  let least = Infinity;
  for (const other of taken) {
    if (other.label === label) least = Math.min(least, Math.hypot(xNorm - other.xNorm, yNorm - other.yNorm));
  }
  return least;
}
