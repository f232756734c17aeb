/** A procedural video for tests: two plain shapes on a soft background, with the truth about where they are. */
import { moving } from '../protocol/rpc';
import type { FrameSource } from '../protocol/media-contract';
import type { VideoInfo } from '../protocol/video';
import { readPixels } from '../resample/read-pixels';
import { resizePixels } from '../resample/resize-pixels';

export type MovingShapes = {
  info: VideoInfo;
  source: FrameSource;
  /** Row-major, 1 inside. */
  truth(shape: 'disc' | 'square', frameIndex: number): Uint8Array;
  center(shape: 'disc' | 'square', frameIndex: number): { xNorm: number; yNorm: number };
  /** Frames asked for so far. */
  served: number[];
};

export function createMovingShapes(width: number, height: number, frameCount: number): MovingShapes {
  const radius = Math.round(height / 6);
  const place = (shape: 'disc' | 'square', n: number): { x: number; y: number } =>
    shape === 'disc'
      ? { x: width * 0.25 + n * 3, y: height * 0.4 + Math.sin(n / 4) * 10 }
      : { x: width * 0.75 - n * 2, y: height * 0.65 };
  const served: number[] = [];

  function draw(frameIndex: number): VideoFrame {
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d')!;
    const sky = context.createLinearGradient(0, 0, width, height);
    sky.addColorStop(0, '#5d7f6a');
    sky.addColorStop(1, '#31473c');
    context.fillStyle = sky;
    context.fillRect(0, 0, width, height);
    context.fillStyle = '#e2571e';
    const disc = place('disc', frameIndex);
    context.beginPath();
    context.arc(disc.x, disc.y, radius, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = '#f4e6c8';
    const square = place('square', frameIndex);
    context.fillRect(square.x - radius, square.y - radius, radius * 2, radius * 2);
    return new VideoFrame(canvas, { timestamp: frameIndex * 40_000 });
  }

  return {
    served,
    info: {
      name: 'shapes',
      width,
      height,
      frameCount,
      timestampsUs: Float64Array.from({ length: frameCount }, (_, n) => n * 40_000),
      durationUs: frameCount * 40_000,
      sourceFrames: Uint32Array.from({ length: frameCount }, (_, n) => n),
      sourceStartUs: 0,
      sourceFrameCount: frameCount,
      codec: 'none',
      sizeBytes: 0,
      parts: [{ name: null, size: null, frameCount: null }],
      part: 0,
    },
    source: {
      async frame(frameIndex) {
        served.push(frameIndex);
        const frame = draw(frameIndex);
        return moving(frame, [frame]);
      },
      async squashed(frameIndex, size) {
        served.push(frameIndex);
        const frame = draw(frameIndex);
        try {
          return resizePixels(await readPixels(frame, size), size);
        } finally {
          frame.close();
        }
      },
    },
    truth(shape, frameIndex) {
      const { x: cx, y: cy } = place(shape, frameIndex);
      const pixels = new Uint8Array(width * height);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const dx = x + 0.5 - cx;
          const dy = y + 0.5 - cy;
          const inside =
            shape === 'disc' ? Math.hypot(dx, dy) <= radius : Math.max(Math.abs(dx), Math.abs(dy)) <= radius;
          pixels[y * width + x] = inside ? 1 : 0;
        }
      }
      return pixels;
    },
    center(shape, frameIndex) {
      const { x, y } = place(shape, frameIndex);
      return { xNorm: x / width, yNorm: y / height };
    },
  };
}
