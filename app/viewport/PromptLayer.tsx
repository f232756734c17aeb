import { useAppState } from '../app-context';
import { promptKey } from '../state/answers';
import { findObject } from '../state/objects';
import { objectColor } from '../state/palette';
import type { BoxPrompt } from '../../workers/protocol/prompt';
import { toScreen, type NormPoint, type Size, type Transform } from './transform';
import { BrushRings } from './BrushRings';
import type { Draft } from './use-stage-gestures';
import styles from './PromptLayer.module.css';

type PromptLayerProps = {
  video: Size;
  transform: Transform;
  draft: Draft | null;
  cursor: NormPoint | null;
};

/** Prompts of the selected object on the frame shown. */
export function PromptLayer({ video, transform, draft, cursor }: PromptLayerProps) {
  const object = useAppState((state) => state.view.selectedObject);
  const frameIndex = useAppState((state) => state.playback.shownFrame);
  const prompts = useAppState((state) => (object === null ? undefined : state.prompts.byObject[object]?.[frameIndex]));
  const isPending = useAppState((state) => object !== null && state.answers.pending.has(promptKey(object, frameIndex)));
  const selectedPoint = useAppState((state) => state.view.selectedPoint);
  const brushSize = useAppState((state) => state.view.brushSize);
  const hardness = useAppState((state) => state.view.brushHardness);
  const hasBrush = useAppState(({ view }) => view.tool === 'brush' || view.tool === 'eraser');
  const color = useAppState((state) => objectColor(findObject(state.objects, object)?.colorIndex ?? 0));
  const box = draft?.kind === 'box' ? draft.box : (prompts?.box ?? null);
  const isDraftBox = draft?.kind === 'box';
  const points = (prompts?.points ?? []).map((point, n) =>
    draft?.kind === 'point' && draft.index === n ? { ...point, ...draft.at } : point,
  );
  const at = (point: NormPoint) => {
    const { x, y } = toScreen(point, video, transform);
    return `translate(${x} ${y})`;
  };
  return (
    <svg className={styles.layer} aria-hidden>
      {box ? <BoxMark box={box} video={video} transform={transform} isPending={isPending && !isDraftBox} /> : null}
      {draft?.kind === 'stroke'
        ? // The rim is fainter: the picture decides about it.
          (hardness < 1 ? [0.3, 0.5] : [0.5]).map((opacity, n) => (
            <polyline
              key={opacity}
              points={linePoints(draft.line, video, transform)}
              className={styles.stroke}
              style={{
                stroke: draft.isAdding ? color : 'black',
                strokeWidth: Math.max(1, brushSize * transform.scale * (n === 0 ? 1 : hardness)),
                opacity,
              }}
            />
          ))
        : null}
      {draft?.kind === 'lasso' ? (
        <>
          <polygon
            points={linePoints(draft.line, video, transform)}
            className={styles.lasso}
            style={{ fill: draft.isAdding ? color : 'black' }}
          />
          <circle cx={0} cy={0} r={4} transform={at(draft.line[0]!)} className={styles.corner} />
        </>
      ) : null}
      {points.map((point, n) => (
        <g key={n} transform={at(point)}>
          {isPending && n === points.length - 1 ? <circle r="12" className={styles.ring} /> : null}
          {n === selectedPoint ? <circle r="10.5" className={styles.chosen} /> : null}
          <circle r="6.5" className={styles.point} data-label={point.label} />
          <path d={point.label === 1 ? 'M-3 0H3M0 -3V3' : 'M-3 0H3'} className={styles.sign} />
        </g>
      ))}
      {cursor ? (
        <g transform={at(cursor)} className={styles.cursor}>
          {hasBrush ? <BrushRings scale={transform.scale} /> : null}
          <path d="M-16 0H-5M5 0H16M0 -16V-5M0 5V16" className={styles.cursorShade} />
          <path d="M-16 0H-5M5 0H16M0 -16V-5M0 5V16" />
        </g>
      ) : null}
    </svg>
  );
}

/** A dot is a line that has no length, and would not be drawn. */
function linePoints(line: readonly NormPoint[], video: Size, transform: Transform): string {
  const points = line.map((point) => toScreen(point, video, transform));
  const drawn = points.length === 1 ? [points[0]!, { x: points[0]!.x + 0.01, y: points[0]!.y }] : points;
  return drawn.map(({ x, y }) => `${x.toFixed(2)},${y.toFixed(2)}`).join(' ');
}

function BoxMark(props: { box: BoxPrompt; video: Size; transform: Transform; isPending: boolean }) {
  const { box, video, transform, isPending } = props;
  const from = toScreen({ xNorm: box.x0Norm, yNorm: box.y0Norm }, video, transform);
  const to = toScreen({ xNorm: box.x1Norm, yNorm: box.y1Norm }, video, transform);
  const rect = { x: from.x, y: from.y, width: to.x - from.x, height: to.y - from.y, rx: 2 };
  return (
    <>
      <rect {...rect} className={styles.boxShade} />
      <rect {...rect} className={styles.box} data-pending={isPending || undefined} />
    </>
  );
}
