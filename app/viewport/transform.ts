/** Where the video lies on the screen: the one place that turns video coordinates into screen ones and back. */

import { largestScale } from '../state/view';

export type Size = { width: number; height: number };

/** Screen = video × scale + offset, in CSS pixels from the stage's top left corner. */
export type Transform = { scale: number; offsetX: number; offsetY: number };

export type ScreenPoint = { x: number; y: number };
export type NormPoint = { xNorm: number; yNorm: number };
export type ScreenRect = { left: number; top: number; width: number; height: number };

/** The largest view of the whole video that leaves `margin` on every side, on whole device pixels. */
export function fitTransform(video: Size, stage: Size, margin: number, pixelRatio: number): Transform {
  const width = Math.max(1, stage.width - 2 * margin);
  const height = Math.max(1, stage.height - 2 * margin);
  const scale = Math.min(width / video.width, height / video.height);
  const snap = (value: number) => Math.round(value * pixelRatio) / pixelRatio;
  return {
    scale,
    offsetX: snap((stage.width - video.width * scale) / 2),
    offsetY: snap((stage.height - video.height * scale) / 2),
  };
}

/** A view that was zoomed or moved: the point of the video in the middle of the stage, CSS pixels per video pixel. */
export type Zoom = { scale: number; xNorm: number; yNorm: number };

export function zoomTransform(video: Size, stage: Size, zoom: Zoom, pixelRatio: number): Transform {
  const snap = (value: number) => Math.round(value * pixelRatio) / pixelRatio;
  return {
    scale: zoom.scale,
    offsetX: snap(stage.width / 2 - zoom.xNorm * video.width * zoom.scale),
    offsetY: snap(stage.height / 2 - zoom.yNorm * video.height * zoom.scale),
  };
}

/** Zooms by a factor around a point of the stage, which keeps its place. */
export function zoomedAt(at: ScreenPoint, factor: number, video: Size, stage: Size, transform: Transform): Zoom {
  const least = Math.min(
    transform.scale,
    (0.25 * Math.min(stage.width, stage.height)) / Math.max(video.width, video.height),
  );
  const scale = Math.max(least, Math.min(largestScale, transform.scale * factor));
  const { xNorm, yNorm } = toVideo(at, video, transform);
  return {
    scale,
    xNorm: unit(xNorm + (stage.width / 2 - at.x) / (video.width * scale)),
    yNorm: unit(yNorm + (stage.height / 2 - at.y) / (video.height * scale)),
  };
}

/** Moves the view by CSS pixels. The video's border comes no further than the middle. */
export function pannedBy(dx: number, dy: number, video: Size, stage: Size, transform: Transform): Zoom {
  const { xNorm, yNorm } = toVideo({ x: stage.width / 2 - dx, y: stage.height / 2 - dy }, video, transform);
  return { scale: transform.scale, xNorm: unit(xNorm), yNorm: unit(yNorm) };
}

/** A part of the video and where it is seen, on whole device pixels. */
export type VisiblePart = { rect: ScreenRect; source: { x: number; y: number; width: number; height: number } };

/** What of the video lies on the stage; null when nothing does. */
export function visiblePart(video: Size, stage: Size, transform: Transform, pixelRatio: number): VisiblePart | null {
  const whole = videoRect(video, transform, pixelRatio);
  const snap = (value: number) => Math.round(value * pixelRatio) / pixelRatio;
  const left = Math.max(whole.left, 0);
  const top = Math.max(whole.top, 0);
  const right = Math.min(whole.left + whole.width, snap(stage.width));
  const bottom = Math.min(whole.top + whole.height, snap(stage.height));
  if (right <= left || bottom <= top) return null;
  const perPixelX = video.width / whole.width;
  const perPixelY = video.height / whole.height;
  return {
    rect: { left, top, width: right - left, height: bottom - top },
    source: {
      x: (left - whole.left) * perPixelX,
      y: (top - whole.top) * perPixelY,
      width: (right - left) * perPixelX,
      height: (bottom - top) * perPixelY,
    },
  };
}

/** The video's rectangle, its sides on whole device pixels. */
export function videoRect(video: Size, { scale, offsetX, offsetY }: Transform, pixelRatio: number): ScreenRect {
  const snap = (value: number) => Math.max(1, Math.round(value * pixelRatio)) / pixelRatio;
  return { left: offsetX, top: offsetY, width: snap(video.width * scale), height: snap(video.height * scale) };
}

export function toScreen({ xNorm, yNorm }: NormPoint, video: Size, transform: Transform): ScreenPoint {
  return {
    x: xNorm * video.width * transform.scale + transform.offsetX,
    y: yNorm * video.height * transform.scale + transform.offsetY,
  };
}

/** May lie outside of [0,1]: beside the video. */
export function toVideo({ x, y }: ScreenPoint, video: Size, transform: Transform): NormPoint {
  return {
    xNorm: (x - transform.offsetX) / (video.width * transform.scale),
    yNorm: (y - transform.offsetY) / (video.height * transform.scale),
  };
}

export function isOnVideo({ xNorm, yNorm }: NormPoint): boolean {
  return xNorm >= 0 && xNorm <= 1 && yNorm >= 0 && yNorm <= 1;
}

/** Two corners of a drag, in any order, as a box within the video. */
export function boxBetween(
  a: NormPoint,
  b: NormPoint,
): { x0Norm: number; y0Norm: number; x1Norm: number; y1Norm: number } {
  return {
    x0Norm: unit(Math.min(a.xNorm, b.xNorm)),
    y0Norm: unit(Math.min(a.yNorm, b.yNorm)),
    x1Norm: unit(Math.max(a.xNorm, b.xNorm)),
    y1Norm: unit(Math.max(a.yNorm, b.yNorm)),
  };
}

/** A step over the video, `share` of its shorter side, which ends at its border. */
export function movedBy(from: NormPoint, [dx, dy]: readonly [number, number], share: number, video: Size): NormPoint {
  const px = Math.min(video.width, video.height) * share;
  return { xNorm: unit(from.xNorm + (dx * px) / video.width), yNorm: unit(from.yNorm + (dy * px) / video.height) };
}

function unit(value: number): number {
  return Math.max(0, Math.min(1, value));
}

/** Pixels that may be painted in one picture, over all masks, in about 10 ms: more would hold the page up. */
const mostPaintedPixels = 900_000;

/** While frames follow each other, by a run or in play, on a page whose processor has other work to do. */
const mostMovingPixels = 250_000;

/** And its size, however little is on it. */
const mostPixels = 2_400_000;

/** Finer than the screen where its pixels are coarse, so that scaling down smooths the edges; coarser in need. */
const finenesses = [1.5, 1, 0.7, 0.5];
const movingFinenesses = [...finenesses, 0.35, 0.25];

/**
 * Size of the picture that masks are drawn in.
 * @param coverage sum of the masks' boxes, in areas of the video
 * @param isMoving the next frame comes at once, and a coarser picture is better than a late one
 */
export function maskRasterSize(
  rect: Size,
  pixelRatio: number,
  coverage: number,
  isMoving = false,
): Size & { perCssPixel: number } {
  const most = isMoving ? mostMovingPixels : mostPaintedPixels;
  const allowed = (isMoving ? movingFinenesses : finenesses).filter(
    (fineness) => fineness === 1 || fineness * pixelRatio <= 2,
  );
  const fits = (fineness: number) => {
    const pixels = rect.width * rect.height * (fineness * pixelRatio) ** 2;
    return pixels <= mostPixels && pixels * coverage <= most;
  };
  const perCssPixel = (allowed.find(fits) ?? allowed.at(-1)!) * pixelRatio;
  return {
    width: Math.max(1, Math.round(rect.width * perCssPixel)),
    height: Math.max(1, Math.round(rect.height * perCssPixel)),
    perCssPixel,
  };
}
