import { useMemo } from 'react';
import { formatNumber } from '../messages/format';
import { centreOfFrame, rulerTicks, type TimelineScale } from './timeline-scale';
import styles from './Timeline.module.css';

/** Frame numbers. */
export function Ruler({ scale }: { scale: TimelineScale }) {
  const { labelled, minor } = useMemo(() => rulerTicks(scale), [scale]);
  const x = (frameIndex: number) => centreOfFrame(frameIndex, scale).toFixed(1);
  return (
    <svg className={styles.ruler} width={scale.width} height={20} aria-hidden>
      <path className={styles.minor} d={minor.map((frame) => `M${x(frame)} 15V20`).join('')} />
      <path className={styles.major} d={labelled.map((frame) => `M${x(frame)} 11V20`).join('')} />
      {labelled.map((frame) => (
        // Beside its line; the last one would leave the strip.
        <text
          key={frame}
          x={x(frame)}
          y={11}
          dx={frame === 0 ? 9 : 4}
          visibility={isCutOff(frame, scale) ? 'hidden' : undefined}
        >
          {formatNumber(frame)}
        </text>
      ))}
    </svg>
  );
}

function isCutOff(frameIndex: number, scale: TimelineScale): boolean {
  return centreOfFrame(frameIndex, scale) + 8 + 7 * String(frameIndex).length > scale.width;
}
