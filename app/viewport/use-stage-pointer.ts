/** Pointers on the stage: click for a point, drag for a box, long press for the opposite of a tap. */
import { useRef, useState, type MouseEvent, type PointerEvent } from 'react';
import type { BoxPrompt, PointLabel } from '../../workers/protocol/prompt';
import { boxBetween, isOnVideo, toVideo, type NormPoint, type Size, type Transform } from './transform';

const dragBeyondPx = 6;
const longPressMs = 450;

type Press = {
  pointerId: number;
  x: number;
  y: number;
  at: NormPoint;
  label: PointLabel;
  timer: number;
  isDrag: boolean;
};

type StagePointerOptions = {
  video: Size;
  transform: Transform;
  /** What a plain click adds. */
  pointLabel: PointLabel;
  /** In the box tool a click without a drag adds nothing. */
  isBoxTool: boolean;
  /** A pointer is in use. */
  onBegin: () => void;
  onPoint: (at: NormPoint, label: PointLabel) => void;
  onBox: (box: BoxPrompt) => void;
};

export function useStagePointer(options: StagePointerOptions) {
  const { video, transform, pointLabel, isBoxTool, onBegin, onPoint, onBox } = options;
  const press = useRef<Press | null>(null);
  const [draft, setDraft] = useState<BoxPrompt | null>(null);

  const normAt = (event: MouseEvent<HTMLElement>): NormPoint => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    return toVideo({ x: event.clientX - left, y: event.clientY - top }, video, transform);
  };
  const end = () => {
    if (press.current) clearTimeout(press.current.timer);
    press.current = null;
    setDraft(null);
  };

  return {
    draft,
    handlers: {
      onPointerDown(event: PointerEvent<HTMLElement>) {
        if (press.current || (event.button !== 0 && event.button !== 2)) return;
        const at = normAt(event);
        if (!isOnVideo(at)) return;
        onBegin();
        const isOpposite = event.button === 2 || event.altKey || event.shiftKey;
        const label: PointLabel = isOpposite ? (pointLabel === 1 ? 0 : 1) : pointLabel;
        event.currentTarget.setPointerCapture(event.pointerId);
        const timer =
          event.pointerType === 'touch' && !isBoxTool
            ? window.setTimeout(() => {
                end();
                onPoint(at, label === 1 ? 0 : 1);
              }, longPressMs)
            : 0;
        press.current = {
          pointerId: event.pointerId,
          x: event.clientX,
          y: event.clientY,
          at,
          label,
          timer,
          isDrag: false,
        };
      },
      onPointerMove(event: PointerEvent<HTMLElement>) {
        const current = press.current;
        if (current?.pointerId !== event.pointerId) return;
        const distance = Math.hypot(event.clientX - current.x, event.clientY - current.y);
        if (!current.isDrag && distance > dragBeyondPx) {
          current.isDrag = true;
          clearTimeout(current.timer);
        }
        if (current.isDrag) setDraft(boxBetween(current.at, normAt(event)));
      },
      onPointerUp(event: PointerEvent<HTMLElement>) {
        const current = press.current;
        if (current?.pointerId !== event.pointerId) return;
        end();
        if (current.isDrag) {
          const box = boxBetween(current.at, normAt(event));
          if (box.x1Norm > box.x0Norm && box.y1Norm > box.y0Norm) onBox(box);
        } else if (!isBoxTool) {
          onPoint(current.at, current.label);
        }
      },
      onPointerCancel: end,
      onContextMenu(event: MouseEvent) {
        event.preventDefault();
      },
    },
  };
}
