import { ChevronDown } from 'lucide-react';
import { useApp, useAppState } from '../app-context';
import { t } from '../messages/messages';
import { patch } from '../state/store';
import { Button } from '../ui/Button';
import { Popover } from '../ui/Popover';
import { Toggle } from '../ui/Toggle';
import styles from './Transport.module.css';

const speeds = [0.25, 0.5, 1, 2, 4];

/** How the video plays: speed, loop, and the part between in and out. */
export function PlayMenu() {
  const { engine, store } = useApp();
  const speed = useAppState(({ playback }) => playback.speed);
  const isLooping = useAppState(({ playback }) => playback.isLooping);
  const isMuted = useAppState(({ playback }) => playback.isMuted);
  const range = useAppState(({ playback }) => playback.range);
  return (
    <Popover
      label={t.timeline.playMenu}
      align="start"
      width={300}
      trigger={
        <button type="button" className={styles.menuOpen} aria-label={t.timeline.playMenu}>
          {speed === 1 ? (
            <ChevronDown size={14} aria-hidden />
          ) : (
            <span className={styles.speed}>{t.timeline.speed(speed)}</span>
          )}
        </button>
      }
    >
      <div className={styles.menu}>
        <fieldset className={styles.speeds} aria-label={t.timeline.speeds}>
          {speeds.map((one) => (
            <Button
              key={one}
              aria-pressed={one === speed}
              variant={one === speed ? 'primary' : 'secondary'}
              onClick={() => engine.player.setSpeed(one)}
            >
              {t.timeline.speed(one)}
            </Button>
          ))}
        </fieldset>
        <Toggle
          label={t.timeline.loop}
          isOn={isLooping}
          onChange={(isOn) => patch(store, 'playback', { isLooping: isOn })}
        />
        <Toggle
          label={t.timeline.sound}
          isOn={!isMuted}
          onChange={(isOn) => patch(store, 'playback', { isMuted: !isOn })}
        />
        <div className={styles.menuRow}>
          <Button onClick={() => engine.player.setIn()}>{t.timeline.setIn}</Button>
          <Button onClick={() => engine.player.setOut()}>{t.timeline.setOut}</Button>
          <Button disabled={!range} onClick={() => engine.player.clearRange()}>
            {t.timeline.clearRange}
          </Button>
        </div>
        <p className={styles.menuAbout}>{range ? t.timeline.range(range.from, range.to) : t.timeline.noRange}</p>
      </div>
    </Popover>
  );
}
