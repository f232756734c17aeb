import { useMemo, useState, type ReactNode } from 'react';
import type { BoxPrompt, PointLabel } from '../../workers/protocol/prompt';
import type { VideoInfo } from '../../workers/protocol/video';
import { useApp, useAppState } from '../app-context';
import { promptBox, promptPoint } from '../engine/frame-gestures';
import { t } from '../messages/messages';
import { useNotice } from '../notices';
import { run } from '../run-command';
import { patch } from '../state/store';
import { NoticeBar } from '../ui/NoticeBar';
import { useDevicePixelRatio } from '../ui/use-device-pixel-ratio';
import { useElementSize } from '../ui/use-element-size';
import { useIsNarrow } from '../ui/use-media-query';
import { FrameLayer } from './FrameLayer';
import { HintLine } from './HintLine';
import { MaskLayer } from './MaskLayer';
import { PromptLayer } from './PromptLayer';
import { Readout } from './Readout';
import { fitTransform, videoRect, type NormPoint } from './transform';
import { useStageKeys } from './use-stage-keys';
import { useStagePointer } from './use-stage-pointer';
import styles from './Viewport.module.css';

/** The frame with masks and prompts, and what a person does on it. */
export function Viewport({ video }: { video: VideoInfo }) {
  const { engine, store } = useApp();
  const tool = useAppState((state) => state.view.tool);
  const pointLabel = useAppState((state) => state.view.pointLabel);
  const cursor = useAppState((state) => state.view.cursor);
  const [stageRef, size] = useElementSize();
  const [isNegativeFirst, setIsNegativeFirst] = useState(false);
  const pixelRatio = useDevicePixelRatio();
  const margin = useIsNarrow() ? 0 : 24;
  const transform = useMemo(() => fitTransform(video, size, margin, pixelRatio), [video, size, margin, pixelRatio]);
  const rect = useMemo(() => videoRect(video, transform, pixelRatio), [video, transform, pixelRatio]);

  const onPoint = (at: NormPoint, label: PointLabel) => {
    run(promptPoint(engine, store, at, label).then((outcome) => setIsNegativeFirst(outcome === 'negative-first')));
  };
  const onBox = (box: BoxPrompt) => {
    setIsNegativeFirst(false);
    run(promptBox(engine, store, box));
  };
  const { draft, handlers } = useStagePointer({
    onBegin: () => patch(store, 'view', { cursor: null }),
    video,
    transform,
    pointLabel,
    isBoxTool: tool === 'box',
    onPoint,
    onBox,
  });
  const onKeyDown = useStageKeys(video, onPoint);

  return (
    <section className={styles.viewport}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={stageRef}
        className={styles.stage}
        data-tool={tool}
        data-label={pointLabel}
        data-testid="stage"
        role="application"
        aria-label={t.viewport.label}
        // It takes keys, which no element has a role for.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onKeyDown={onKeyDown}
        {...handlers}
      >
        {size.width > 0 ? (
          <>
            <div className={styles.backdrop} style={rect} />
            <FrameLayer rect={rect} pixelRatio={pixelRatio} />
            <MaskLayer rect={rect} pixelRatio={pixelRatio} />
            <PromptLayer video={video} transform={transform} draft={draft} cursor={cursor} />
          </>
        ) : null}
      </div>
      <Notices />
      <footer className={styles.foot}>
        <Readout video={video} />
        <HintLine isNegativeFirst={isNegativeFirst} />
        <span className={styles.zoom}>{t.viewport.zoom(transform.scale * pixelRatio)}</span>
      </footer>
    </section>
  );
}

function Notices() {
  const notices = [useNotice('threads'), useNotice('open'), useNotice('model'), useNotice('frame')];
  const shown: ReactNode[] = notices.map((notice) =>
    notice ? <NoticeBar key={notice.text} {...notice} look="floating" /> : null,
  );
  return <div className={styles.notices}>{shown}</div>;
}
