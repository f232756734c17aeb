import { Progress } from 'radix-ui';
import styles from './ProgressBar.module.css';

/** @param props.share 0 to 1; null while it cannot be told */
export function ProgressBar({ label, share }: { label: string; share: number | null }) {
  return (
    <Progress.Root
      className={styles.track}
      value={share === null ? null : Math.round(share * 100)}
      aria-label={label}
      data-waiting={share === null || undefined}
    >
      <Progress.Indicator className={styles.fill} style={{ transform: `scaleX(${share ?? 0.3})` }} />
    </Progress.Root>
  );
}
