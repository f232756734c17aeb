import { expect, it } from 'vitest';
import { boxPartAt, movedBox, pointAt } from './hit-test';
import {
  boxBetween,
  fitTransform,
  isOnVideo,
  maskRasterSize,
  movedBy,
  pannedBy,
  toScreen,
  toVideo,
  videoRect,
  visiblePart,
  zoomedAt,
  zoomTransform,
} from './transform';

const video = { width: 1280, height: 720 };

it('fits a video into the stage, centred, on whole device pixels', () => {
  const transform = fitTransform(video, { width: 1000, height: 600 }, 20, 1);
  expect(transform).toEqual({ scale: 0.75, offsetX: 20, offsetY: 30 });
  expect(videoRect(video, transform, 1)).toEqual({ left: 20, top: 30, width: 960, height: 540 });
  const tall = fitTransform({ width: 100, height: 400 }, { width: 333, height: 201 }, 0, 2);
  const rect = videoRect({ width: 100, height: 400 }, tall, 2);
  for (const value of Object.values(rect)) expect(Number.isInteger(value * 2)).toBe(true);
});

it('survives a stage without a size', () => {
  const transform = fitTransform(video, { width: 0, height: 0 }, 24, 1);
  expect(transform.scale).toBeGreaterThan(0);
});

it('goes from the video to the screen and back', () => {
  const transform = fitTransform(video, { width: 911, height: 633 }, 24, 1.5);
  for (const point of [
    { xNorm: 0, yNorm: 0 },
    { xNorm: 0.31, yNorm: 0.77 },
    { xNorm: 1, yNorm: 1 },
  ]) {
    const back = toVideo(toScreen(point, video, transform), video, transform);
    expect(back.xNorm).toBeCloseTo(point.xNorm, 12);
    expect(back.yNorm).toBeCloseTo(point.yNorm, 12);
  }
  expect(isOnVideo(toVideo({ x: 0, y: 0 }, video, transform))).toBe(false);
});

it('zooms around a point, moves, and shows only what is on the stage', () => {
  const stage = { width: 800, height: 600 };
  const fit = fitTransform(video, stage, 20, 1);
  const at = { x: 200, y: 220 };
  const before = toVideo(at, video, fit);
  const near = zoomTransform(video, stage, zoomedAt(at, 8, video, stage, fit), 1);
  expect(near.scale).toBeCloseTo(fit.scale * 8);
  const after = toVideo(at, video, near);
  // To the pixel that the view is snapped to.
  expect(Math.abs(after.xNorm - before.xNorm) * video.width * near.scale).toBeLessThan(1);
  expect(Math.abs(after.yNorm - before.yNorm) * video.height * near.scale).toBeLessThan(1);

  const { rect, source } = visiblePart(video, stage, near, 1)!;
  expect(rect.width).toBeLessThanOrEqual(stage.width);
  expect(source.width).toBeCloseTo(rect.width / near.scale, 1);
  expect(source.x).toBeGreaterThan(0);
  expect(visiblePart(video, stage, fit, 1)).toEqual({
    rect: videoRect(video, fit, 1),
    source: { x: 0, y: 0, width: video.width, height: video.height },
  });
  expect(visiblePart(video, stage, { ...near, offsetX: 900 }, 1)).toBeNull();

  const moved = zoomTransform(video, stage, pannedBy(-30, 10, video, stage, near), 1);
  expect([moved.offsetX - near.offsetX, moved.offsetY - near.offsetY]).toEqual([-30, 10]);
});

it('finds points and the sides of a box under a press, and drags them', () => {
  const stage = { width: 800, height: 600 };
  const fit = fitTransform(video, stage, 20, 1);
  const points = [
    { xNorm: 0.5, yNorm: 0.5, label: 1 as const },
    { xNorm: 0.505, yNorm: 0.5, label: 0 as const },
  ];
  const on = toScreen(points[0]!, video, fit);
  expect(pointAt(points, on, video, fit)).toBe(1);
  expect(pointAt(points, { x: on.x - 9, y: on.y }, video, fit)).toBe(0);
  expect(pointAt(points, { x: on.x + 40, y: on.y }, video, fit)).toBeNull();

  const box = { x0Norm: 0.25, y0Norm: 0.25, x1Norm: 0.5, y1Norm: 0.5 };
  const corner = toScreen({ xNorm: 0.5, yNorm: 0.25 }, video, fit);
  expect(boxPartAt(box, corner, video, fit)).toEqual({ x: 'x1', y: 'y0' });
  expect(boxPartAt(box, toScreen({ xNorm: 0.4, yNorm: 0.4 }, video, fit), video, fit)).toBe('inside');
  expect(boxPartAt(box, toScreen({ xNorm: 0.8, yNorm: 0.4 }, video, fit), video, fit)).toBeNull();
  const from = { xNorm: 0.5, yNorm: 0.25 };
  expect(movedBox(box, { x: 'x1', y: 'y0' }, from, { xNorm: 0.75, yNorm: 0 })).toEqual({
    x0Norm: 0.25,
    y0Norm: 0,
    x1Norm: 0.75,
    y1Norm: 0.5,
  });
  // As a whole it stays within the video.
  expect(movedBox(box, 'inside', from, { xNorm: 1.5, yNorm: 0.25 })).toEqual({ ...box, x0Norm: 0.75, x1Norm: 1 });
});

it('makes a box of a drag in any direction, within the video', () => {
  expect(boxBetween({ xNorm: 0.8, yNorm: -0.2 }, { xNorm: 0.2, yNorm: 0.5 })).toEqual({
    x0Norm: 0.2,
    y0Norm: 0,
    x1Norm: 0.8,
    y1Norm: 0.5,
  });
});

it('moves the crosshair by the same distance in both directions, up to the border', () => {
  const right = movedBy({ xNorm: 0.5, yNorm: 0.5 }, [1, 0], 0.1, video);
  const down = movedBy({ xNorm: 0.5, yNorm: 0.5 }, [0, 1], 0.1, video);
  expect((right.xNorm - 0.5) * video.width).toBeCloseTo(72);
  expect((down.yNorm - 0.5) * video.height).toBeCloseTo(72);
  expect(movedBy({ xNorm: 0.01, yNorm: 0 }, [-1, 0], 0.1, video)).toEqual({ xNorm: 0, yNorm: 0 });
});

it('draws masks finer than a coarse screen, and coarser when there is much to draw', () => {
  const rect = { width: 1000, height: 500 };
  expect(maskRasterSize(rect, 1, 0.3)).toEqual({ width: 1500, height: 750, perCssPixel: 1.5 });
  expect(maskRasterSize(rect, 2, 0.3)).toMatchObject({ perCssPixel: 2 });
  expect(maskRasterSize(rect, 1, 1.5)).toMatchObject({ perCssPixel: 1 });
  expect(maskRasterSize(rect, 1, 16)).toMatchObject({ perCssPixel: 0.5 });
  expect(maskRasterSize(rect, 1, 0.1, true)).toMatchObject({ perCssPixel: 1.5 });
  expect(maskRasterSize(rect, 1, 1.5, true)).toMatchObject({ perCssPixel: 0.5 });
  expect(maskRasterSize(rect, 1, 16, true)).toMatchObject({ perCssPixel: 0.25 });
});
