import { useEffect, useRef } from 'react';
import type { LabelChoice as Choice } from '../engine/label-gestures';
import type { Label } from '../masks/read-labels';
import { t } from '../messages/messages';
import { Button } from '../ui/Button';
import { RowButton } from '../ui/RowButton';
import styles from './LabelChoice.module.css';

type LabelChoiceProps = {
  labels: readonly Label[];
  /** Null: none of them. */
  onChoose: (choice: Choice | null) => void;
};

/** Asks which of the objects in a picture of masks are meant. */
export function LabelChoice({ labels, onChoose }: LabelChoiceProps) {
  const question = useRef<HTMLElement>(null);
  useEffect(() => question.current?.querySelector('button')?.focus(), []);
  useEffect(() => {
    const element = question.current!;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      onChoose(null);
    };
    element.addEventListener('keydown', onKeyDown);
    return () => element.removeEventListener('keydown', onKeyDown);
  }, [onChoose]);
  return (
    <section ref={question} className={styles.choice} aria-label={t.prompts.severalLabels(labels.length)}>
      <p className={styles.question}>{t.prompts.severalLabels(labels.length)}</p>
      <RowButton onClick={() => onChoose('each')}>{t.prompts.labelsEach(labels.length)}</RowButton>
      <RowButton onClick={() => onChoose('all')}>{t.prompts.labelsAsOne}</RowButton>
      <ul className={styles.labels}>
        {labels.map(({ name, color, area }, n) => (
          <li key={name}>
            <RowButton onClick={() => onChoose(n)}>
              <span className={styles.swatch} style={{ background: `rgb(${color.join(' ')})` }} />
              <span className={styles.name}>{t.prompts.label(name)}</span>
              <span className={styles.area}>{t.prompts.pixels(area)}</span>
            </RowButton>
          </li>
        ))}
      </ul>
      <Button variant="quiet" onClick={() => onChoose(null)}>
        {t.prompts.noLabel}
      </Button>
    </section>
  );
}
