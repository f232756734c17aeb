import styles from './Keys.module.css';

/** Keys to press together. */
export function Keys({ keys, isInverse = false }: { keys: readonly string[]; isInverse?: boolean }) {
  return (
    <span className={styles.keys} data-inverse={isInverse || undefined}>
      {keys.map((key) => (
        <kbd key={key}>{key}</kbd>
      ))}
    </span>
  );
}
