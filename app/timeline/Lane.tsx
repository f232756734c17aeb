import { useAppState, useEngine } from '../app-context';
import { t } from '../messages/messages';
import type { ObjectEntry } from '../state/objects';
import { objectColor } from '../state/palette';
import { useScrollIntoView } from '../ui/use-scroll-into-view';
import { LaneCanvas } from './LaneCanvas';
import styles from './Timeline.module.css';
import type { TimelineScale } from './timeline-scale';
import type { useScrub } from './use-scrub';

type LaneProps = {
  entry: ObjectEntry;
  isSelected: boolean;
  scale: TimelineScale;
  scrub: ReturnType<typeof useScrub>;
};

/** One object over time. */
export function Lane({ entry, isSelected, scale, scrub }: LaneProps) {
  const ref = useScrollIntoView<HTMLDivElement>(isSelected);
  return (
    <div ref={ref} className={styles.lane} data-selected={isSelected || undefined}>
      <LaneName entry={entry} frameCount={scale.frameCount} />
      <div className={styles.laneArea} style={{ width: scale.width }} {...scrub}>
        {scale.width > 0 ? <LaneCanvas entry={entry} scale={scale} /> : null}
      </div>
    </div>
  );
}

function LaneName({ entry, frameCount }: { entry: ObjectEntry; frameCount: number }) {
  const engine = useEngine();
  const marked = useAppState((state) => state.masklets.byObject[entry.id]?.markedFrames ?? 0);
  return (
    <button
      type="button"
      className={styles.laneName}
      aria-label={t.timeline.lane(entry.name, marked, frameCount)}
      onClick={() => engine.objects.select(entry.id)}
    >
      <span className={styles.chip} style={{ background: objectColor(entry.colorIndex) }} aria-hidden />
      <span className={styles.name}>{entry.name}</span>
    </button>
  );
}
