import { Tooltip as RadixTooltip } from 'radix-ui';
import type { FocusEvent, ReactNode } from 'react';
import { Keys } from './Keys';
import styles from './Tooltip.module.css';

type TooltipProps = {
  label: string;
  keys?: readonly string[];
  side?: 'top' | 'right' | 'bottom' | 'left';
  children: ReactNode;
};

export function Tooltip({ label, keys, side = 'bottom', children }: TooltipProps) {
  return (
    <RadixTooltip.Root>
      <RadixTooltip.Trigger asChild onFocus={showForKeyboard}>
        {children}
      </RadixTooltip.Trigger>
      <RadixTooltip.Portal>
        <RadixTooltip.Content className={styles.tooltip} side={side} sideOffset={6} collisionPadding={8}>
          {label}
          {keys ? <Keys keys={keys} isInverse /> : null}
        </RadixTooltip.Content>
      </RadixTooltip.Portal>
    </RadixTooltip.Root>
  );
}

/** Focus that a menu gives or gives back after a click needs no tooltip, which would also take the next Escape. */
function showForKeyboard(event: FocusEvent<HTMLElement>): void {
  if (!event.currentTarget.matches(':focus-visible')) event.preventDefault();
}
