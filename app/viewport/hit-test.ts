/** What of the prompts lies under a press. Distances are CSS pixels, so that a finger finds them at any zoom. */
import type { BoxPrompt, PointPrompt } from '../../workers/protocol/prompt';
import { boxBetween, toScreen, type NormPoint, type ScreenPoint, type Size, type Transform } from './transform';

const pointReachPx = 10;
const edgeReachPx = 8;

/** The newest point there; null when there is none. */
export function pointAt(
  points: readonly PointPrompt[],
  at: ScreenPoint,
  video: Size,
  transform: Transform,
): number | null {
  const index = points.findLastIndex((point) => {
    const { x, y } = toScreen(point, video, transform);
    return Math.hypot(x - at.x, y - at.y) <= pointReachPx;
  });
  return index < 0 ? null : index;
}

/** The sides of a box that a press takes along, or all of it. */
export type BoxPart = 'inside' | { x: 'x0' | 'x1' | null; y: 'y0' | 'y1' | null };

export function boxPartAt(box: BoxPrompt, at: ScreenPoint, video: Size, transform: Transform): BoxPart | null {
  const from = toScreen({ xNorm: box.x0Norm, yNorm: box.y0Norm }, video, transform);
  const to = toScreen({ xNorm: box.x1Norm, yNorm: box.y1Norm }, video, transform);
  const isWithin = (value: number, low: number, high: number, margin: number) =>
    value >= low - margin && value <= high + margin;
  if (!isWithin(at.x, from.x, to.x, edgeReachPx) || !isWithin(at.y, from.y, to.y, edgeReachPx)) return null;
  const x = Math.abs(at.x - from.x) <= edgeReachPx ? 'x0' : Math.abs(at.x - to.x) <= edgeReachPx ? 'x1' : null;
  const y = Math.abs(at.y - from.y) <= edgeReachPx ? 'y0' : Math.abs(at.y - to.y) <= edgeReachPx ? 'y1' : null;
  return x || y ? { x, y } : 'inside';
}

/** The box after a drag of one of its parts, within the video. */
export function movedBox(box: BoxPrompt, part: BoxPart, from: NormPoint, to: NormPoint): BoxPrompt {
  const dx = to.xNorm - from.xNorm;
  const dy = to.yNorm - from.yNorm;
  const { x0Norm, y0Norm, x1Norm, y1Norm } = box;
  if (part === 'inside') {
    const x = Math.max(-x0Norm, Math.min(1 - x1Norm, dx));
    const y = Math.max(-y0Norm, Math.min(1 - y1Norm, dy));
    return { x0Norm: x0Norm + x, y0Norm: y0Norm + y, x1Norm: x1Norm + x, y1Norm: y1Norm + y };
  }
  return boxBetween(
    { xNorm: x0Norm + (part.x === 'x0' ? dx : 0), yNorm: y0Norm + (part.y === 'y0' ? dy : 0) },
    { xNorm: x1Norm + (part.x === 'x1' ? dx : 0), yNorm: y1Norm + (part.y === 'y1' ? dy : 0) },
  );
}
