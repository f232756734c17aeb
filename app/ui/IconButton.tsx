import type { ComponentProps } from 'react';
import styles from './IconButton.module.css';
import { Tooltip } from './Tooltip';

type IconButtonProps = ComponentProps<'button'> & {
  label: string;
  /** Shown in the tooltip. */
  keys?: readonly string[];
  /** For a button that stays down. */
  isPressed?: boolean;
  size?: 'small' | 'normal' | 'large';
  side?: 'top' | 'right' | 'bottom' | 'left';
};

/** A button that is only an icon: its label is the accessible name and the tooltip. */
export function IconButton({
  label,
  keys,
  isPressed,
  size = 'normal',
  side = 'bottom',
  className,
  ...props
}: IconButtonProps) {
  return (
    <Tooltip label={label} side={side} {...(keys ? { keys } : {})}>
      <button
        type="button"
        aria-label={label}
        aria-pressed={isPressed}
        {...props}
        className={[styles.button, styles[size], className].join(' ')}
      />
    </Tooltip>
  );
}
