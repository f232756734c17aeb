import { useAppState } from '../app-context';
import { findObject } from '../state/objects';
import { objectColor } from '../state/palette';
import styles from './PointerLayer.module.css';

/** Beside the pointer: what lies under it, and how large the brush is. Placed by the stage's own variables. */
export function PointerLayer({ scale }: { scale: number }) {
  const hovered = useAppState((state) => findObject(state.objects, state.view.hoveredObject));
  const brush = useAppState(({ view }) => (view.tool === 'brush' || view.tool === 'eraser' ? view.brushSize : null));
  return (
    <div className={styles.layer} aria-hidden>
      {brush === null ? null : (
        <span className={styles.brush} style={{ width: brush * scale, height: brush * scale }} />
      )}
      {hovered ? (
        <span className={styles.name}>
          <span className={styles.chip} style={{ background: objectColor(hovered.colorIndex) }} />
          {hovered.name}
        </span>
      ) : null}
    </div>
  );
}
