import { useAppState } from '../app-context';
import styles from './BrushRings.module.css';

/** How far the brush reaches and, dashed, how far its core: around the origin, for an SVG. */
export function BrushRings({ scale }: { scale: number }) {
  const radius = useAppState(({ view }) => (view.brushSize / 2) * scale);
  const hardness = useAppState(({ view }) => view.brushHardness);
  const core = radius * hardness;
  return (
    <g className={styles.rings} data-testid="brush">
      <circle r={radius} className={styles.shade} />
      <circle r={radius} className={styles.reach} />
      {hardness < 1 && core > 1.5 ? <circle r={core} className={styles.core} /> : null}
    </g>
  );
}
