import { useMemo, useRef } from 'react';
import type { VideoInfo } from '../../workers/protocol/video';
import { useAppState, useEngine } from '../app-context';
import { t } from '../messages/messages';
import { useNotice } from '../notices';
import type { ObjectEntry } from '../state/objects';
import { objectColor } from '../state/palette';
import { NoticeBar } from '../ui/NoticeBar';
import { useElementSize } from '../ui/use-element-size';
import { useIsNarrow } from '../ui/use-media-query';
import { Filmstrip } from './Filmstrip';
import { LaneCanvas } from './LaneCanvas';
import { Playhead } from './Playhead';
import { PlayheadSlider } from './PlayheadSlider';
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
            <Ruler scale={scale} />
            <div className={styles.film}>{width > 0 ? <Filmstrip video={video} scale={scale} /> : null}</div>
          </PlayheadSlider>
        </div>
        <div className={styles.lanes}>
          {lanes.length === 0 ? <p className={styles.empty}>{t.timeline.empty}</p> : null}
          {lanes.map((entry) => (
            <div key={entry.id} className={styles.lane} data-selected={entry.id === selected || undefined}>
              <LaneName entry={entry} frameCount={frameCount} />
              <div className={styles.laneArea} style={{ width }} {...scrub}>
                {width > 0 ? <LaneCanvas entry={entry} scale={scale} /> : null}
              </div>
            </div>
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

function LaneName({ entry, frameCount }: { entry: ObjectEntry; frameCount: number }) {
  const engine = useEngine();
  const marked = useAppState((state) => state.masklets.byObject[entry.id]?.markedFrames ?? 0);
  return (
    <button
      type="button"
      className={styles.laneName}
      aria-label={t.timeline.lane(entry.name, marked, frameCount)}
      onClick={() => engine.objects.select(entry.id)}
    >
      <span className={styles.chip} style={{ background: objectColor(entry.colorIndex) }} aria-hidden />
      <span className={styles.name}>{entry.name}</span>
    </button>
  );
}
