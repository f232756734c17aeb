import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import type { PointLabel } from '../../workers/protocol/prompt';
import type { VideoInfo } from '../../workers/protocol/video';
import { useApp, useAppState } from '../app-context';
import { brushStroke } from '../engine/brush-stroke';
import { objectAt, paintMask, promptBox, promptPoint, type PromptOutcome } from '../engine/frame-gestures';
import { t } from '../messages/messages';
import { useNotice } from '../notices';
import { run } from '../run-command';
import { patch } from '../state/store';
import { NoticeBar } from '../ui/NoticeBar';
import { useDevicePixelRatio } from '../ui/use-device-pixel-ratio';
import { useElementSize } from '../ui/use-element-size';
import { useIsNarrow } from '../ui/use-media-query';
import { ClickAnswer } from './ClickAnswer';
import { CompareDivider } from './CompareDivider';
import { FrameLayer } from './FrameLayer';
import { HintLine } from './HintLine';
import { MaskLayer } from './MaskLayer';
import { PixelGrid } from './PixelGrid';
import { PointerLayer } from './PointerLayer';
import { PromptLayer } from './PromptLayer';
import { Readout } from './Readout';
import {
  boxBetween,
  fitTransform,
  toScreen,
  videoRect,
  visiblePart,
  zoomTransform,
  type NormPoint,
  type VisiblePart,
} from './transform';
import { UndecodedFrame } from './UndecodedFrame';
import { useStageGestures, type Draft } from './use-stage-gestures';
import { useStageKeys } from './use-stage-keys';
import { ViewControls } from './ViewControls';
import styles from './Viewport.module.css';

/** The frame with masks and prompts, and what a person does on it. */
export function Viewport({ video }: { video: VideoInfo }) {
  const { engine, store } = useApp();
  const tool = useAppState((state) => state.view.tool);
  const pointLabel = useAppState((state) => state.view.pointLabel);
  const cursor = useAppState((state) => state.view.cursor);
  const zoom = useAppState((state) => state.view.zoom);
  const panKey = useAppState((state) => state.view.panKey);
  const comparison = useAppState((state) => state.view.comparison);
  const areMasksHidden = useAppState((state) => state.view.isMaskHidden);
  const stage = useRef<HTMLDivElement | null>(null);
  const [sizeRef, size] = useElementSize();
  const stageRef = useCallback(
    (element: HTMLDivElement | null) => {
      stage.current = element;
      return sizeRef(element);
    },
    [sizeRef],
  );
  const [answer, setAnswer] = useState<{
    outcome: PromptOutcome;
    at: NormPoint;
    frameIndex: number;
    position: number;
  } | null>(null);
  const shownFrame = useAppState((state) => (answer ? state.playback.shownFrame : null));
  const lastStep = useAppState((state) => state.history.position);
  const [boxCorner, setBoxCorner] = useState<NormPoint | null>(null);
  const pixelRatio = useDevicePixelRatio();
  const margin = useIsNarrow() ? 0 : 24;
  const fit = useMemo(() => fitTransform(video, size, margin, pixelRatio), [video, size, margin, pixelRatio]);
  const transform = useMemo(
    () => (zoom ? zoomTransform(video, size, zoom, pixelRatio) : fit),
    [video, size, zoom, fit, pixelRatio],
  );
  useEffect(() => patch(store, 'view', { fitScale: fit.scale }), [store, fit]);
  const rect = useMemo(() => videoRect(video, transform, pixelRatio), [video, transform, pixelRatio]);
  const part = useMemo(() => visiblePart(video, size, transform, pixelRatio), [video, size, transform, pixelRatio]);

  const onOutcome = (outcome: PromptOutcome, at: NormPoint) => {
    const { playback, history } = store.getState();
    setAnswer({ outcome, at, frameIndex: playback.shownFrame, position: history.position });
  };
  // It is about the last thing that was done, on the frame that is shown.
  const isFresh = answer?.frameIndex === shownFrame && answer?.position === lastStep;
  const gestures = useStageGestures({ stage, video, size, fit, pixelRatio, onOutcome });
  const onPlace = (at: NormPoint, isOpposite: boolean) => {
    if (tool === 'brush' || tool === 'eraser') {
      const spans = brushStroke(engine, store, [{ x: at.xNorm * video.width, y: at.yNorm * video.height }]);
      run(paintMask(engine, store, spans, (tool === 'brush') !== isOpposite).then((outcome) => onOutcome(outcome, at)));
    } else if (tool === 'box' && !isOpposite) {
      setBoxCorner(boxCorner ? null : at);
      const box = boxCorner && boxBetween(boxCorner, at);
      if (box && box.x1Norm > box.x0Norm && box.y1Norm > box.y0Norm) run(promptBox(engine, store, box));
    } else if (tool === 'select') {
      const object = objectAt(engine, store, at);
      if (object !== null) engine.objects.select(object);
    } else {
      const opposite: PointLabel = tool === 'box' || pointLabel === 1 ? 0 : 1;
      const label: PointLabel = isOpposite ? opposite : pointLabel;
      run(promptPoint(engine, store, at, label).then((outcome) => onOutcome(outcome, at)));
    }
  };
  const onKeyDown = useStageKeys(video, {
    onPlace,
    onClose: () => gestures.closeDraft(),
    onCancel: () => {
      setBoxCorner(null);
      return gestures.cancelDraft() || boxCorner !== null;
    },
  });
  const draft: Draft | null =
    gestures.draft ?? (boxCorner && cursor ? { kind: 'box', box: boxBetween(boxCorner, cursor) } : null);

  return (
    <section className={styles.viewport}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={stageRef}
        className={styles.stage}
        data-tool={panKey === 'up' ? tool : 'pan'}
        data-label={pointLabel}
        data-testid="stage"
        role="application"
        aria-label={t.viewport.label}
        // It takes keys, which no element has a role for.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onKeyDown={onKeyDown}
        {...gestures.handlers}
      >
        {size.width > 0 ? (
          <>
            <div className={styles.backdrop} style={rect} />
            {part ? <FrameLayer part={part} pixelRatio={pixelRatio} /> : null}
            {part ? <Masks part={part} pixelRatio={pixelRatio} /> : null}
            {part ? <PixelGrid part={part} transform={transform} /> : null}
            {areMasksHidden ? null : <PromptLayer video={video} transform={transform} draft={draft} cursor={cursor} />}
            <UndecodedFrame />
            <PointerLayer scale={transform.scale} />
            {comparison === 'off' ? null : <CompareDivider comparison={comparison} />}
            {answer && isFresh && (answer.outcome === 'nothing-there' || answer.outcome === 'kept-there') ? (
              <ClickAnswer
                outcome={answer.outcome}
                at={toScreen(answer.at, video, transform)}
                stage={size}
                onClose={() => setAnswer(null)}
              />
            ) : null}
          </>
        ) : null}
      </div>
      <Notices />
      <footer className={styles.foot}>
        <Readout video={video} />
        <HintLine isNegativeFirst={isFresh && answer?.outcome === 'negative-first'} />
        <ViewControls scale={transform.scale} pixelRatio={pixelRatio} />
      </footer>
    </section>
  );
}

/** Of now; or to the right of the divider those of now, and to the left none or those of before. */
function Masks({ part, pixelRatio }: { part: VisiblePart; pixelRatio: number }) {
  const { comparison, dividerAt } = useAppState((state) => state.view);
  const divider = comparison === 'off' ? 0 : dividerAt * 100;
  return (
    <>
      {comparison === 'before' ? (
        <div className={styles.side} style={{ clipPath: `inset(0 ${100 - divider}% 0 0)` }}>
          <MaskLayer part={part} pixelRatio={pixelRatio} isEarlier />
        </div>
      ) : null}
      <div className={styles.side} style={{ clipPath: `inset(0 0 0 ${divider}%)` }}>
        <MaskLayer part={part} pixelRatio={pixelRatio} />
      </div>
    </>
  );
}

function Notices() {
  const notices = [
    useNotice('page'),
    useNotice('threads'),
    useNotice('open'),
    useNotice('model'),
    useNotice('frame'),
    useNotice('saving'),
  ];
  const shown: ReactNode[] = notices.map((notice) =>
    notice ? <NoticeBar key={notice.text} {...notice} look="floating" /> : null,
  );
  return <div className={styles.notices}>{shown}</div>;
}
