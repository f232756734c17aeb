import type { Transform, VisiblePart } from './transform';
import styles from './Viewport.module.css';

/** CSS pixels per video pixel from which a grid helps. */
const gridFrom = 10;

/** Lines between the video's pixels, when they are seen one by one. */
export function PixelGrid({ part, transform }: { part: VisiblePart; transform: Transform }) {
  const { scale } = transform;
  if (scale < gridFrom) return null;
  const { rect, source } = part;
  return (
    <div
      className={styles.grid}
      data-testid="pixel-grid"
      style={{
        ...rect,
        backgroundSize: `${scale}px ${scale}px`,
        backgroundPosition: `${-(source.x % 1) * scale}px ${-(source.y % 1) * scale}px`,
      }}
    />
  );
}
