import { X } from 'lucide-react';
import { useState } from 'react';
import { useApp, useAppState } from '../app-context';
import { t } from '../messages/messages';
import type { ObjectEntry } from '../state/objects';
import { reviewStops } from '../state/review';
import { patch } from '../state/store';
import { IconButton } from '../ui/IconButton';
import styles from './ModelLimits.module.css';

/** Below this estimate of its own, the built-in model's mask is seldom right. */
const doubtfulBelow = 0.6;

/** A track with so many frames worth a look may do better with another model. */
const doubtfulStops = 3;

const storageKey = 'masklet.hidden-limits';

/** Where masks are made: what the built-in model can't do, and at a doubtful mask the way to one that can. */
export function ModelLimits({ object: { id } }: { object: ObjectEntry }) {
  const { engine, store } = useApp();
  // Told by its status: another choice is another status.
  useAppState((state) => state.model.status);
  const isDoubtful = useAppState(({ masklets, playback }) => {
    const columns = masklets.byObject[id]?.columns;
    const frame = playback.shownFrame;
    return columns?.mark[frame] === 1 && columns.predictedIou[frame]! < doubtfulBelow;
  });
  const isTrackDoubtful = useAppState(
    (state) =>
      state.tracking.run === null && reviewStops(state).filter(({ object }) => object === id).length >= doubtfulStops,
  );
  const doubt = isDoubtful ? t.models.doubtful : isTrackDoubtful ? t.models.doubtfulTrack : null;
  const [isHidden, setIsHidden] = useState(() => localStorage.getItem(storageKey) !== null);
  const [isDoubtHidden, setIsDoubtHidden] = useState(false);
  if (engine.model.chosen !== null || (doubt === null ? isHidden : isDoubtHidden)) return null;
  const hide = () => {
    if (doubt !== null) setIsDoubtHidden(true);
    else {
      setIsHidden(true);
      localStorage.setItem(storageKey, 'yes');
    }
  };
  return (
    <div className={styles.limits} data-doubtful={doubt !== null || undefined}>
      <p className={styles.words}>
        {doubt ?? t.models.limits}{' '}
        <button type="button" className={styles.more} onClick={() => patch(store, 'view', { isModelsOpen: true })}>
          {t.models.better}
        </button>
      </p>
      <IconButton size="small" label={t.models.hideLimits} className={styles.close} onClick={hide}>
        <X size={14} />
      </IconButton>
    </div>
  );
}
