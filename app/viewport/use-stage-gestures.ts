/**
 * Pointers on the stage. What a press means is decided when it begins: it moves the view, a point or a box, paints, or
 * prompts; a second finger makes it a pinch.
 */
import { useEffect, useEffectEvent, useRef, useState, type MouseEvent, type PointerEvent, type RefObject } from 'react';
import type { BoxPrompt, PointLabel } from '../../workers/protocol/prompt';
import { useApp } from '../app-context';
import { brushStroke } from '../engine/brush-stroke';
import { movePoint, objectAt, paintMask, promptBox, promptPoint, type PromptOutcome } from '../engine/frame-gestures';
import { polygonSpans } from '../masks/edit-mask';
import { run } from '../run-command';
import { promptsOn } from '../state/prompts';
import { patch } from '../state/store';
import { boxPartAt, movedBox, pointAt } from './hit-test';
import {
  boxBetween,
  isOnVideo,
  pannedBy,
  toVideo,
  zoomedAt,
  zoomTransform,
  type NormPoint,
  type ScreenPoint,
  type Size,
  type Transform,
} from './transform';

const dragBeyondPx = 6;
const closeWithinPx = 10;
const longPressMs = 450;

/** What is being drawn and has not become a prompt yet. */
export type Draft =
  | { kind: 'box'; box: BoxPrompt }
  | { kind: 'point'; index: number; at: NormPoint }
  | { kind: 'stroke'; line: readonly NormPoint[]; isAdding: boolean }
  | { kind: 'lasso'; line: readonly NormPoint[]; isAdding: boolean };

/** One press of a pointer, from down to up. */
type Press = {
  pointerId: number;
  start: ScreenPoint;
  isDrag: boolean;
  onMove: (at: NormPoint, screen: ScreenPoint) => void;
  onUp: (at: NormPoint, isDrag: boolean) => void;
  timer: number;
};

type StageGesturesOptions = {
  stage: RefObject<HTMLElement | null>;
  video: Size;
  size: Size;
  /** The view that was not zoomed. */
  fit: Transform;
  pixelRatio: number;
  onOutcome: (outcome: PromptOutcome, at: NormPoint) => void;
};

export function useStageGestures({ stage, video, size, fit, pixelRatio, onOutcome }: StageGesturesOptions) {
  const { engine, store } = useApp();
  const press = useRef<Press | null>(null);
  const pointers = useRef(new Map<number, ScreenPoint>());
  /** Where it is over the stage. */
  const pointer = useRef<ScreenPoint | null>(null);
  const [draft, setDraft] = useState<Draft | null>(null);
  /** Events may come faster than renders. */
  const transformNow = () => {
    const { zoom } = store.getState().view;
    return zoom ? zoomTransform(video, size, zoom, pixelRatio) : fit;
  };

  const screenAt = (event: { clientX: number; clientY: number }): ScreenPoint => {
    const { left, top } = stage.current!.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const normAt = (screen: ScreenPoint): NormPoint => toVideo(screen, video, transformNow());
  const inPixels = ({ xNorm, yNorm }: NormPoint) => ({ x: xNorm * video.width, y: yNorm * video.height });
  const prompted = (command: Promise<PromptOutcome>, at: NormPoint) =>
    run(command.then((outcome) => onOutcome(outcome, at)));
  const zoomAt = (at: ScreenPoint, factor: number) => {
    patch(store, 'view', { zoom: zoomedAt(at, factor, video, size, transformNow()) });
  };
  const panBy = (dx: number, dy: number) => {
    patch(store, 'view', { zoom: pannedBy(dx, dy, video, size, transformNow()) });
  };

  const end = () => {
    if (press.current) clearTimeout(press.current.timer);
    press.current = null;
  };
  const abandon = () => {
    end();
    setDraft(null);
  };
  const closeLasso = (line: readonly NormPoint[], isAdding: boolean) => {
    setDraft(null);
    if (line.length > 2)
      prompted(paintMask(engine, store, polygonSpans(line.map(inPixels), video), isAdding), line[0]!);
  };

  /** What a press does, by where and with what it begins; null when it does nothing. */
  const begin = (event: PointerEvent<HTMLElement>, screen: ScreenPoint): Pick<Press, 'onMove' | 'onUp'> | null => {
    const at = normAt(screen);
    const { view: state, prompts, playback } = store.getState();
    const { tool, pointLabel, panKey, selectedObject } = state;
    const isPan = event.button === 1 || panKey !== 'up';
    const pan = () => {
      let last = screen;
      if (panKey === 'down') patch(store, 'view', { panKey: 'used' });
      const onMove = (_: NormPoint, now: ScreenPoint) => {
        panBy(now.x - last.x, now.y - last.y);
        last = now;
      };
      return { onMove, onUp: () => undefined };
    };
    if (isPan) return pan();
    if (event.button !== 0 && event.button !== 2) return null;
    const under = objectAt(engine, store, at);
    if (event.ctrlKey || event.metaKey) {
      return { onMove: () => undefined, onUp: () => under !== null && engine.objects.select(under) };
    }
    const isOpposite = event.button === 2 || event.altKey || event.shiftKey;
    const label: PointLabel = isOpposite ? (pointLabel === 1 ? 0 : 1) : pointLabel;
    const shown = selectedObject === null ? null : promptsOn(prompts, selectedObject, playback.shownFrame);

    const grabbed = event.button === 0 && shown ? pointAt(shown.points, screen, video, transformNow()) : null;
    if (grabbed !== null && (tool === 'select' || tool === 'point')) {
      return {
        onMove: (now) => setDraft({ kind: 'point', index: grabbed, at: clamped(now) }),
        onUp: (now, isDrag) => {
          setDraft(null);
          patch(store, 'view', { selectedPoint: isDrag ? null : grabbed });
          if (isDrag) run(movePoint(engine, store, grabbed, clamped(now)));
        },
      };
    }
    const part = event.button === 0 && shown?.box ? boxPartAt(shown.box, screen, video, transformNow()) : null;
    if (part && shown?.box && (tool === 'box' || (tool === 'select' && part !== 'inside'))) {
      const { box } = shown;
      return {
        onMove: (now) => setDraft({ kind: 'box', box: movedBox(box, part, at, now) }),
        onUp: (now, isDrag) => {
          setDraft(null);
          const moved = movedBox(box, part, at, now);
          if (isDrag && moved.x1Norm > moved.x0Norm && moved.y1Norm > moved.y0Norm) {
            run(promptBox(engine, store, moved));
          }
        },
      };
    }

    switch (tool) {
      case 'select': {
        const { onMove } = pan();
        return {
          onMove,
          onUp: (_, isDrag) => {
            if (!isDrag && under !== null) engine.objects.select(under);
          },
        };
      }
      case 'brush':
      case 'eraser': {
        const isAdding = (tool === 'brush') !== isOpposite;
        const line = [at];
        setDraft({ kind: 'stroke', line: [...line], isAdding });
        return {
          onMove: (now) => {
            line.push(now);
            setDraft({ kind: 'stroke', line: [...line], isAdding });
          },
          onUp: () => {
            setDraft(null);
            prompted(paintMask(engine, store, brushStroke(engine, store, line.map(inPixels)), isAdding), at);
          },
        };
      }
      case 'lasso': {
        // Clicks set corners; a drag draws freely. What was begun goes on.
        const open = draft?.kind === 'lasso' ? draft : { line: [], isAdding: label === 1 };
        const first = open.line[0];
        const isFirst = !first;
        const line = [...open.line, at];
        const { isAdding } = open;
        const near = first && distanceOnScreen(first, at, video, transformNow()) < closeWithinPx;
        setDraft({ kind: 'lasso', line: [...line], isAdding });
        return {
          onMove: (now) => {
            line.push(now);
            setDraft({ kind: 'lasso', line: [...line], isAdding });
          },
          onUp: (_, isDrag) => {
            if ((isFirst && isDrag) || near || event.detail > 1) closeLasso(line, isAdding);
          },
        };
      }
      case 'box':
      case 'point':
        break;
    }
    if (!isOnVideo(at)) return null;
    // With the other button there is no box to draw: it takes a spot away, by either tool.
    if (tool === 'box' && isOpposite) {
      return { onMove: () => undefined, onUp: () => prompted(promptPoint(engine, store, at, 0), at) };
    }
    return {
      onMove: (now) => setDraft({ kind: 'box', box: boxBetween(at, now) }),
      onUp: (now, isDrag) => {
        setDraft(null);
        const box = boxBetween(at, now);
        if (isDrag && box.x1Norm > box.x0Norm && box.y1Norm > box.y0Norm) {
          run(promptBox(engine, store, box).then(() => onOutcome('prompted', at)));
        } else if (!isDrag && tool === 'point') {
          prompted(promptPoint(engine, store, at, label), at);
        }
      },
    };
  };

  const pinch = (event: PointerEvent<HTMLElement>, screen: ScreenPoint) => {
    const before = pointers.current.get(event.pointerId);
    const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
    if (!before || !other) return;
    const spread = (a: ScreenPoint, b: ScreenPoint) => Math.max(1, Math.hypot(a.x - b.x, a.y - b.y));
    const zoomed = zoomedAt(
      { x: (before.x + other.x) / 2, y: (before.y + other.y) / 2 },
      spread(screen, other) / spread(before, other),
      video,
      size,
      transformNow(),
    );
    // The middle of the fingers moves half as far as the finger that moves.
    const dx = (screen.x - before.x) / 2 / (video.width * zoomed.scale);
    const dy = (screen.y - before.y) / 2 / (video.height * zoomed.scale);
    patch(store, 'view', { zoom: { ...zoomed, xNorm: zoomed.xNorm - dx, yNorm: zoomed.yNorm - dy } });
  };

  const hover = (screen: ScreenPoint | null) => {
    pointer.current = screen;
    const hoveredObject = screen && objectAt(engine, store, normAt(screen));
    if (store.getState().view.hoveredObject !== hoveredObject) patch(store, 'view', { hoveredObject });
    if (!screen) return;
    stage.current!.style.setProperty('--pointer-x', `${screen.x}px`);
    stage.current!.style.setProperty('--pointer-y', `${screen.y}px`);
  };

  // What lies under a pointer that rests changes with the masks.
  const onMasks = useEffectEvent(() => {
    if (pointer.current) hover(pointer.current);
  });
  useEffect(() => engine.masks.subscribe(() => onMasks()), [engine]);

  // React's wheel listeners are passive and could not keep the page from scrolling.
  const onWheel = useEffectEvent((event: WheelEvent) => {
    event.preventDefault();
    const perUnit = event.deltaMode === 1 ? 16 : 1;
    if (event.shiftKey) panBy(-(event.deltaX || event.deltaY) * perUnit, 0);
    else zoomAt(screenAt(event), 2 ** ((-event.deltaY * perUnit) / (event.ctrlKey ? 120 : 300)));
  });
  useEffect(() => {
    const element = stage.current!;
    const listener = (event: WheelEvent) => onWheel(event);
    element.addEventListener('wheel', listener, { passive: false });
    return () => element.removeEventListener('wheel', listener);
  }, [stage]);

  return {
    draft,
    /** Closes an open line, as Enter does. @returns there was one */
    closeDraft(): boolean {
      if (draft?.kind !== 'lasso') return false;
      closeLasso(draft.line, draft.isAdding);
      return true;
    },
    /** @returns there was something to give up */
    cancelDraft(): boolean {
      const had = draft !== null || press.current !== null;
      abandon();
      return had;
    },
    handlers: {
      onPointerDown(event: PointerEvent<HTMLElement>) {
        const screen = screenAt(event);
        pointers.current.set(event.pointerId, screen);
        if (pointers.current.size === 2) {
          abandon();
          return;
        }
        if (press.current || pointers.current.size > 2) return;
        patch(store, 'view', { cursor: null });
        const gesture = begin(event, screen);
        if (!gesture) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        const { tool, pointLabel } = store.getState().view;
        const at = normAt(screen);
        const timer =
          event.pointerType === 'touch' && (tool === 'point' || tool === 'box')
            ? window.setTimeout(() => {
                abandon();
                prompted(promptPoint(engine, store, at, tool === 'box' || pointLabel === 1 ? 0 : 1), at);
              }, longPressMs)
            : 0;
        press.current = { pointerId: event.pointerId, start: screen, isDrag: false, timer, ...gesture };
      },
      onPointerMove(event: PointerEvent<HTMLElement>) {
        const screen = screenAt(event);
        hover(screen);
        if (pointers.current.size === 2) pinch(event, screen);
        if (pointers.current.has(event.pointerId)) pointers.current.set(event.pointerId, screen);
        const current = press.current;
        if (current?.pointerId !== event.pointerId) return;
        const { start } = current;
        if (!current.isDrag && Math.hypot(screen.x - start.x, screen.y - start.y) > dragBeyondPx) {
          current.isDrag = true;
          clearTimeout(current.timer);
        }
        if (!current.isDrag) return;
        const moves = event.nativeEvent.getCoalescedEvents?.() ?? [];
        for (const move of moves.length > 0 ? moves : [event]) {
          const now = screenAt(move);
          current.onMove(normAt(now), now);
        }
      },
      onPointerUp(event: PointerEvent<HTMLElement>) {
        pointers.current.delete(event.pointerId);
        // A finger that is lifted is over nothing.
        if (event.pointerType === 'touch') hover(null);
        const current = press.current;
        if (current?.pointerId !== event.pointerId) return;
        end();
        current.onUp(normAt(screenAt(event)), current.isDrag);
      },
      onPointerCancel(event: PointerEvent<HTMLElement>) {
        pointers.current.delete(event.pointerId);
        abandon();
      },
      onPointerLeave() {
        hover(null);
      },
      onContextMenu(event: MouseEvent) {
        event.preventDefault();
      },
    },
  };
}

function clamped({ xNorm, yNorm }: NormPoint): NormPoint {
  return { xNorm: Math.max(0, Math.min(1, xNorm)), yNorm: Math.max(0, Math.min(1, yNorm)) };
}

function distanceOnScreen(a: NormPoint, b: NormPoint, video: Size, { scale }: Transform): number {
  return Math.hypot((a.xNorm - b.xNorm) * video.width, (a.yNorm - b.yNorm) * video.height) * scale;
}
