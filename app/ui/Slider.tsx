import type { CSSProperties } from 'react';
import styles from './Slider.module.css';

type SliderProps = {
  label: string;
  value: number;
  min?: number;
  max?: number;
  step?: number;
  /** What is written beside it. */
  text: string;
  /** To be found by. */
  property?: string;
  onChange: (value: number) => void;
};

/** A value to drag, with its name and what it is now. */
export function Slider({ label, value, min = 0, max = 1, step = 0.01, text, property, onChange }: SliderProps) {
  return (
    <label className={styles.row} data-property={property}>
      <span className={styles.label}>{label}</span>
      <input
        type="range"
        className={styles.slider}
        style={{ '--share': (value - min) / (max - min) } as CSSProperties}
        value={value}
        min={min}
        max={max}
        step={step}
        onChange={(event) => onChange(event.currentTarget.valueAsNumber)}
      />
      <output className={styles.value}>{text}</output>
    </label>
  );
}
