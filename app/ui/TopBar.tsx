import type { ReactNode } from 'react';
import { Logo } from './Logo';
import styles from './TopBar.module.css';

type TopBarProps = { product: string; start: ReactNode; end: ReactNode };

export function TopBar({ product, start, end }: TopBarProps) {
  return (
    <header className={styles.bar}>
      <div className={styles.brand}>
        <Logo size={22} />
        <h1 className={styles.product}>{product}</h1>
      </div>
      <div className={styles.start}>{start}</div>
      <div className={styles.end}>{end}</div>
    </header>
  );
}
