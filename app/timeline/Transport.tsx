import { ChevronFirst, ChevronLast, Pause, Play, StepBack, StepForward } from 'lucide-react';
import type { ReactNode } from 'react';
import { useApp, useAppState } from '../app-context';
import { t } from '../messages/messages';
import { run } from '../run-command';
import { IconButton } from '../ui/IconButton';
import { FrameField } from './FrameField';
import { PlayMenu } from './PlayMenu';
import { ReviewControls } from './ReviewControls';
import { TrackControls } from './TrackControls';
import { useKeys } from '../use-keys';
import styles from './Transport.module.css';

/** Playing on the left, tracking beside it. */
export function Transport({ frameCount, children }: { frameCount: number; children: ReactNode }) {
  const keysOf = useKeys();
  const { engine } = useApp();
  const isPlaying = useAppState((state) => state.playback.isPlaying);
  return (
    <div className={styles.transport}>
      <div className={styles.play}>
        <IconButton
          label={t.timeline.first}
          keys={keysOf('first-frame')}
          side="top"
          className={styles.end}
          onClick={() => run(engine.player.seek(0))}
        >
          <ChevronFirst size={18} />
        </IconButton>
        <IconButton
          label={t.timeline.previous}
          keys={keysOf('frame-back')}
          side="top"
          onClick={() => run(engine.player.step(-1))}
        >
          <StepBack size={16} />
        </IconButton>
        <IconButton
          size="large"
          label={isPlaying ? t.timeline.pause : t.timeline.play}
          keys={keysOf('play-pause')}
          side="top"
          className={styles.main}
          onClick={() => engine.player.toggle()}
        >
          {isPlaying ? <Pause size={18} fill="currentColor" /> : <Play size={18} fill="currentColor" />}
        </IconButton>
        <IconButton
          label={t.timeline.next}
          keys={keysOf('frame-forward')}
          side="top"
          onClick={() => run(engine.player.step(1))}
        >
          <StepForward size={16} />
        </IconButton>
        <IconButton
          label={t.timeline.last}
          keys={keysOf('last-frame')}
          side="top"
          className={styles.end}
          onClick={() => run(engine.player.seek(frameCount - 1))}
        >
          <ChevronLast size={18} />
        </IconButton>
        <FrameField last={frameCount - 1} />
        <PlayMenu />
      </div>
      <TrackControls />
      <ReviewControls />
      {children}
    </div>
  );
}
