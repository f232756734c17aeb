import { useAppState } from '../app-context';
import styles from './Timeline.module.css';
import { centreOfFrame, visibleRange, xOfFrame, type TimelineScale } from './timeline-scale';
import { useReviewStops } from './use-review-stops';

/** On the ruler: where a look is worth it, and where scenes begin. */
export function ReviewMarks({ scale }: { scale: TimelineScale }) {
  const stops = useReviewStops();
  const cuts = useAppState((state) => state.review.sceneCuts);
  const [from, to] = visibleRange(scale);
  // Left of the first frame in view are the names of the lanes.
  const isInView = (frameIndex: number) => frameIndex >= from && frameIndex < to;
  const frames = [...new Set(stops.map(({ frameIndex }) => frameIndex))].filter(isInView);
  return (
    <svg className={styles.marks} width={scale.width} height={20} aria-hidden>
      <path
        className={styles.cuts}
        d={cuts
          .filter(isInView)
          .map((frame) => `M${xOfFrame(frame, scale).toFixed(1)} 0V20`)
          .join('')}
      />
      <path
        className={styles.stops}
        d={frames.map((frame) => `M${(centreOfFrame(frame, scale) - 4).toFixed(1)} 13h8l-4 6z`).join('')}
      />
    </svg>
  );
}
