import type { ReactNode } from 'react';
import styles from './RowButton.module.css';

type RowButtonProps = {
  current?: 'step' | 'true' | undefined;
  isFaint?: boolean;
  onClick: () => void;
  children: ReactNode;
};

/** One line of a list to choose from. */
export function RowButton({ current, isFaint = false, onClick, children }: RowButtonProps) {
  return (
    <button
      type="button"
      className={styles.row}
      aria-current={current}
      data-faint={isFaint || undefined}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
