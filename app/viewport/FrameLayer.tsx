import { useEffect, useRef } from 'react';
import { useEngine } from '../app-context';
import type { VisiblePart } from './transform';
import styles from './Viewport.module.css';

/** Device pixels per video pixel from which each of them is seen. */
const blockyFrom = 4;

/** The part of the frame that is on the stage, on whole device pixels. */
export function FrameLayer({ part, pixelRatio }: { part: VisiblePart; pixelRatio: number }) {
  const { presenter } = useEngine();
  const canvasRef = useRef<HTMLCanvasElement>(null);
  const { rect, source } = part;
  const width = Math.round(rect.width * pixelRatio);
  const height = Math.round(rect.height * pixelRatio);
  useEffect(() => {
    const context = canvasRef.current!.getContext('2d', { alpha: false })!;
    context.imageSmoothingQuality = 'high';
    context.imageSmoothingEnabled = width / source.width < blockyFrom;
    const draw = () => {
      const shown = presenter.shown;
      if (shown) {
        context.drawImage(shown.frame, source.x, source.y, source.width, source.height, 0, 0, width, height);
      } else context.clearRect(0, 0, width, height);
    };
    draw();
    return presenter.subscribe(draw);
  }, [presenter, source, width, height]);
  return <canvas ref={canvasRef} className={styles.layer} style={rect} width={width} height={height} />;
}
