import type { PointerEvent, RefObject } from 'react';
import { useApp, useAppState } from '../app-context';
import { frameAtX, xOfFrame, type TimelineScale } from './timeline-scale';
import styles from './Timeline.module.css';

/** In and out: what lies outside is dimmed, their handles are dragged. By key they are set at the playhead. */
export function RangeMarks({ scale, area }: { scale: TimelineScale; area: RefObject<HTMLElement | null> }) {
  const { engine } = useApp();
  const range = useAppState((state) => state.playback.range);
  if (!range) return null;
  const clamp = (x: number) => Math.max(0, Math.min(scale.width, x));
  const from = clamp(xOfFrame(range.from, scale));
  const to = clamp(xOfFrame(range.to + 1, scale));
  const drag = (move: (frameIndex: number) => void) => ({
    onPointerDown(event: PointerEvent<HTMLElement>) {
      event.stopPropagation();
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove(event: PointerEvent<HTMLElement>) {
      if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
      move(frameAtX(event.clientX - area.current!.getBoundingClientRect().left, scale));
    },
  });
  return (
    <div className={styles.range} data-testid="range" aria-hidden>
      <span className={styles.outside} style={{ left: 0, width: from }} />
      <span className={styles.outside} style={{ left: to, right: 0 }} />
      <span
        className={styles.handle}
        data-side="in"
        hidden={range.from < scale.firstVisible}
        style={{ left: from }}
        {...drag((frame) => engine.player.setIn(Math.min(frame, range.to)))}
      />
      <span
        className={styles.handle}
        data-side="out"
        hidden={range.to >= scale.firstVisible + scale.visibleFrames}
        style={{ left: to }}
        {...drag((frame) => engine.player.setOut(Math.max(frame, range.from)))}
      />
    </div>
  );
}
