import { expect, it } from 'vitest';
import {
  boxBetween,
  fitTransform,
  isOnVideo,
  maskRasterSize,
  movedBy,
  toScreen,
  toVideo,
  videoRect,
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
});
