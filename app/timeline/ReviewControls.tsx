import { Check, ChevronDown, ChevronLeft, ChevronRight } from 'lucide-react';
import { useAppState, useEngine } from '../app-context';
import { t } from '../messages/messages';
import { run } from '../run-command';
import { findObject } from '../state/objects';
import { objectColor } from '../state/palette';
import type { ReviewStop } from '../state/review';
import { Button } from '../ui/Button';
import { IconButton } from '../ui/IconButton';
import { Popover } from '../ui/Popover';
import { RowButton } from '../ui/RowButton';
import { Tooltip } from '../ui/Tooltip';
import { useKeys } from '../use-keys';
import styles from './ReviewControls.module.css';
import { useReviewStops } from './use-review-stops';

/** After a run: the frames most worth a look, and a way through them. */
export function ReviewControls() {
  const keysOf = useKeys();
  const engine = useEngine();
  const stops = useReviewStops();
  const frameIndex = useAppState((state) => state.playback.frameIndex);
  if (stops.length === 0) return null;
  const here = stops.find((stop) => stop.frameIndex === frameIndex);
  return (
    <fieldset className={styles.review} aria-label={t.review.title}>
      {here ? (
        <>
          <output className={styles.reason}>{t.review.reasons[here.reason]}</output>
          <Tooltip label={t.review.looksRightAbout} keys={keysOf('looks-right')} side="top">
            <Button onClick={() => run(engine.review.dismiss())}>
              <Check size={14} aria-hidden />
              {t.review.looksRight}
            </Button>
          </Tooltip>
        </>
      ) : null}
      <IconButton
        label={t.review.previous}
        keys={keysOf('previous-stop')}
        side="top"
        onClick={() => run(engine.review.walk(false))}
      >
        <ChevronLeft size={16} />
      </IconButton>
      <Popover
        label={t.review.title}
        width={300}
        trigger={
          <button type="button" className={styles.count}>
            {t.review.count(stops.length)}
            <ChevronDown size={14} aria-hidden />
          </button>
        }
      >
        <h2 className={styles.title}>{t.review.title}</h2>
        <p className={styles.about}>{t.review.about}</p>
        <ol className={styles.list}>
          {stops
            .toSorted((a, b) => b.weight - a.weight)
            .map((stop) => (
              <StopRow key={`${stop.object}/${stop.frameIndex}`} stop={stop} isHere={stop.frameIndex === frameIndex} />
            ))}
        </ol>
      </Popover>
      <IconButton
        label={t.review.next}
        keys={keysOf('next-stop')}
        side="top"
        onClick={() => run(engine.review.walk(true))}
      >
        <ChevronRight size={16} />
      </IconButton>
    </fieldset>
  );
}

function StopRow({ stop, isHere }: { stop: ReviewStop; isHere: boolean }) {
  const engine = useEngine();
  const object = useAppState((state) => findObject(state.objects, stop.object));
  if (!object) return null;
  return (
    <li>
      <RowButton current={isHere ? 'true' : undefined} onClick={() => run(engine.review.show(stop))}>
        <span className={styles.chip} style={{ background: objectColor(object.colorIndex) }} aria-hidden />
        <span className={styles.name}>{object.name}</span>
        <span className={styles.what}>{t.review.reasons[stop.reason]}</span>
        <span className={styles.frame}>{stop.frameIndex}</span>
      </RowButton>
    </li>
  );
}
