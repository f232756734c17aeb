import styles from './NumberField.module.css';

type NumberFieldProps = {
  label: string;
  value: number;
  min: number;
  max: number;
  step?: number;
  /** Within the limits. */
  onChange: (value: number) => void;
};

/** A number to type, with its name beside it. */
export function NumberField({ label, value, min, max, step = 1, onChange }: NumberFieldProps) {
  return (
    <label className={styles.row}>
      <span>{label}</span>
      <input
        type="number"
        className={styles.field}
        value={value}
        min={min}
        max={max}
        step={step}
        onChange={(event) => {
          const typed = event.currentTarget.valueAsNumber;
          if (Number.isFinite(typed)) onChange(Math.max(min, Math.min(max, typed)));
        }}
      />
    </label>
  );
}
