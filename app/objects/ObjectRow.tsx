import { Eye, EyeOff, Lock, LockOpen } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useAppState, useEngine } from '../app-context';
import { t } from '../messages/messages';
import { objectStatus } from '../state/object-status';
import type { ObjectEntry } from '../state/objects';
import { IconButton } from '../ui/IconButton';
import { useScrollIntoView } from '../ui/use-scroll-into-view';
import { ObjectMenu } from './ObjectMenu';
import { ObjectPicture } from './ObjectPicture';
import styles from './ObjectRow.module.css';

export function ObjectRow({ entry, isSelected }: { entry: ObjectEntry; isSelected: boolean }) {
  const { id, name, isVisible, isLocked } = entry;
  const engine = useEngine();
  const status = useAppState((state) => objectStatus(state, id));
  const marked = useAppState((state) => state.masklets.byObject[id]?.markedFrames ?? 0);
  const total = useAppState((state) => state.masklets.frameCount);
  const isPartly = status === 'tracked' && marked < total;
  const isHovered = useAppState((state) => state.view.hoveredObject === id);
  const [isRenaming, setIsRenaming] = useState(false);
  const rowRef = useScrollIntoView<HTMLLIElement>(isSelected);
  const selectRef = useRef<HTMLButtonElement>(null);
  return (
    <li
      ref={rowRef}
      className={styles.row}
      data-selected={isSelected || undefined}
      data-hovered={isHovered || undefined}
      data-hidden={!isVisible || undefined}
    >
      <ObjectPicture entry={entry} />
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
          aria-label={t.objects.select(name, isPartly ? t.objects.partly(marked, total) : t.objects.status[status])}
          onClick={() => engine.objects.select(id)}
          onDoubleClick={() => setIsRenaming(true)}
          onKeyDown={(event) => {
            if (event.key === 'F2') setIsRenaming(true);
            const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
            if (!event.altKey || by === undefined) return;
            event.preventDefault();
            event.stopPropagation();
            engine.objects.move(id, by);
          }}
        >
          <span className={styles.name}>{name}</span>
          <span
            className={styles.status}
            data-status={isPartly ? 'partly' : status}
            title={isPartly ? t.objects.partlyTitle : t.objects.statusTitle[status]}
          >
            {isPartly ? t.objects.framesOf(marked, total) : t.objects.status[status]}
          </span>
        </button>
      )}
      <span className={styles.buttons}>
        <ObjectMenu entry={entry} onRename={() => setIsRenaming(true)} />
        <IconButton
          size="small"
          className={isLocked ? undefined : styles.sometimes}
          label={isLocked ? t.objects.unlock(name) : t.objects.lock(name)}
          onClick={() => engine.objects.setLocked(id, !isLocked)}
        >
          {isLocked ? <Lock size={14} /> : <LockOpen size={14} />}
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
