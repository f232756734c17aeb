import { X } from 'lucide-react';
import { useApp } from '../app-context';
import { t } from '../messages/messages';
import { run } from '../run-command';
import { patch } from '../state/store';
import { Button } from '../ui/Button';
import { IconButton } from '../ui/IconButton';
import styles from './ClickAnswer.module.css';
import type { ScreenPoint, Size } from './transform';

type ClickAnswerProps = {
  outcome: 'nothing-there' | 'kept-there';
  at: ScreenPoint;
  stage: Size;
  onClose: () => void;
};

/** Beside a click that did nothing: why, and a way on. */
export function ClickAnswer({ outcome, at, stage, onClose }: ClickAnswerProps) {
  const { engine, store } = useApp();
  const act = (command: () => void) => () => {
    onClose();
    command();
  };
  const isLow = at.y > stage.height / 2;
  return (
    <output
      className={styles.answer}
      style={{
        left: Math.max(8, Math.min(stage.width - 288, at.x - 140)),
        [isLow ? 'bottom' : 'top']: (isLow ? stage.height - at.y : at.y) + 18,
      }}
      // No click on the frame.
      onPointerDown={(event) => event.stopPropagation()}
      onPointerUp={(event) => event.stopPropagation()}
    >
      <div className={styles.words}>
        <p>{outcome === 'kept-there' ? t.hints.keptThere : t.hints.nothingThere}</p>
        <IconButton size="small" label={t.dismiss} className={styles.close} onClick={onClose}>
          <X size={14} />
        </IconButton>
      </div>
      <div className={styles.buttons}>
        {outcome === 'kept-there' ? (
          <Button onClick={act(() => patch(store, 'view', { tool: 'eraser' }))}>{t.hints.eraseInstead}</Button>
        ) : null}
        <Button onClick={act(() => run(engine.history.undo()))}>{t.hints.undo}</Button>
      </div>
    </output>
  );
}
