/** Frames to pixels on the timeline and back: every frame is a cell of the same width, and some of them are in view. */

export type TimelineScale = {
  frameCount: number;
  width: number;
  /** At the left edge; may have a fraction. */
  firstVisible: number;
  /** May have a fraction, too. */
  visibleFrames: number;
};

/** Fewer frames fill the strip no better. */
const fewestVisible = 8;

export function wholeScale(frameCount: number, width: number): TimelineScale {
  return { frameCount, width, firstVisible: 0, visibleFrames: frameCount };
}

/** Left edge of a frame's cell. */
export function xOfFrame(frameIndex: number, { width, firstVisible, visibleFrames }: TimelineScale): number {
  return ((frameIndex - firstVisible) * width) / visibleFrames;
}

export function centreOfFrame(frameIndex: number, scale: TimelineScale): number {
  return xOfFrame(frameIndex + 0.5, scale);
}

/** The frame under a position, clamped to the video's. */
export function frameAtX(x: number, { frameCount, width, firstVisible, visibleFrames }: TimelineScale): number {
  if (width <= 0) return 0;
  return Math.max(0, Math.min(frameCount - 1, Math.floor(firstVisible + (x * visibleFrames) / width)));
}

/** The frames in view, whole or in part. */
export function visibleRange({ frameCount, firstVisible, visibleFrames }: TimelineScale): [from: number, to: number] {
  return [Math.floor(firstVisible), Math.min(frameCount, Math.ceil(firstVisible + visibleFrames))];
}

/** Shows a part of the video, as far as it goes. */
export function scaleFrom(scale: TimelineScale, firstVisible: number, visibleFrames: number): TimelineScale {
  const visible = Math.max(Math.min(fewestVisible, scale.frameCount), Math.min(scale.frameCount, visibleFrames));
  return {
    ...scale,
    visibleFrames: visible,
    firstVisible: Math.max(0, Math.min(scale.frameCount - visible, firstVisible)),
  };
}

/** Zooms around a position, whose frame keeps its place. */
export function zoomedScale(scale: TimelineScale, x: number, factor: number): TimelineScale {
  const at = scale.firstVisible + (x * scale.visibleFrames) / scale.width;
  const visible = scaleFrom(scale, 0, scale.visibleFrames / factor).visibleFrames;
  return scaleFrom(scale, at - (x * visible) / scale.width, visible);
}

/** The same scale, moved so that a frame is in view. */
export function scaleShowing(scale: TimelineScale, frameIndex: number): TimelineScale {
  const { firstVisible, visibleFrames } = scale;
  if (frameIndex >= firstVisible && frameIndex + 1 <= firstVisible + visibleFrames) return scale;
  return scaleFrom(scale, frameIndex + 0.5 - visibleFrames / 2, visibleFrames);
}

export type RulerTicks = {
  /** Frames with a number. */
  labelled: number[];
  /** Frames with a line only. */
  minor: number[];
};

const labelEveryPx = 72;
const minorEveryPx = 7;

export function rulerTicks(scale: TimelineScale): RulerTicks {
  const { frameCount, width, visibleFrames } = scale;
  if (width <= 0 || frameCount <= 0) return { labelled: [], minor: [] };
  const cell = width / visibleFrames;
  const step = roundStep(labelEveryPx / cell);
  const minorStep = minorStepOf(step, cell);
  const labelled: number[] = [];
  const minor: number[] = [];
  const [from, to] = visibleRange(scale);
  for (let frameIndex = Math.ceil(from / minorStep) * minorStep; frameIndex < to; frameIndex += minorStep) {
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
