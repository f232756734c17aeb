/** Frames to pixels on the timeline and back: every frame is a cell of the same width. */

export type TimelineScale = { frameCount: number; width: number };

/** Left edge of a frame's cell. */
export function xOfFrame(frameIndex: number, { frameCount, width }: TimelineScale): number {
  return (frameIndex * width) / frameCount;
}

export function centreOfFrame(frameIndex: number, scale: TimelineScale): number {
  return xOfFrame(frameIndex + 0.5, scale);
}

/** The frame under a position, clamped to the video's. */
export function frameAtX(x: number, { frameCount, width }: TimelineScale): number {
  if (width <= 0) return 0;
  return Math.max(0, Math.min(frameCount - 1, Math.floor((x * frameCount) / width)));
}

export type RulerTicks = {
  /** Frames with a number. */
  labelled: number[];
  /** Frames with a line only. */
  minor: number[];
};

const labelEveryPx = 72;
const minorEveryPx = 7;

export function rulerTicks({ frameCount, width }: TimelineScale): RulerTicks {
  if (width <= 0 || frameCount <= 0) return { labelled: [], minor: [] };
  const cell = width / frameCount;
  const step = roundStep(labelEveryPx / cell);
  const minorStep = minorStepOf(step, cell);
  const labelled: number[] = [];
  const minor: number[] = [];
  for (let frameIndex = 0; frameIndex < frameCount; frameIndex += minorStep) {
    (frameIndex % step === 0 ? labelled : minor).push(frameIndex);
  }
  return { labelled, minor };
}

/** The next of 1, 2, 5, 10, 20, 50 … */
function roundStep(least: number): number {
  const power = 10 ** Math.max(0, Math.floor(Math.log10(least)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least) ?? 10 * power;
}

/** The finest whole division of a step whose lines do not run together. */
function minorStepOf(step: number, cell: number): number {
  for (const parts of [10, 5, 4, 2]) {
    const minor = step / parts;
    if (Number.isInteger(minor) && minor * cell >= minorEveryPx) return minor;
  }
  return step;
}
