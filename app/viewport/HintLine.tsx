import { X } from 'lucide-react';
import { useState } from 'react';
import { useAppState } from '../app-context';
import { t } from '../messages/messages';
import { useMediaQuery } from '../ui/use-media-query';
import { nextHint, type Hint } from './hint';
import styles from './HintLine.module.css';

const storageKey = 'masklet.hidden-hints';

/** One line under the frame. A hint that was closed does not come back. */
export function HintLine({ isNegativeFirst }: { isNegativeFirst: boolean }) {
  const hint = useAppState(nextHint);
  const isTouch = useMediaQuery('(pointer: coarse)');
  const [hidden, setHidden] = useState(readHidden);
  const shown = hint !== null && !hidden.includes(hint) ? hint : null;
  if (isNegativeFirst && hint !== 'nothing-to-erase')
    return <output className={styles.hint}>{t.hints.negativeFirst}</output>;
  return (
    <div className={styles.hint}>
      <output className={styles.text}>{shown ? hintText(shown, isTouch) : null}</output>
      {shown ? (
        <button
          type="button"
          className={styles.close}
          aria-label={t.hints.hide}
          onClick={() => {
            const next = [...hidden, shown];
            setHidden(next);
            localStorage.setItem(storageKey, JSON.stringify(next));
          }}
        >
          <X size={12} aria-hidden />
        </button>
      ) : null}
    </div>
  );
}

function hintText(hint: Hint, isTouch: boolean): string {
  const texts: Record<Hint, string> = {
    'first-click': isTouch ? t.hints.firstTap : t.hints.firstClick,
    'model-loading': t.hints.modelLoading,
    refine: isTouch ? t.hints.refineByTouch : t.hints.refine,
    stale: t.hints.stale,
    'passed-over': t.hints.passedOver,
    correct: t.hints.correct,
    'new-object': t.hints.newObject,
    select: t.hints.select,
    'first-box': t.hints.firstBox,
    'refine-box': isTouch ? t.hints.refineBoxByTouch : t.hints.refineBox,
    brush: isTouch ? t.hints.brushByTouch : t.hints.brush,
    eraser: isTouch ? t.hints.eraserByTouch : t.hints.eraser,
    'nothing-to-erase': t.hints.nothingToErase,
    lasso: isTouch ? t.hints.lassoByTouch : t.hints.lasso,
  };
  return texts[hint];
}

function readHidden(): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(storageKey) ?? '[]');
    return Array.isArray(stored) ? stored.filter((item) => typeof item === 'string') : [];
  } catch {
    return [];
  }
}
