import { useEffect, useRef } from 'react';
import type { VideoInfo } from '../../workers/protocol/video';
import { useApp } from '../app-context';
import { formatTimecode } from '../messages/format';
import { t } from '../messages/messages';
import { watch } from '../state/store';
import styles from './Readout.module.css';

/** Frame number and time at the playhead. Written past React, which need not run for every frame played. */
export function Readout({ video }: { video: VideoInfo }) {
  const { store } = useApp();
  const frameRef = useRef<HTMLSpanElement>(null);
  const timeRef = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const write = (frameIndex: number) => {
      frameRef.current!.textContent = t.viewport.frame(frameIndex, video.frameCount - 1);
      timeRef.current!.textContent = formatTimecode(video.timestampsUs[frameIndex] ?? 0);
    };
    write(store.getState().playback.frameIndex);
    return watch(store, (state) => state.playback.frameIndex, write);
  }, [store, video]);
  return (
    <span className={styles.readout} title={t.viewport.readoutTitle}>
      <span ref={frameRef} className={styles.frame} />
      <span ref={timeRef} className={styles.time} />
    </span>
  );
}
