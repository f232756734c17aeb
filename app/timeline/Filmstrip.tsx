import { useEffect, useRef } from 'react';
import type { VideoInfo } from '../../workers/protocol/video';
import { useEngine } from '../app-context';
import { useDevicePixelRatio } from '../ui/use-device-pixel-ratio';
import { frameAtX, type TimelineScale } from './timeline-scale';
import styles from './Timeline.module.css';

const height = 44;

/** Small pictures of the video, side by side; each shows the frame under its middle. */
export function Filmstrip({ video, scale }: { video: VideoInfo; scale: TimelineScale }) {
  const { thumbnails } = useEngine();
  const ref = useRef<HTMLCanvasElement>(null);
  const ratio = useDevicePixelRatio();
  useEffect(() => {
    const context = ref.current!.getContext('2d')!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const tiles = tilesOf(video, scale);
    let scheduled = 0;
    const draw = () => {
      scheduled = 0;
      context.clearRect(0, 0, scale.width, height);
      for (const { x, width, frameIndex } of tiles) {
        const bitmap = thumbnails.get(frameIndex);
        if (bitmap) context.drawImage(bitmap, x, 0, width, height);
      }
    };
    draw();
    thumbnails.want(tiles.map(({ frameIndex }) => frameIndex));
    const stop = thumbnails.subscribe(() => {
      scheduled ||= requestAnimationFrame(draw);
    });
    return () => {
      stop();
      cancelAnimationFrame(scheduled);
    };
  }, [thumbnails, video, scale, ratio]);
  return (
    <canvas
      ref={ref}
      className={styles.canvas}
      style={{ width: scale.width, height }}
      width={Math.round(scale.width * ratio)}
      height={Math.round(height * ratio)}
      aria-hidden
    />
  );
}

function tilesOf(video: VideoInfo, scale: TimelineScale): { x: number; width: number; frameIndex: number }[] {
  const natural = Math.max(24, (height * video.width) / video.height);
  // Stretched a little, so that whole pictures fill the strip.
  const count = Math.max(1, Math.round(scale.width / natural));
  const width = scale.width / count;
  return Array.from({ length: count }, (_, n) => ({
    x: n * width,
    width,
    frameIndex: frameAtX((n + 0.5) * width, scale),
  }));
}
