import { useEffect, useRef } from 'react';
import { useApp } from '../app-context';
import type { ObjectEntry } from '../state/objects';
import { objectRgb } from '../state/palette';
import { promptedFrames } from '../state/prompts';
import { useDevicePixelRatio } from '../ui/use-device-pixel-ratio';
import { drawLane } from './draw-lane';
import { laneSpans } from './lane-spans';
import type { TimelineScale } from './timeline-scale';
import styles from './Timeline.module.css';

const height = 26;

/** Drawn past React, at most once per repaint: a run changes every lane with every frame. */
export function LaneCanvas({ entry, scale }: { entry: ObjectEntry; scale: TimelineScale }) {
  const { store } = useApp();
  const ref = useRef<HTMLCanvasElement>(null);
  const ratio = useDevicePixelRatio();
  const { id, colorIndex, isVisible } = entry;
  useEffect(() => {
    const context = ref.current!.getContext('2d')!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    let scheduled = 0;
    const draw = () => {
      scheduled = 0;
      const { masklets, prompts } = store.getState();
      const masklet = masklets.byObject[id];
      const lane = {
        spans: masklet ? laneSpans(masklet.columns) : [],
        columns: masklet?.columns ?? null,
        promptedFrames: promptedFrames(prompts, id),
        color: objectRgb(colorIndex),
        isVisible,
      };
      drawLane(context, lane, scale, height);
    };
    draw();
    const stop = store.subscribe((state, before) => {
      const isSame =
        state.masklets.byObject[id] === before.masklets.byObject[id] &&
        state.prompts.byObject[id] === before.prompts.byObject[id];
      if (!isSame) scheduled ||= requestAnimationFrame(draw);
    });
    return () => {
      stop();
      cancelAnimationFrame(scheduled);
    };
  }, [store, id, colorIndex, isVisible, scale, ratio]);
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
