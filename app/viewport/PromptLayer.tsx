import { useAppState } from '../app-context';
import { promptKey } from '../state/answers';
import type { BoxPrompt } from '../../workers/protocol/prompt';
import { toScreen, type NormPoint, type Size, type Transform } from './transform';
import styles from './PromptLayer.module.css';

type PromptLayerProps = {
  video: Size;
  transform: Transform;
  /** The box being dragged. */
  draft: BoxPrompt | null;
  cursor: NormPoint | null;
};

/** Prompts of the selected object on the frame shown. */
export function PromptLayer({ video, transform, draft, cursor }: PromptLayerProps) {
  const object = useAppState((state) => state.view.selectedObject);
  const frameIndex = useAppState((state) => state.playback.shownFrame);
  const prompts = useAppState((state) => (object === null ? undefined : state.prompts.byObject[object]?.[frameIndex]));
  const isPending = useAppState((state) => object !== null && state.answers.pending.has(promptKey(object, frameIndex)));
  const box = draft ?? prompts?.box ?? null;
  const points = prompts?.points ?? [];
  const at = (point: NormPoint) => {
    const { x, y } = toScreen(point, video, transform);
    return `translate(${x} ${y})`;
  };
  return (
    <svg className={styles.layer} aria-hidden>
      {box ? <BoxMark box={box} video={video} transform={transform} isPending={isPending && !draft} /> : null}
      {points.map((point, n) => (
        <g key={n} transform={at(point)}>
          {isPending && n === points.length - 1 ? <circle r="12" className={styles.ring} /> : null}
          <circle r="6.5" className={styles.point} data-label={point.label} />
          <path d={point.label === 1 ? 'M-3 0H3M0 -3V3' : 'M-3 0H3'} className={styles.sign} />
        </g>
      ))}
      {cursor ? (
        <g transform={at(cursor)} className={styles.cursor}>
          <path d="M-16 0H-5M5 0H16M0 -16V-5M0 5V16" className={styles.cursorShade} />
          <path d="M-16 0H-5M5 0H16M0 -16V-5M0 5V16" />
        </g>
      ) : null}
    </svg>
  );
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
