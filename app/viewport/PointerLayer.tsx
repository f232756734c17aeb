import { useAppState } from '../app-context';
import { findObject } from '../state/objects';
import { objectColor } from '../state/palette';
import { BrushRings } from './BrushRings';
import styles from './PointerLayer.module.css';

/** Beside the pointer: what lies under it, and how large the brush is. Placed by the stage's own variables. */
export function PointerLayer({ scale }: { scale: number }) {
  const hovered = useAppState((state) => findObject(state.objects, state.view.hoveredObject));
  const hasBrush = useAppState(({ view }) => view.tool === 'brush' || view.tool === 'eraser');
  return (
    <div className={styles.layer} aria-hidden>
      {hasBrush ? (
        <svg className={styles.brush}>
          <BrushRings scale={scale} />
        </svg>
      ) : null}
      {hovered ? (
        <span className={styles.name}>
          <span className={styles.chip} style={{ background: objectColor(hovered.colorIndex) }} />
          {hovered.name}
        </span>
      ) : null}
    </div>
  );
}
