import { Play } from 'lucide-react';
import { useState } from 'react';
import { balloons } from '../engine/samples';
import { t } from '../messages/messages';
import { useMediaQuery } from '../ui/use-media-query';
import styles from './SampleCard.module.css';

/** The sample clip, one click away. Its picture is the clip itself. */
export function SampleCard({ onOpen }: { onOpen: () => void }) {
  const isStill = useMediaQuery('(prefers-reduced-motion: reduce)');
  // A line's height until the clip says.
  const [about, setAbout] = useState('\u00a0');
  return (
    <button type="button" className={styles.card} aria-label={t.first.sampleAction} onClick={onOpen}>
      <span className={styles.picture}>
        <video
          className={styles.video}
          src={`${balloons.path}#t=1.2`}
          autoPlay={!isStill}
          muted
          loop
          playsInline
          disablePictureInPicture
          tabIndex={-1}
          aria-hidden
          onLoadedMetadata={({ currentTarget: { duration, videoWidth, videoHeight } }) =>
            setAbout(t.first.sampleAbout(duration, videoWidth, videoHeight))
          }
        />
        <span className={styles.play}>
          <Play size={14} fill="currentColor" aria-hidden />
        </span>
      </span>
      <span className={styles.words}>
        <span className={styles.hint}>{t.first.or}</span>
        <span className={styles.title}>{t.samples.balloons.title}</span>
        <span className={styles.about}>{about}</span>
        <span className={styles.about}>{t.first.sampleCredit}</span>
      </span>
    </button>
  );
}
