import { useEffect, useRef } from 'react';
import { useApp } from '../app-context';
import { t } from '../messages/messages';
import { run } from '../run-command';
import { watch } from '../state/store';
import styles from './Transport.module.css';

/** The playhead's frame as a number to type. Written past React, which need not run for every frame played. */
export function FrameField({ last }: { last: number }) {
  const { engine, store } = useApp();
  const ref = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const write = (frameIndex: number) => {
      if (document.activeElement !== ref.current) ref.current!.value = String(frameIndex);
    };
    write(store.getState().playback.frameIndex);
    return watch(store, (state) => state.playback.frameIndex, write);
  }, [store]);
  const go = () => {
    const frameIndex = Math.round(ref.current!.valueAsNumber);
    if (Number.isFinite(frameIndex)) run(engine.player.seek(Math.max(0, Math.min(last, frameIndex))));
  };
  return (
    <input
      ref={ref}
      type="number"
      className={styles.frameField}
      aria-label={t.timeline.frameField}
      title={t.timeline.frameField}
      data-frame-field
      min={0}
      max={last}
      defaultValue={0}
      onKeyDown={(event) => {
        if (event.key === 'Enter') {
          go();
          event.currentTarget.blur();
        }
        if (event.key === 'Escape') event.currentTarget.blur();
      }}
      onBlur={(event) => {
        event.currentTarget.value = String(store.getState().playback.frameIndex);
      }}
    />
  );
}
