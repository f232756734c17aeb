import { useMemo, useRef } from 'react';
import type { VideoInfo } from '../../workers/protocol/video';
import { useAppState } from '../app-context';
import { t } from '../messages/messages';
import { useNotice } from '../notices';
import { NoticeBar } from '../ui/NoticeBar';
import { useElementSize } from '../ui/use-element-size';
import { useIsNarrow } from '../ui/use-media-query';
import { Filmstrip } from './Filmstrip';
import { Lane } from './Lane';
import { Playhead } from './Playhead';
import { PlayheadSlider } from './PlayheadSlider';
import { ReviewMarks } from './ReviewMarks';
import { Ruler } from './Ruler';
import { RunAnnouncer } from './RunAnnouncer';
import styles from './Timeline.module.css';
import type { TimelineScale } from './timeline-scale';
import { Transport } from './Transport';
import { useScrub } from './use-scrub';

/** Time from left to right: the video itself, and one lane per object. */
export function Timeline({ video }: { video: VideoInfo }) {
  const objects = useAppState((state) => state.objects.list);
  const selected = useAppState((state) => state.view.selectedObject);
  const isNarrow = useIsNarrow();
  const notice = useNotice('tracking');
  const areaRef = useRef<HTMLDivElement>(null);
  const [sizeRef, { width }] = useElementSize();
  const { frameCount } = video;
  const scale: TimelineScale = useMemo(() => ({ frameCount, width }), [frameCount, width]);
  const scrub = useScrub(areaRef, scale);
  const lanes = isNarrow ? objects.filter(({ id }) => id === selected) : objects;
  return (
    <section className={styles.timeline} aria-label={t.timeline.label}>
      <Transport frameCount={frameCount} />
      {notice ? (
        <div className={styles.notice}>
          <NoticeBar {...notice} />
        </div>
      ) : null}
      <div className={styles.tracks}>
        <div ref={areaRef} className={styles.area}>
          <div ref={sizeRef} className={styles.measure} />
          <PlayheadSlider video={video} scrub={scrub}>
            <div className={styles.rulerArea}>
              <Ruler scale={scale} />
              <ReviewMarks scale={scale} />
            </div>
            <div className={styles.film}>{width > 0 ? <Filmstrip video={video} scale={scale} /> : null}</div>
          </PlayheadSlider>
        </div>
        <div className={styles.lanes}>
          {lanes.length === 0 ? <p className={styles.empty}>{t.timeline.empty}</p> : null}
          {lanes.map((entry) => (
            <Lane key={entry.id} entry={entry} isSelected={entry.id === selected} scale={scale} scrub={scrub} />
          ))}
        </div>
        <div className={styles.playheadArea}>
          <Playhead scale={scale} />
        </div>
      </div>
      <RunAnnouncer />
    </section>
  );
}
