/** Draws one lane: solid where there is a mask, hatched where the object is absent, striped where stale. */
import type { Rgb } from '../state/palette';
import type { LaneSpan } from './lane-spans';
import { centreOfFrame, xOfFrame, type TimelineScale } from './timeline-scale';

export type Lane = {
  spans: readonly LaneSpan[];
  promptedFrames: readonly number[];
  color: Rgb;
  isVisible: boolean;
};

const barHeight = 12;
const diamondRadius = 5;

/** @param height of the lane, CSS pixels; the context is scaled to them */
export function drawLane(context: CanvasRenderingContext2D, lane: Lane, scale: TimelineScale, height: number): void {
  const { spans, promptedFrames, color, isVisible } = lane;
  const rgb = color.join(' ');
  const top = (height - barHeight) / 2;
  context.clearRect(0, 0, scale.width, height);
  context.globalAlpha = isVisible ? 1 : 0.4;
  for (const { from, to, isAbsent, isStale } of spans) {
    const x = xOfFrame(from, scale);
    const width = Math.max(1, xOfFrame(to, scale) - x);
    context.save();
    context.beginPath();
    context.roundRect(x, top, width, barHeight, Math.min(3, width / 2));
    context.clip();
    context.fillStyle = `rgb(${rgb} / ${isAbsent ? 0.12 : isStale ? 0.3 : 0.9})`;
    context.fillRect(x, top, width, barHeight);
    if (isAbsent) hatch(context, x, top, width, 5, 1.25, `rgb(${rgb} / ${isStale ? 0.4 : 0.8})`);
    else if (isStale) hatch(context, x, top, width, 9, 4, `rgb(${rgb} / 0.6)`);
    context.restore();
  }
  for (const frameIndex of promptedFrames) diamond(context, centreOfFrame(frameIndex, scale), height / 2, rgb);
  context.globalAlpha = 1;
}

/** Slanted lines; their phase hangs on the lane, so that spans side by side go on with each other. */
function hatch(
  context: CanvasRenderingContext2D,
  x: number,
  top: number,
  width: number,
  everyPx: number,
  linePx: number,
  style: string,
): void {
  context.strokeStyle = style;
  context.lineWidth = linePx;
  context.beginPath();
  const first = Math.floor((x - barHeight) / everyPx) * everyPx;
  for (let at = first; at < x + width + barHeight; at += everyPx) {
    context.moveTo(at, top + barHeight + 1);
    context.lineTo(at + barHeight + 2, top - 1);
  }
  context.stroke();
}

function diamond(context: CanvasRenderingContext2D, x: number, y: number, rgb: string): void {
  context.beginPath();
  context.moveTo(x, y - diamondRadius);
  context.lineTo(x + diamondRadius, y);
  context.lineTo(x, y + diamondRadius);
  context.lineTo(x - diamondRadius, y);
  context.closePath();
  context.lineJoin = 'round';
  context.lineWidth = 4;
  context.strokeStyle = 'rgb(20 20 24 / 0.85)';
  context.stroke();
  context.fillStyle = 'white';
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = `rgb(${rgb})`;
  context.stroke();
}
