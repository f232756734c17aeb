import { ArrowLeft, ArrowRight, ChevronDown } from 'lucide-react';
import { useId, useState } from 'react';
import { useApp, useAppState } from '../app-context';
import { t } from '../messages/messages';
import { run } from '../run-command';
import { Button } from '../ui/Button';
import { IconButton } from '../ui/IconButton';
import { NumberField } from '../ui/NumberField';
import { Popover } from '../ui/Popover';
import { Toggle } from '../ui/Toggle';
import { useKeys } from '../use-keys';
import styles from './Transport.module.css';

/** Runs that are not the whole way, and how far a correction is carried. */
export function TrackMenu({ isDisabled }: { isDisabled: boolean }) {
  return (
    <Popover
      label={t.timeline.menu}
      align="start"
      width={300}
      trigger={
        <button type="button" className={styles.menuOpen} aria-label={t.timeline.menu}>
          <ChevronDown size={14} aria-hidden />
        </button>
      }
    >
      <Menu isDisabled={isDisabled} />
    </Popover>
  );
}

function Menu({ isDisabled }: { isDisabled: boolean }) {
  const keysOf = useKeys();
  const { engine, store } = useApp();
  const isAffectedOnly = useAppState((state) => state.settings.isAffectedOnly);
  const last = useAppState((state) => state.masklets.frameCount - 1);
  const [frames, setFrames] = useState(10);
  const [target, setTarget] = useState(() => store.getState().playback.frameIndex);
  const aboutId = useId();
  return (
    <div className={styles.menu}>
      <div>
        <Toggle
          label={t.timeline.affectedOnly}
          describedBy={aboutId}
          isOn={isAffectedOnly}
          onChange={(isOn) => engine.settings.change({ isAffectedOnly: isOn })}
        />
        <p id={aboutId} className={styles.menuAbout}>
          {t.timeline.affectedOnlyAbout}
        </p>
      </div>
      <div className={styles.menuRow}>
        <span>{t.timeline.oneFrame}</span>
        <span className={styles.menuButtons}>
          <IconButton
            label={t.timeline.oneBack}
            keys={keysOf('track-one-back')}
            disabled={isDisabled}
            onClick={() => run(engine.tracking.trackOn(-1))}
          >
            <ArrowLeft size={16} />
          </IconButton>
          <IconButton
            label={t.timeline.oneForward}
            keys={keysOf('track-one-forward')}
            disabled={isDisabled}
            onClick={() => run(engine.tracking.trackOn(1))}
          >
            <ArrowRight size={16} />
          </IconButton>
        </span>
      </div>
      <div className={styles.menuRow}>
        <NumberField
          label={t.timeline.someFrames}
          value={frames}
          min={1}
          max={Math.max(1, last)}
          onChange={setFrames}
        />
        <span className={styles.menuButtons}>
          <IconButton
            label={t.timeline.backSome}
            disabled={isDisabled}
            onClick={() => run(engine.tracking.trackOn(-frames))}
          >
            <ArrowLeft size={16} />
          </IconButton>
          <IconButton
            label={t.timeline.forwardSome}
            disabled={isDisabled}
            onClick={() => run(engine.tracking.trackOn(frames))}
          >
            <ArrowRight size={16} />
          </IconButton>
        </span>
      </div>
      <div className={styles.menuRow}>
        <NumberField label={t.timeline.toFrame} value={target} min={0} max={last} onChange={setTarget} />
        <Button disabled={isDisabled} onClick={() => run(engine.tracking.trackTo(target))}>
          {t.timeline.toFrameGo}
        </Button>
      </div>
    </div>
  );
}
