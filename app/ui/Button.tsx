import type { ComponentProps } from 'react';
import styles from './Button.module.css';

type ButtonProps = ComponentProps<'button'> & { variant?: 'primary' | 'secondary' | 'quiet' };

export function Button({ variant = 'secondary', className, ...props }: ButtonProps) {
  return <button type="button" {...props} className={[styles.button, styles[variant], className].join(' ')} />;
}
