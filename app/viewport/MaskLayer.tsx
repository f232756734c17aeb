import { useEffect, useRef } from 'react';
import { useApp } from '../app-context';
import { compositeMasks, compositeMatte } from '../masks/composite-masks';
import { compositeKey, coverageOf, maskLayers, onionLayers } from './mask-layers';
import { maskRasterSize, type VisiblePart } from './transform';
import styles from './Viewport.module.css';

type MaskLayerProps = {
  part: VisiblePart;
  pixelRatio: number;
  /** As they were before the last correction. */
  isEarlier?: boolean;
};

/** The masks of the frame shown. Painted at most once per repaint, and only when something in them has changed. */
export function MaskLayer({ part, pixelRatio, isEarlier = false }: MaskLayerProps) {
  const { engine, store } = useApp();
  const canvasRef = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = canvasRef.current!;
    const context = canvas.getContext('2d')!;
    const { rect, source: window } = part;
    const source = isEarlier ? engine.earlierMasks : engine.masks;
    let paintedKey = '';
    let scheduled = 0;
    const paint = () => {
      scheduled = 0;
      const state = store.getState();
      const frameIndex = engine.presenter.shown?.frameIndex ?? state.playback.shownFrame;
      const { maskLook, isMaskHidden, hasOnionSkin } = state.view;
      const neighbours =
        hasOnionSkin && !isEarlier && !state.playback.isPlaying ? [frameIndex - 1, frameIndex + 1] : [];
      const around = neighbours.filter((neighbour) => neighbour >= 0 && neighbour < state.masklets.frameCount);
      const masks = isEarlier ? engine.earlierMasks.known(frameIndex) : engine.masks.seen(frameIndex);
      const isMoving = state.tracking.run !== null || state.playback.isPlaying;
      const key = [
        isMoving,
        compositeKey(masks, state, frameIndex),
        ...around.map((neighbour) => compositeKey(engine.masks.known(neighbour), state, neighbour)),
      ].join('/');
      for (const neighbour of around) void engine.masks.load(neighbour).catch(() => undefined);
      if (key === paintedKey) return;
      paintedKey = key;
      const layers = isMaskHidden ? [] : maskLayers(masks, state);
      const isMatte = !isMaskHidden && (maskLook === 'matte' || maskLook === 'cutout');
      const onion = isMatte || isMaskHidden ? [] : around.flatMap((n) => onionLayers(engine.masks.known(n), state));
      const { width, height, perCssPixel } = maskRasterSize(
        rect,
        pixelRatio,
        coverageOf([...layers, ...onion]),
        isMoving,
      );
      // Setting a size clears, even to the same one.
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      if (isMatte) {
        context.putImageData(
          new ImageData(compositeMatte(layers, window, width, height, maskLook), width, height),
          0,
          0,
        );
        return;
      }
      const scaled = [...onion, ...layers].map((layer) => ({ ...layer, outlinePx: layer.outlinePx * perCssPixel }));
      if (scaled.length === 0) context.clearRect(0, 0, width, height);
      else context.putImageData(new ImageData(compositeMasks(scaled, window, width, height), width, height), 0, 0);
    };
    const schedule = () => {
      scheduled ||= requestAnimationFrame(paint);
    };
    paint();
    const stops = [
      engine.presenter.subscribe(schedule),
      engine.masks.subscribe(schedule),
      source.subscribe(schedule),
      store.subscribe(schedule),
    ];
    return () => {
      cancelAnimationFrame(scheduled);
      for (const stop of stops) stop();
    };
  }, [engine, store, part, pixelRatio, isEarlier]);
  return <canvas ref={canvasRef} className={styles.layer} style={part.rect} />;
}
