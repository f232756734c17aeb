import type { KeyboardEvent, PointerEvent } from 'react';
import { useApp, useAppState } from '../app-context';
import { t } from '../messages/messages';
import { comparedPosition } from '../state/history';
import { patch } from '../state/store';
import styles from './CompareDivider.module.css';

const step = 0.02;
const largeStep = 0.1;

/** Between what is compared: dragged by pointers, moved by keys. */
export function CompareDivider({ comparison }: { comparison: 'picture' | 'before' }) {
  const { store } = useApp();
  const at = useAppState((state) => state.view.dividerAt);
  const hasBefore = useAppState((state) => comparedPosition(state.history) !== null);
  const [left, right] = t.view.sides[comparison];
  const moveTo = (share: number) => patch(store, 'view', { dividerAt: Math.max(0, Math.min(1, share)) });
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.shiftKey ? largeStep : step;
    const target = { ArrowLeft: at - by, ArrowRight: at + by, Home: 0, End: 1 }[event.key];
    if (target === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    // Neither the playhead's nor the crosshair's here.
    event.preventDefault();
    event.stopPropagation();
    moveTo(target);
  };
  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    // No click on the frame.
    event.stopPropagation();
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent<HTMLElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    event.stopPropagation();
    const stage = event.currentTarget.parentElement!.getBoundingClientRect();
    moveTo((event.clientX - stage.left) / stage.width);
  };
  return (
    <>
      <span className={styles.side} data-side="left" style={{ right: `${(1 - at) * 100}%` }}>
        {comparison === 'before' && !hasBefore ? t.view.nothingBefore : left}
      </span>
      <span className={styles.side} data-side="right" style={{ left: `${at * 100}%` }}>
        {right}
      </span>
      {/* A separator that takes focus is a control. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <hr
        className={styles.divider}
        style={{ left: `${at * 100}%` }}
        aria-orientation="vertical"
        aria-label={t.view.divider}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(at * 100)}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={(event) => event.stopPropagation()}
      />
    </>
  );
}
