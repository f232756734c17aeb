import { Play } from 'lucide-react';
import { balloons } from '../engine/samples';
import { t } from '../messages/messages';
import styles from './SampleCard.module.css';

/** The sample clip, one click away. Before that only a picture of it is fetched. */
export function SampleCard({ onOpen }: { onOpen: () => void }) {
  const { posterPath, seconds, width, height } = balloons;
  return (
    <button type="button" className={styles.card} aria-label={t.first.sampleAction} onClick={onOpen}>
      <span className={styles.picture}>
        <img className={styles.video} src={posterPath} alt="" />
        <span className={styles.play}>
          <Play size={14} fill="currentColor" aria-hidden />
        </span>
      </span>
      <span className={styles.words}>
        <span className={styles.hint}>{t.first.or}</span>
        <span className={styles.title}>{t.samples.balloons.title}</span>
        <span className={styles.about}>{t.first.sampleAbout(seconds, width, height)}</span>
        <span className={styles.about}>{t.first.sampleCredit}</span>
      </span>
    </button>
  );
}
