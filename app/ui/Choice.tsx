import { useId } from 'react';
import styles from './Choice.module.css';

type ChoiceProps<T extends string> = {
  label: string;
  /** `lang` where an option is written in another language than the page. */
  options: readonly { value: T; label: string; lang?: string }[];
  value: T;
  columns?: number;
  onChange: (value: T) => void;
};

/** One of a few, all in sight. */
export function Choice<T extends string>({ label, options, value, columns = 2, onChange }: ChoiceProps<T>) {
  const name = useId();
  return (
    <fieldset className={styles.choice} style={{ gridTemplateColumns: `repeat(${columns}, 1fr)` }} aria-label={label}>
      {options.map((option) => (
        <label key={option.value} className={styles.option} lang={option.lang}>
          <input
            type="radio"
            name={name}
            className={styles.input}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          {option.label}
        </label>
      ))}
    </fieldset>
  );
}
