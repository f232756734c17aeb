/** Draws one lane: solid where there is a mask, hatched where the object is absent, striped where stale. */
import { FrameMark, type MaskColumns } from '../state/masklets';
import type { Rgb } from '../state/palette';
import type { LaneSpan } from './lane-spans';
import { centreOfFrame, frameAtX, visibleRange, xOfFrame, type TimelineScale } from './timeline-scale';

export type Lane = {
  spans: readonly LaneSpan[];
  columns: Pick<MaskColumns, 'mark' | 'predictedIou' | 'isLocked' | 'isChanged'> | null;
  promptedFrames: readonly number[];
  color: Rgb;
  isVisible: boolean;
};

const barHeight = 12;
const diamondRadius = 5;

/** @param height of the lane, CSS pixels; the context is scaled to them */
export function drawLane(context: CanvasRenderingContext2D, lane: Lane, scale: TimelineScale, height: number): void {
  const { spans, columns, promptedFrames, color, isVisible } = lane;
  const rgb = color.join(' ');
  const top = (height - barHeight) / 2;
  context.clearRect(0, 0, scale.width, height);
  context.globalAlpha = isVisible ? 1 : 0.4;
  for (const { from, to, isAbsent, isStale } of spans) {
    // A little beyond the border, so that rounded ends do not show there.
    const x = Math.max(-8, xOfFrame(from, scale));
    const width = Math.max(1, Math.min(scale.width + 8, xOfFrame(to, scale)) - x);
    if (x > scale.width || x + width < 0) continue;
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
  if (columns) {
    drawScores(context, columns, scale, top);
    drawChanges(context, columns, scale, top);
    const [from, to] = visibleRange(scale);
    for (let frameIndex = from; frameIndex < to; frameIndex++) {
      if (columns.isLocked[frameIndex] === 1) {
        diamond(context, centreOfFrame(frameIndex, scale), height / 2, rgb, false);
      }
    }
  }
  for (const frameIndex of promptedFrames) diamond(context, centreOfFrame(frameIndex, scale), height / 2, rgb, true);
  context.globalAlpha = 1;
}

/** The model's own estimate, from the bar's foot (0) to its head (1): the least of the frames that share a pixel. */
function drawScores(
  context: CanvasRenderingContext2D,
  { mark, predictedIou }: Pick<MaskColumns, 'mark' | 'predictedIou'>,
  scale: TimelineScale,
  top: number,
): void {
  context.beginPath();
  let isOpen = false;
  for (let x = 0; x < scale.width; x++) {
    const from = frameAtX(x, scale);
    const to = Math.max(from + 1, frameAtX(x + 1, scale));
    let least = Infinity;
    for (let frameIndex = from; frameIndex < to; frameIndex++) {
      if (mark[frameIndex] === FrameMark.mask) least = Math.min(least, predictedIou[frameIndex]!);
    }
    if (least === Infinity) {
      isOpen = false;
      continue;
    }
    const y = top + barHeight * (1 - Math.max(0, Math.min(1, least)));
    if (isOpen) context.lineTo(x + 0.5, y);
    else context.moveTo(x + 0.5, y);
    isOpen = true;
  }
  context.lineWidth = 1;
  context.strokeStyle = 'rgb(20 20 24 / 0.55)';
  context.stroke();
}

/** A line under the frames that the last run has changed. */
function drawChanges(
  context: CanvasRenderingContext2D,
  { isChanged }: Pick<MaskColumns, 'isChanged'>,
  scale: TimelineScale,
  top: number,
): void {
  context.fillStyle = 'rgb(150 130 255)';
  const [from, to] = visibleRange(scale);
  for (let frameIndex = from; frameIndex < to; frameIndex++) {
    if (isChanged[frameIndex] === 0) continue;
    const x = xOfFrame(frameIndex, scale);
    context.fillRect(x, top + barHeight + 2, Math.max(1, xOfFrame(frameIndex + 1, scale) - x), 2);
  }
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

/** A conditioning frame; one that a person prompted has a dot. */
function diamond(context: CanvasRenderingContext2D, x: number, y: number, rgb: string, isPrompted: boolean): void {
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
  if (!isPrompted) return;
  context.beginPath();
  context.arc(x, y, 1.5, 0, 2 * Math.PI);
  context.fillStyle = 'rgb(20 20 24)';
  context.fill();
}
