import { expect, it } from 'vitest';
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

function look(cuts: SceneCuts, frames: readonly number[]): void {
  for (const n of frames) {
    const frame = picture(n < 5 || n > 8 ? 'day' : 'night', n);
    cuts.look(n, frame);
    frame.close();
  }
}

it('finds cuts between neighbours, in either direction, and nothing in what moves or was jumped over', () => {
  const forward = new SceneCuts();
  look(forward, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(forward.frames).toEqual([5, 9]);
  const backward = new SceneCuts();
  look(backward, [10, 9, 8, 7, 6, 5, 4, 3, 2]);
  expect(backward.frames).toEqual([5, 9]);
  const jumping = new SceneCuts();
  look(jumping, [0, 6, 2, 8, 10]);
  expect(jumping.frames).toEqual([]);
});
