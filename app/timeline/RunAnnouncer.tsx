import { useEffect, useState } from 'react';
import { useApp } from '../app-context';
import { t } from '../messages/messages';
import { watch } from '../state/store';
import styles from './Timeline.module.css';

/** Says when a run begins and ends, to those who do not see it. */
export function RunAnnouncer() {
  const { store } = useApp();
  const [text, setText] = useState('');
  useEffect(
    () =>
      watch(
        store,
        (state) => state.tracking.run,
        (now, before) => {
          if (now && !before) setText(t.timeline.started);
          else if (before && !now) {
            setText(before.done < before.total ? t.timeline.stopped(before.done) : t.timeline.done(before.done));
          }
        },
      ),
    [store],
  );
  return <output className={styles.hidden}>{text}</output>;
}
