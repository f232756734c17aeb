import { ArrowLeftToLine, ArrowRightToLine, MoveHorizontal, X } from 'lucide-react';
import { useApp, useAppState, useEngine } from '../app-context';
import { t } from '../messages/messages';
import { run } from '../run-command';
import { mostChangedFrame } from '../state/masklets';
import { patch } from '../state/store';
import { timeLeftMs, type TrackingRun } from '../state/tracking';
import { Button } from '../ui/Button';
import { IconButton } from '../ui/IconButton';
import { ProgressBar } from '../ui/ProgressBar';
import { Tooltip } from '../ui/Tooltip';
import { useKeys } from '../use-keys';
import styles from './Transport.module.css';
import { TrackMenu } from './TrackMenu';
import { useTrackTargets } from './use-track-targets';

/** Starts a run; while one goes on, says how far it is. */
export function TrackControls() {
  const progress = useAppState((state) => state.tracking.run);
  return progress ? <RunProgress progress={progress} /> : <TrackButtons />;
}

function TrackButtons() {
  const keysOf = useKeys();
  const engine = useEngine();
  const targets = useTrackTargets();
  const isDisabled = targets.length === 0;
  const what = isDisabled ? t.timeline.trackNothing : t.timeline.trackWhat(targets);
  return (
    <div className={styles.track}>
      <IconButton
        label={`${t.timeline.trackBackward}: ${what}`}
        keys={keysOf('track-backward')}
        side="top"
        disabled={isDisabled}
        onClick={() => run(engine.tracking.trackUnfinished('backward'))}
      >
        <ArrowLeftToLine size={16} />
      </IconButton>
      <Tooltip label={`${t.timeline.trackBoth}: ${what}`} keys={keysOf('track-both')} side="top">
        <Button
          variant="primary"
          className={styles.trackButton}
          disabled={isDisabled}
          onClick={() => run(engine.tracking.trackUnfinished('both'))}
        >
          <MoveHorizontal size={16} aria-hidden />
          {t.timeline.track}
        </Button>
      </Tooltip>
      <IconButton
        label={`${t.timeline.trackForward}: ${what}`}
        keys={keysOf('track-forward')}
        side="top"
        disabled={isDisabled}
        onClick={() => run(engine.tracking.trackUnfinished('forward'))}
      >
        <ArrowRightToLine size={16} />
      </IconButton>
      <TrackMenu isDisabled={isDisabled} />
      <LastRun />
    </div>
  );
}

/** What the last run did, and a way to see it: where it changed most, beside what was there before. */
function LastRun() {
  const { engine, store } = useApp();
  const last = useAppState((state) => state.tracking.last);
  const isCompared = useAppState((state) => state.view.comparison === 'before');
  if (!last) return null;
  const compare = () => {
    patch(store, 'view', { comparison: isCompared ? 'off' : 'before' });
    const most = mostChangedFrame(store.getState().masklets);
    if (!isCompared && most !== null) run(engine.player.seek(most));
  };
  return (
    <span className={styles.last}>
      <output data-stopped={last.isStopped || undefined}>{t.timeline.lastRun(last)}</output>
      {last.again > 0 && last.changed > 0 ? (
        <Tooltip label={t.timeline.compareAbout} keys={[]} side="top">
          <Button variant="quiet" aria-pressed={isCompared} onClick={compare}>
            {t.timeline.compare}
          </Button>
        </Tooltip>
      ) : null}
    </span>
  );
}

function RunProgress({ progress }: { progress: TrackingRun }) {
  const keysOf = useKeys();
  const engine = useEngine();
  const { done, total, msPerFrame, isCancelling } = progress;
  const left = timeLeftMs(progress);
  return (
    <div className={styles.progress}>
      <div className={styles.bar}>
        <ProgressBar label={t.timeline.track} share={total > 0 ? done / total : null} />
        <div className={styles.numbers}>
          <span>{total > 0 ? t.timeline.progress(done, total) : t.timeline.starting}</span>
          {msPerFrame === null ? null : <span className={styles.pace}>{t.timeline.perFrame(msPerFrame)}</span>}
          {left === null ? null : <span>{t.timeline.left(left)}</span>}
        </div>
      </div>
      <Tooltip label={t.timeline.cancel} keys={keysOf('cancel')} side="top">
        <Button disabled={isCancelling} onClick={() => run(engine.tracking.cancel())}>
          <X size={14} aria-hidden />
          {isCancelling ? t.timeline.cancelling : t.timeline.cancel}
        </Button>
      </Tooltip>
    </div>
  );
}
