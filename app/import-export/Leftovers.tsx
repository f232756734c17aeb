import { useAppState, useEngine } from '../app-context';
import { t } from '../messages/messages';
import { run } from '../run-command';
import { Button } from '../ui/Button';
import styles from './Leftovers.module.css';

/** Recordings that a page left behind when it was closed or broke down. */
export function Leftovers() {
  const { recorder } = useEngine();
  const leftovers = useAppState((state) => state.leftovers.list);
  return leftovers.map(({ name, source, recordedAtMs }) => (
    <div key={name} className={styles.leftover}>
      <p className={styles.words}>{t.recording.leftover(source, recordedAtMs)}</p>
      <div className={styles.choices}>
        <Button variant="quiet" onClick={() => run(recorder.leftovers.remove(name))}>
          {t.recording.deleteLeftover}
        </Button>
        <Button onClick={() => run(recorder.openLeftover(name))}>{t.recording.openLeftover}</Button>
      </div>
    </div>
  ));
}
