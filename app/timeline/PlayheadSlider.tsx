import { useEffect, useRef, type ReactNode } from 'react';
import type { VideoInfo } from '../../workers/protocol/video';
import { useApp } from '../app-context';
import { formatTimecode } from '../messages/format';
import { t } from '../messages/messages';
import { run } from '../run-command';
import { watch } from '../state/store';
import styles from './Timeline.module.css';
import type { useScrub } from './use-scrub';

type PlayheadSliderProps = { video: VideoInfo; scrub: ReturnType<typeof useScrub>; children: ReactNode };

/** The part of the timeline that is the playhead's slider: pointers drag what is seen, the rest is a range input. */
export function PlayheadSlider({ video, scrub, children }: PlayheadSliderProps) {
  const { engine, store } = useApp();
  const ref = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const tell = (frameIndex: number) => {
      const time = formatTimecode(video.timestampsUs[frameIndex] ?? 0);
      ref.current!.value = String(frameIndex);
      ref.current!.setAttribute('aria-valuetext', t.timeline.playheadValue(frameIndex, time));
    };
    tell(store.getState().playback.frameIndex);
    return watch(store, (state) => state.playback.frameIndex, tell);
  }, [store, video]);
  return (
    <div className={styles.slider} data-testid="scrubber" {...scrub}>
      <input
        ref={ref}
        type="range"
        className={styles.input}
        data-playhead
        aria-label={t.timeline.playhead}
        min={0}
        max={video.frameCount - 1}
        defaultValue={0}
        onChange={(event) => run(engine.player.seek(Number(event.currentTarget.value)))}
      />
      {children}
    </div>
  );
}
