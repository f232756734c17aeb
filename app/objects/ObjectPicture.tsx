import { useEffect, useRef, type CSSProperties } from 'react';
import { useApp } from '../app-context';
import { compositeMatte } from '../masks/composite-masks';
import type { ObjectEntry } from '../state/objects';
import { objectColor, objectRgb } from '../state/palette';
import { drawInTurn } from './draw-in-turn';
import styles from './ObjectRow.module.css';

/** Device pixels a side. */
const side = 60;

/** The object as it is cut out of the frame shown, in its colour's frame; drawn while nothing plays or is tracked. */
export function ObjectPicture({ entry: { id, colorIndex } }: { entry: ObjectEntry }) {
  const { engine, store } = useApp();
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    let drawn: unknown = null;
    const draw = () => {
      const { playback, tracking } = store.getState();
      const shown = engine.presenter.shown;
      if (!shown || playback.isPlaying || tracking.run) return;
      const mask = engine.masks.known(shown.frameIndex).find(({ object }) => object === id);
      if (mask?.rle === drawn) return;
      drawn = mask?.rle;
      const context = ref.current!.getContext('2d')!;
      context.clearRect(0, 0, side, side);
      if (!mask?.box) return;
      const { box, rle } = mask;
      const length = Math.max(box.x1 - box.x0, box.y1 - box.y0) * 1.1;
      const window = {
        x: (box.x0 + box.x1 - length) / 2,
        y: (box.y0 + box.y1 - length) / 2,
        width: length,
        height: length,
      };
      context.drawImage(shown.frame, window.x, window.y, length, length, 0, 0, side, side);
      const layer = { rle, box, color: objectRgb(0), fillAlpha: 1, outlinePx: 0, opacity: 1, featherPx: 0 };
      const sheet = new OffscreenCanvas(side, side);
      const pixels = compositeMatte([layer], window, side, side, 'cutout');
      sheet.getContext('2d')!.putImageData(new ImageData(pixels, side, side), 0, 0);
      context.drawImage(sheet, 0, 0);
    };
    let takeBack = (): void => undefined;
    const schedule = () => {
      const { playback, tracking } = store.getState();
      if (!playback.isPlaying && !tracking.run) takeBack = drawInTurn(draw, engine.context.clock);
    };
    schedule();
    const stops = [engine.presenter.subscribe(schedule), engine.masks.subscribe(schedule), store.subscribe(schedule)];
    return () => {
      takeBack();
      for (const stop of stops) stop();
    };
  }, [engine, store, id]);
  return (
    <span className={styles.picture} style={{ '--object': objectColor(colorIndex) } as CSSProperties} aria-hidden>
      <canvas ref={ref} width={side} height={side} />
    </span>
  );
}
