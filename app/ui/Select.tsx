import { ChevronsUpDown } from 'lucide-react';
import styles from './Select.module.css';

type SelectProps<T extends string> = {
  label: string;
  groups: readonly { label: string; options: readonly { value: T; label: string }[] }[];
  value: T;
  onChange: (value: T) => void;
};

/** One of many, in groups: the system's own list, with its keys and its look on a phone. */
export function Select<T extends string>({ label, groups, value, onChange }: SelectProps<T>) {
  return (
    <label className={styles.select}>
      <span className={styles.label}>{label}</span>
      <span className={styles.field}>
        <select
          className={styles.input}
          value={value}
          onChange={({ target }) => {
            const options = groups.flatMap((group) => group.options);
            onChange(options.find((option) => option.value === target.value)!.value);
          }}
        >
          {groups.map((group) => (
            <optgroup key={group.label} label={group.label}>
              {group.options.map((option) => (
                <option key={option.value} value={option.value}>
                  {option.label}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
        <ChevronsUpDown size={14} className={styles.sign} aria-hidden />
      </span>
    </label>
  );
}
