import { useRef, type PointerEvent } from 'react';
import { scaleFrom, type TimelineScale } from './timeline-scale';
import styles from './Timeline.module.css';

/** Where in the video the timeline looks, to be dragged; the wheel and the playhead do the same. */
export function Overview({ scale, onShow }: { scale: TimelineScale; onShow: (scale: TimelineScale) => void }) {
  const grabbed = useRef<number | null>(null);
  const { frameCount, width, firstVisible, visibleFrames } = scale;
  if (visibleFrames >= frameCount) return <div className={styles.overview} aria-hidden />;
  const perFrame = width / frameCount;
  return (
    <div className={styles.overview} aria-hidden>
      <div
        className={styles.window}
        style={{ left: firstVisible * perFrame, width: visibleFrames * perFrame }}
        onPointerDown={(event: PointerEvent<HTMLElement>) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          grabbed.current = event.clientX / perFrame - firstVisible;
        }}
        onPointerMove={(event) => {
          if (grabbed.current === null) return;
          onShow(scaleFrom(scale, event.clientX / perFrame - grabbed.current, visibleFrames));
        }}
        onPointerUp={() => {
          grabbed.current = null;
        }}
      />
    </div>
  );
}
