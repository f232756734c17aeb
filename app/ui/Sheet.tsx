import { X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import type { ReactNode } from 'react';
import { IconButton } from './IconButton';
import styles from './Sheet.module.css';

type SheetProps = {
  title: string;
  closeLabel: string;
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
  /** In the middle of the page, or from its lower edge. */
  placement: 'center' | 'bottom';
  /** As large as the page allows, for a picture. */
  isWide?: boolean;
  /** False while Escape means something else. */
  closesOnEscape?: boolean;
  /** False where a stray click beside it would lose something. */
  closesOutside?: boolean;
  children: ReactNode;
};

/** A modal dialog with a title. */
export function Sheet({
  title,
  closeLabel,
  isOpen,
  onOpenChange,
  placement,
  isWide = false,
  closesOnEscape = true,
  closesOutside = true,
  children,
}: SheetProps) {
  return (
    <Dialog.Root open={isOpen} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className={styles.overlay} />
        <Dialog.Content
          className={`${styles.sheet} ${styles[placement]}`}
          data-wide={isWide || undefined}
          aria-describedby={undefined}
          // Not its close button, whose tooltip would open with it.
          onOpenAutoFocus={focusContent}
          onInteractOutside={(event) => closesOutside || event.preventDefault()}
          onEscapeKeyDown={(event) => closesOnEscape || event.preventDefault()}
        >
          <header className={styles.header}>
            <Dialog.Title className={styles.title}>{title}</Dialog.Title>
            <Dialog.Close asChild>
              <IconButton label={closeLabel}>
                <X size={16} />
              </IconButton>
            </Dialog.Close>
          </header>
          <div className={styles.body}>{children}</div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function focusContent(event: Event) {
  event.preventDefault();
  (event.currentTarget as HTMLElement).focus();
}
