import { ChevronDown, Redo2, Undo2 } from 'lucide-react';
import { useAppState, useEngine } from '../app-context';
import { t } from '../messages/messages';
import { run } from '../run-command';
import type { HistoryStep } from '../state/history';
import { IconButton } from '../ui/IconButton';
import { Popover } from '../ui/Popover';
import { RowButton } from '../ui/RowButton';
import { useKeys } from '../use-keys';
import styles from './HistoryControls.module.css';

/** Undo, redo, and the list of steps to go to. */
export function HistoryControls() {
  const keysOf = useKeys();
  const engine = useEngine();
  const { steps, position } = useAppState((state) => state.history);
  const last = steps[position - 1];
  const next = steps[position];
  return (
    <div className={styles.history}>
      <IconButton
        label={last ? t.history.undoWhat(describe(last)) : t.history.undo}
        keys={keysOf('undo')}
        disabled={!last}
        onClick={() => run(engine.history.undo())}
      >
        <Undo2 size={16} />
      </IconButton>
      <IconButton
        label={next ? t.history.redoWhat(describe(next)) : t.history.redo}
        keys={keysOf('redo')}
        disabled={!next}
        onClick={() => run(engine.history.redo())}
      >
        <Redo2 size={16} />
      </IconButton>
      <Popover
        label={t.history.title}
        align="start"
        width={260}
        trigger={
          <button type="button" className={styles.open} aria-label={t.history.title} disabled={steps.length === 0}>
            <ChevronDown size={14} aria-hidden />
          </button>
        }
      >
        <h2 className={styles.title}>{t.history.title}</h2>
        <ol className={styles.list}>
          <HistoryRow text={t.history.start} detail="" position={0} now={position} />
          {steps.map((step, n) => (
            <HistoryRow
              key={step.id}
              text={describe(step)}
              detail={step.frameIndex === null ? '' : t.history.frame(step.frameIndex)}
              position={n + 1}
              now={position}
            />
          ))}
        </ol>
      </Popover>
    </div>
  );
}

type HistoryRowProps = { text: string; detail: string; position: number; now: number };

function HistoryRow({ text, detail, position, now }: HistoryRowProps) {
  const engine = useEngine();
  return (
    <li>
      <RowButton
        current={position === now ? 'step' : undefined}
        isFaint={position > now}
        onClick={() => run(engine.history.goTo(position))}
      >
        <span className={styles.text}>{text}</span>
        <span className={styles.detail}>{detail}</span>
      </RowButton>
    </li>
  );
}

function describe({ action, object }: HistoryStep): string {
  return t.history.step(t.history.actions[action], object);
}
