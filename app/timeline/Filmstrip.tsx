import { useEffect, useRef } from 'react';
import type { VideoInfo } from '../../workers/protocol/video';
import { useEngine } from '../app-context';
import { useDevicePixelRatio } from '../ui/use-device-pixel-ratio';
import { frameAtX, xOfFrame, type TimelineScale } from './timeline-scale';
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

/** Every tile stands for a fixed stretch of the video, so that the pictures stay while the view moves. */
function tilesOf(video: VideoInfo, scale: TimelineScale): { x: number; width: number; frameIndex: number }[] {
  const natural = Math.max(24, (height * video.width) / video.height);
  const framesPerTile = Math.max(1, (natural * scale.visibleFrames) / scale.width);
  const first = Math.floor(scale.firstVisible / framesPerTile);
  const count = Math.ceil((scale.firstVisible + scale.visibleFrames) / framesPerTile) - first;
  const width = (framesPerTile * scale.width) / scale.visibleFrames;
  return Array.from({ length: count }, (_, n) => {
    const x = xOfFrame((first + n) * framesPerTile, scale);
    return { x, width, frameIndex: frameAtX(x + width / 2, scale) };
  });
}
