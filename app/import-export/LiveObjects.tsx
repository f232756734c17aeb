import { Plus, Undo2, X } from 'lucide-react';
import { useEffect } from 'react';
import { useApp, useAppState } from '../app-context';
import { failureText, t } from '../messages/messages';
import { run } from '../run-command';
import { objectColor } from '../state/palette';
import { IconButton } from '../ui/IconButton';
import styles from './LiveObjects.module.css';

/** What is followed: which of them the next click is for, and the way back from the last one. */
export function LiveObjects() {
  const { engine, store } = useApp();
  const { objects, selectedObject, canUndo, failure } = useAppState((state) => state.live);
  const live = engine.recorder.live;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const isCommand = event.ctrlKey || event.metaKey;
      if (event.key.toLowerCase() === 'z' && isCommand && !event.shiftKey && !event.altKey) {
        if (live) run(live.undo());
      } else if (event.key.toLowerCase() === 'n' && !isCommand && !event.altKey) live?.selectNew();
      else if (/^[1-9]$/.test(event.key) && !isCommand && !event.altKey) {
        const chosen = store.getState().live.objects.list[Number(event.key) - 1];
        if (chosen) live?.select(chosen.id);
      } else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [live, store]);
  if (!live) return null;
  return (
    <>
      <div className={styles.row}>
        <ul className={styles.objects} aria-label={t.objects.title} hidden={objects.list.length === 0}>
          {objects.list.map(({ id, name, colorIndex }) => (
            <li key={id} className={styles.object} data-selected={id === selectedObject || undefined}>
              <button
                type="button"
                className={styles.choose}
                aria-pressed={id === selectedObject}
                onClick={() => live.select(id)}
              >
                <span className={styles.chip} style={{ background: objectColor(colorIndex) }} aria-hidden />
                {name}
              </button>
              <IconButton
                label={t.recording.stopFollowing(name)}
                size="small"
                side="top"
                onClick={() => run(live.remove(id))}
              >
                <X size={12} />
              </IconButton>
            </li>
          ))}
        </ul>
        <button
          type="button"
          className={styles.add}
          aria-label={t.recording.newObject}
          aria-pressed={selectedObject === null}
          onClick={() => live.selectNew()}
        >
          <Plus size={14} aria-hidden />
          <span className={styles.word}>{t.recording.newObject}</span>
        </button>
        <IconButton
          label={t.recording.undo}
          keys={['Ctrl', 'Z']}
          side="top"
          disabled={!canUndo}
          onClick={() => run(live.undo())}
        >
          <Undo2 size={16} />
        </IconButton>
      </div>
      {failure ? (
        <p role="alert" className={styles.failure}>
          {t.recording.goesOn(failureText(failure))}
        </p>
      ) : null}
    </>
  );
}
