import { Popover as RadixPopover } from 'radix-ui';
import type { ReactNode } from 'react';
import styles from './Popover.module.css';

type PopoverProps = {
  trigger: ReactNode;
  label: string;
  align?: 'start' | 'center' | 'end';
  width?: number;
  /** For who opens or closes it otherwise than by its trigger. */
  state?: { open: boolean; onOpenChange: (isOpen: boolean) => void };
  children: ReactNode;
};

export function Popover({ trigger, label, align = 'end', width = 320, state, children }: PopoverProps) {
  return (
    <RadixPopover.Root {...state}>
      <RadixPopover.Trigger asChild>{trigger}</RadixPopover.Trigger>
      <RadixPopover.Portal>
        <RadixPopover.Content
          className={styles.popover}
          style={{ width }}
          align={align}
          sideOffset={12}
          collisionPadding={8}
          aria-label={label}
        >
          {children}
        </RadixPopover.Content>
      </RadixPopover.Portal>
    </RadixPopover.Root>
  );
}
