import { useEffect, useRef, useState, type CSSProperties, type KeyboardEvent, type PointerEvent } from 'react';
import type { MaskResult } from '../../workers/protocol/mask';
import type { PointLabel } from '../../workers/protocol/prompt';
import { useApp, useAppState } from '../app-context';
import { compositeMasks, type MaskLayer } from '../masks/composite-masks';
import { t } from '../messages/messages';
import { findObject } from '../state/objects';
import { objectRgb } from '../state/palette';
import type { AppState } from '../state/store';
import { useDevicePixelRatio } from '../ui/use-device-pixel-ratio';
import { useElementSize } from '../ui/use-element-size';
import styles from './LiveStage.module.css';

/** Of the canvases, in device pixels; of the video, in its own. */
type Size = { width: number; height: number };
type Place = { xNorm: number; yNorm: number };
type Asked = Place & { label: PointLabel; id: number };

const step = 0.02;
const largeStep = 0.1;
const directions: Record<string, readonly [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const middle: Place = { xNorm: 0.5, yNorm: 0.5 };

/** The picture that is being recorded, with the newest masks over it: a click follows what lies under it. */
export function LiveStage() {
  const { engine } = useApp();
  const { recorder } = engine;
  const [video, setVideo] = useState<Size | null>(null);
  const [pictureRef, size] = useElementSize();
  const pixelRatio = useDevicePixelRatio();
  const pixels: Size = {
    width: Math.max(1, Math.round(size.width * pixelRatio)),
    height: Math.max(1, Math.round(size.height * pixelRatio)),
  };
  const [asked, setAsked] = useState<readonly Asked[]>([]);
  const [cursor, setCursor] = useState<Place | null>(null);
  const [isNegativeFirst, setIsNegativeFirst] = useState(false);
  const nextId = useRef(1);

  useEffect(() => {
    const measure = () => {
      const frame = recorder.shown?.frame;
      if (frame) setVideo({ width: frame.displayWidth, height: frame.displayHeight });
    };
    measure();
    const stop = recorder.subscribe(() => {
      measure();
      // At one size from the first frame on.
      stop();
    });
    return stop;
  }, [recorder]);

  const ask = async (at: Place, label: PointLabel) => {
    const id = nextId.current++;
    setAsked((before) => [...before, { ...at, label, id }]);
    try {
      setIsNegativeFirst(!(await recorder.point(at, label)));
    } finally {
      setAsked((before) => before.filter((point) => point.id !== id));
    }
  };
  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0 && event.button !== 2) return;
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
    const at = { xNorm: (event.clientX - left) / width, yNorm: (event.clientY - top) / height };
    setCursor(null);
    void ask(at, event.button === 2 || event.altKey || event.shiftKey ? 0 : 1);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const direction = directions[event.key];
    if (direction && cursor) {
      const by = event.shiftKey ? largeStep : step;
      const unit = (value: number) => Math.max(0, Math.min(1, value));
      setCursor({ xNorm: unit(cursor.xNorm + direction[0] * by), yNorm: unit(cursor.yNorm + direction[1] * by) });
    } else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) {
      if (cursor) void ask(cursor, event.shiftKey || event.altKey ? 0 : 1);
      else setCursor(middle);
    } else if (event.key === 'Escape' && cursor) setCursor(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const aspect = video ? video.width / video.height : 16 / 9;
  const placed = ({ xNorm, yNorm }: Place) => ({ left: `${xNorm * 100}%`, top: `${yNorm * 100}%` });
  return (
    <div className={styles.stage}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={pictureRef}
        className={styles.picture}
        style={{ '--aspect': aspect } as CSSProperties}
        data-testid="live-stage"
        role="application"
        aria-label={t.recording.stage}
        // It takes keys, which no element has a role for.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onPointerDown={onPointerDown}
        onKeyDown={onKeyDown}
        onContextMenu={(event) => event.preventDefault()}
      >
        {video ? <Picture {...pixels} /> : null}
        {video ? <Masks {...pixels} /> : null}
        {asked.map((point) => (
          <span key={point.id} className={styles.asked} data-label={point.label} style={placed(point)} aria-hidden />
        ))}
        {cursor ? <span className={styles.cursor} style={placed(cursor)} aria-hidden /> : null}
      </div>
      <Hint isNegativeFirst={isNegativeFirst} hasPicture={video !== null} />
    </div>
  );
}

/** The newest recorded frame. */
function Picture({ width, height }: Size) {
  const { recorder } = useApp().engine;
  const canvasRef = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = canvasRef.current!;
    const context = canvas.getContext('2d', { alpha: false })!;
    context.imageSmoothingQuality = 'high';
    let scheduled = 0;
    const draw = () => {
      scheduled = 0;
      const shown = recorder.shown;
      if (!shown) return;
      context.drawImage(shown.frame, 0, 0, width, height);
      canvas.dataset['frame'] = String(shown.frameIndex);
    };
    const schedule = () => {
      scheduled ||= requestAnimationFrame(draw);
    };
    draw();
    const stop = recorder.subscribe(schedule);
    return () => {
      cancelAnimationFrame(scheduled);
      stop();
    };
  }, [recorder, width, height]);
  return <canvas ref={canvasRef} className={styles.layer} width={width} height={height} />;
}

/** Painted when there are newer ones, which is not for every frame. */
function Masks({ width, height }: Size) {
  const { engine, store } = useApp();
  const canvasRef = useRef<HTMLCanvasElement>(null);
  const pixelRatio = useDevicePixelRatio();
  useEffect(() => {
    const { live } = engine.recorder;
    const context = canvasRef.current!.getContext('2d')!;
    let scheduled = 0;
    const paint = () => {
      scheduled = 0;
      const layers = layersOf(live?.masks ?? [], store.getState(), pixelRatio);
      const [first] = layers;
      if (!first) {
        context.clearRect(0, 0, width, height);
        return;
      }
      const whole = { x: 0, y: 0, width: first.rle.width, height: first.rle.height };
      context.putImageData(new ImageData(compositeMasks(layers, whole, width, height), width, height), 0, 0);
    };
    const schedule = () => {
      scheduled ||= requestAnimationFrame(paint);
    };
    paint();
    const stops = [live?.subscribe(schedule), store.subscribe((now, before) => now.live !== before.live && schedule())];
    return () => {
      cancelAnimationFrame(scheduled);
      for (const stop of stops) stop?.();
    };
  }, [engine, store, width, height, pixelRatio]);
  return <canvas ref={canvasRef} className={styles.layer} width={width} height={height} />;
}

/** The selected object on top. */
function layersOf(masks: readonly MaskResult[], { live }: AppState, pixelRatio: number): MaskLayer[] {
  const ordered = masks.toSorted(
    (a, b) => Number(a.object === live.selectedObject) - Number(b.object === live.selectedObject),
  );
  return ordered.flatMap(({ object, rle, box }) => {
    const entry = findObject(live.objects, object);
    if (!entry || !box) return [];
    const outlinePx = (object === live.selectedObject ? 2 : 1.5) * pixelRatio;
    return { rle, box, color: objectRgb(entry.colorIndex), fillAlpha: 0.45, outlinePx, featherPx: 0, opacity: 1 };
  });
}

function Hint({ isNegativeFirst, hasPicture }: { isNegativeFirst: boolean; hasPicture: boolean }) {
  const { source, isMuted } = useAppState((state) => state.recording);
  const isNew = useAppState((state) => state.live.selectedObject === null);
  const hasObjects = useAppState((state) => state.live.objects.list.length > 0);
  const isWaiting = useAppState((state) => state.live.pending > 0 && state.model.stage !== 'ready');
  const { hints } = t.recording;
  const hint = isMuted
    ? hints.muted[source]
    : !hasPicture
      ? hints.starting
      : isWaiting
        ? hints.modelLoading
        : isNegativeFirst
          ? hints.negativeFirst
          : hasObjects
            ? isNew && hints.next
            : hints.first;
  return hint ? <output className={styles.hint}>{hint}</output> : null;
}
