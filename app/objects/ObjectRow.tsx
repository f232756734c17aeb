import { Eye, EyeOff, Pencil, Trash2 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useAppState, useEngine } from '../app-context';
import { t } from '../messages/messages';
import { run } from '../run-command';
import { objectStatus } from '../state/object-status';
import type { ObjectEntry } from '../state/objects';
import { objectColor } from '../state/palette';
import { IconButton } from '../ui/IconButton';
import { useScrollIntoView } from '../ui/use-scroll-into-view';
import styles from './ObjectRow.module.css';

export function ObjectRow({ entry, isSelected }: { entry: ObjectEntry; isSelected: boolean }) {
  const { id, name, colorIndex, isVisible } = entry;
  const engine = useEngine();
  const status = useAppState((state) => objectStatus(state, id));
  const [isRenaming, setIsRenaming] = useState(false);
  const rowRef = useScrollIntoView<HTMLLIElement>(isSelected);
  const selectRef = useRef<HTMLButtonElement>(null);
  return (
    <li
      ref={rowRef}
      className={styles.row}
      data-selected={isSelected || undefined}
      data-hidden={!isVisible || undefined}
    >
      <span className={styles.chip} style={{ background: objectColor(colorIndex) }} aria-hidden />
      {isRenaming ? (
        <NameField
          name={name}
          onDone={(next) => {
            if (next !== null) engine.objects.rename(id, next);
            setIsRenaming(false);
            // Back to where the keyboard came from.
            requestAnimationFrame(() => selectRef.current?.focus());
          }}
        />
      ) : (
        <button
          ref={selectRef}
          type="button"
          className={styles.select}
          aria-pressed={isSelected}
          aria-label={t.objects.select(name, t.objects.status[status])}
          onClick={() => engine.objects.select(id)}
          onDoubleClick={() => setIsRenaming(true)}
          onKeyDown={(event) => {
            if (event.key === 'F2') setIsRenaming(true);
          }}
        >
          <span className={styles.name}>{name}</span>
          <span className={styles.status} data-status={status} title={t.objects.statusTitle[status]}>
            {t.objects.status[status]}
          </span>
        </button>
      )}
      <span className={styles.buttons}>
        <IconButton
          size="small"
          className={styles.sometimes}
          label={t.objects.rename(name)}
          onClick={() => setIsRenaming(true)}
        >
          <Pencil size={14} />
        </IconButton>
        <IconButton
          size="small"
          className={styles.sometimes}
          label={t.objects.remove(name)}
          onClick={() => run(engine.objects.remove(id))}
        >
          <Trash2 size={14} />
        </IconButton>
        <IconButton
          size="small"
          label={isVisible ? t.objects.hide(name) : t.objects.show(name)}
          onClick={() => engine.objects.setVisible(id, !isVisible)}
        >
          {isVisible ? <Eye size={14} /> : <EyeOff size={14} />}
        </IconButton>
      </span>
    </li>
  );
}

/** Enter and leaving take the name, Escape does not. */
function NameField({ name, onDone }: { name: string; onDone: (name: string | null) => void }) {
  const ref = useRef<HTMLInputElement>(null);
  useEffect(() => {
    ref.current?.focus();
    ref.current?.select();
  }, []);
  return (
    <input
      ref={ref}
      className={styles.field}
      defaultValue={name}
      aria-label={t.objects.nameField}
      maxLength={80}
      onBlur={(event) => onDone(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') event.currentTarget.blur();
        if (event.key === 'Escape') onDone(null);
      }}
    />
  );
}
