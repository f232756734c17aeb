import { expect, it } from 'vitest';
import { readPixels } from '../resample/read-pixels';
import { resizePixels } from '../resample/resize-pixels';
import { SceneCuts } from './scene-cuts';

/** A disc over a ground, both in a scene's colours; the disc moves fast. */
function picture(scene: 'day' | 'night', n: number): VideoFrame {
  const context = new OffscreenCanvas(320, 180).getContext('2d')!;
  context.fillStyle = scene === 'day' ? '#9cc4e8' : '#1b2230';
  context.fillRect(0, 0, 320, 180);
  context.fillStyle = scene === 'day' ? '#c23b22' : '#d8d3c0';
  context.beginPath();
  context.arc(50 + n * 22, 90, 40, 0, 2 * Math.PI);
  context.fill();
  return new VideoFrame(context.canvas, { timestamp: n });
}

async function look(cuts: SceneCuts, frames: readonly number[], isSquashed = false): Promise<void> {
  for (const n of frames) {
    const frame = picture(n < 5 || n > 8 ? 'day' : 'night', n);
    if (isSquashed) cuts.lookAtPixels(n, resizePixels(await readPixels(frame, 192), 192), 192);
    else cuts.look(n, frame);
    frame.close();
  }
}

it('finds cuts between neighbours, in either direction, and nothing in what moves or was jumped over', async () => {
  const forward = new SceneCuts();
  await look(forward, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(forward.frames).toEqual([5, 9]);
  const squashed = new SceneCuts();
  await look(squashed, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], true);
  expect(squashed.frames).toEqual([5, 9]);
  const backward = new SceneCuts();
  await look(backward, [10, 9, 8, 7, 6, 5, 4, 3, 2]);
  expect(backward.frames).toEqual([5, 9]);
  const jumping = new SceneCuts();
  await look(jumping, [0, 6, 2, 8, 10]);
  expect(jumping.frames).toEqual([]);
});
