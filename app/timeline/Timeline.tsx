import { Minus, Plus } from 'lucide-react';
import { useRef } from 'react';
import type { VideoInfo } from '../../workers/protocol/video';
import { useAppState } from '../app-context';
import { t } from '../messages/messages';
import { useNotice } from '../notices';
import { NoticeBar } from '../ui/NoticeBar';
import { useElementSize } from '../ui/use-element-size';
import { IconButton } from '../ui/IconButton';
import { useIsNarrow } from '../ui/use-media-query';
import { Filmstrip } from './Filmstrip';
import { Lane } from './Lane';
import { Overview } from './Overview';
import { Playhead } from './Playhead';
import { PlayheadSlider } from './PlayheadSlider';
import { RangeMarks } from './RangeMarks';
import { ReviewMarks } from './ReviewMarks';
import { Ruler } from './Ruler';
import { RunAnnouncer } from './RunAnnouncer';
import styles from './Timeline.module.css';
import { Transport } from './Transport';
import type { TimelineScale } from './timeline-scale';
import { useScrub } from './use-scrub';
import { useTimelineView } from './use-timeline-view';

/** Time from left to right: the video itself, and one lane per object. */
export function Timeline({ video }: { video: VideoInfo }) {
  const objects = useAppState((state) => state.objects.list);
  const selected = useAppState((state) => state.view.selectedObject);
  const isNarrow = useIsNarrow();
  const notice = useNotice('tracking');
  const areaRef = useRef<HTMLDivElement>(null);
  const [sizeRef, { width }] = useElementSize();
  const { frameCount } = video;
  const tracksRef = useRef<HTMLDivElement>(null);
  const { scale, show, zoomBy } = useTimelineView(tracksRef, areaRef, frameCount, width);
  const scrub = useScrub(areaRef, scale);
  const lanes = isNarrow ? objects.filter(({ id }) => id === selected) : objects;
  return (
    <section className={styles.timeline} aria-label={t.timeline.label}>
      <Transport frameCount={frameCount}>
        <ZoomButtons scale={scale} onZoom={zoomBy} />
      </Transport>
      {notice ? (
        <div className={styles.notice}>
          <NoticeBar {...notice} />
        </div>
      ) : null}
      <div ref={tracksRef} className={styles.tracks}>
        <div ref={areaRef} className={styles.area}>
          <div ref={sizeRef} className={styles.measure} />
          <PlayheadSlider video={video} scrub={scrub}>
            <div className={styles.rulerArea}>
              <Ruler scale={scale} />
              <ReviewMarks scale={scale} />
            </div>
            <div className={styles.film}>{width > 0 ? <Filmstrip video={video} scale={scale} /> : null}</div>
            <RangeMarks scale={scale} area={areaRef} />
          </PlayheadSlider>
          <Overview scale={scale} onShow={show} />
        </div>
        <div className={styles.lanes} data-lanes>
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

function ZoomButtons({ scale, onZoom }: { scale: TimelineScale; onZoom: (factor: number) => void }) {
  return (
    <div className={styles.zoom}>
      <IconButton
        label={t.timeline.zoomOut}
        side="top"
        disabled={scale.visibleFrames >= scale.frameCount}
        onClick={() => onZoom(0.5)}
      >
        <Minus size={14} />
      </IconButton>
      <IconButton label={t.timeline.zoomIn} side="top" disabled={scale.visibleFrames <= 8} onClick={() => onZoom(2)}>
        <Plus size={14} />
      </IconButton>
    </div>
  );
}
