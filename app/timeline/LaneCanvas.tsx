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

/** A run changes every lane with every frame; no eye needs them so often. */
const paceMs = { run: 150, still: 16 };

/** Drawn past React, at that pace. */
export function LaneCanvas({ entry, scale }: { entry: ObjectEntry; scale: TimelineScale }) {
  const { store } = useApp();
  const ref = useRef<HTMLCanvasElement>(null);
  const ratio = useDevicePixelRatio();
  const { id, colorIndex, isVisible } = entry;
  useEffect(() => {
    const context = ref.current!.getContext('2d')!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    let timer = 0;
    const draw = () => {
      timer = 0;
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
      if (!isSame) timer ||= window.setTimeout(draw, state.tracking.run ? paceMs.run : paceMs.still);
    });
    return () => {
      stop();
      clearTimeout(timer);
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
