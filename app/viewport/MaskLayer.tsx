import { useEffect, useRef } from 'react';
import { useApp } from '../app-context';
import { compositeMasks } from '../masks/composite-masks';
import { compositeKey, coverageOf, maskLayers } from './mask-layers';
import { maskRasterSize, type ScreenRect } from './transform';
import styles from './Viewport.module.css';

/** The masks of the frame shown. Painted at most once per repaint, and only when something in them has changed. */
export function MaskLayer({ rect, pixelRatio }: { rect: ScreenRect; pixelRatio: number }) {
  const { engine, store } = useApp();
  const canvasRef = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = canvasRef.current!;
    const context = canvas.getContext('2d')!;
    let paintedKey = '';
    let scheduled = 0;
    const paint = () => {
      scheduled = 0;
      const state = store.getState();
      const frameIndex = engine.presenter.shown?.frameIndex ?? state.playback.shownFrame;
      const masks = engine.masks.known(frameIndex);
      const key = compositeKey(masks, state, frameIndex);
      if (key === paintedKey) return;
      paintedKey = key;
      const layers = maskLayers(masks, state);
      const { width, height, perCssPixel } = maskRasterSize(rect, pixelRatio, coverageOf(layers));
      // Setting a size clears, even to the same one.
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      const scaled = layers.map((layer) => ({ ...layer, outlinePx: layer.outlinePx * perCssPixel }));
      if (layers.length === 0) context.clearRect(0, 0, width, height);
      else context.putImageData(new ImageData(compositeMasks(scaled, width, height), width, height), 0, 0);
    };
    const schedule = () => {
      scheduled ||= requestAnimationFrame(paint);
    };
    paint();
    const stops = [engine.presenter.subscribe(schedule), engine.masks.subscribe(schedule), store.subscribe(schedule)];
    return () => {
      cancelAnimationFrame(scheduled);
      for (const stop of stops) stop();
    };
  }, [engine, store, rect, pixelRatio]);
  return <canvas ref={canvasRef} className={styles.layer} style={rect} />;
}
