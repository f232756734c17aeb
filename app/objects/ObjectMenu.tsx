import { ArrowDown, ArrowUp, Ellipsis, Pencil, SquareUser, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useEngine } from '../app-context';
import { t } from '../messages/messages';
import { run } from '../run-command';
import type { ObjectEntry } from '../state/objects';
import { Button } from '../ui/Button';
import { IconButton } from '../ui/IconButton';
import { Popover } from '../ui/Popover';
import styles from './ObjectRow.module.css';

/** What is done to an object as a whole; its properties stand in the panel. */
export function ObjectMenu({ entry: { id, name }, onRename }: { entry: ObjectEntry; onRename: () => void }) {
  const engine = useEngine();
  const [isOpen, setIsOpen] = useState(false);
  const close = (act: () => void) => () => {
    setIsOpen(false);
    act();
  };
  return (
    <Popover
      label={t.objects.menu(name)}
      width={240}
      state={{ open: isOpen, onOpenChange: setIsOpen }}
      trigger={
        <IconButton size="small" className={styles.sometimes} label={t.objects.menu(name)}>
          <Ellipsis size={14} />
        </IconButton>
      }
    >
      <div className={styles.actions}>
        <Button onClick={() => engine.objects.solo(id)}>
          <SquareUser size={14} aria-hidden />
          {t.objects.solo}
        </Button>
        <Button onClick={close(onRename)}>
          <Pencil size={14} aria-hidden />
          {t.objects.renameAction}
        </Button>
        <Button onClick={() => engine.objects.move(id, -1)}>
          <ArrowUp size={14} aria-hidden />
          {t.objects.moveUp}
        </Button>
        <Button onClick={() => engine.objects.move(id, 1)}>
          <ArrowDown size={14} aria-hidden />
          {t.objects.moveDown}
        </Button>
        <Button onClick={close(() => run(engine.objects.remove(id)))}>
          <Trash2 size={14} aria-hidden />
          {t.objects.removeAction}
        </Button>
      </div>
    </Popover>
  );
}
