import { useEffect, useRef } from 'react';
import { useEngine } from '../app-context';
import type { ScreenRect } from './transform';
import styles from './Viewport.module.css';

/** The frame shown, on whole device pixels. */
export function FrameLayer({ rect, pixelRatio }: { rect: ScreenRect; pixelRatio: number }) {
  const { presenter } = useEngine();
  const canvasRef = useRef<HTMLCanvasElement>(null);
  const width = Math.round(rect.width * pixelRatio);
  const height = Math.round(rect.height * pixelRatio);
  useEffect(() => {
    const context = canvasRef.current!.getContext('2d', { alpha: false })!;
    context.imageSmoothingQuality = 'high';
    const draw = () => {
      const shown = presenter.shown;
      if (shown) context.drawImage(shown.frame, 0, 0, width, height);
      else context.clearRect(0, 0, width, height);
    };
    draw();
    return presenter.subscribe(draw);
  }, [presenter, width, height]);
  return <canvas ref={canvasRef} className={styles.layer} style={rect} width={width} height={height} />;
}
