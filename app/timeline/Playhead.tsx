import { useEffect, useRef } from 'react';
import { useApp } from '../app-context';
import { watch } from '../state/store';
import { centreOfFrame, type TimelineScale } from './timeline-scale';
import styles from './Timeline.module.css';

/** Moved past React, which need not run for every frame played. */
export function Playhead({ scale }: { scale: TimelineScale }) {
  const { store } = useApp();
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const move = (frameIndex: number) => {
      const x = centreOfFrame(frameIndex, scale);
      ref.current!.style.transform = `translateX(${x}px)`;
      ref.current!.style.visibility = x < -1 || x > scale.width + 1 ? 'hidden' : '';
    };
    move(store.getState().playback.frameIndex);
    return watch(store, (state) => state.playback.frameIndex, move);
  }, [store, scale]);
  return <div ref={ref} className={styles.playhead} aria-hidden />;
}
