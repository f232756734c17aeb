import { Switch } from 'radix-ui';
import styles from './Toggle.module.css';

type ToggleProps = { label: string; describedBy?: string; isOn: boolean; onChange: (isOn: boolean) => void };

/** A switch with its name. */
export function Toggle({ label, describedBy, isOn, onChange }: ToggleProps) {
  return (
    <label className={styles.row}>
      <span>{label}</span>
      <Switch.Root className={styles.switch} checked={isOn} aria-describedby={describedBy} onCheckedChange={onChange}>
        <Switch.Thumb className={styles.thumb} />
      </Switch.Root>
    </label>
  );
}
