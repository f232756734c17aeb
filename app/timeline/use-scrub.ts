/** Dragging the playhead. */
import { useRef, type PointerEvent, type RefObject } from 'react';
import { useApp } from '../app-context';
import { run } from '../run-command';
import { frameAtX, type TimelineScale } from './timeline-scale';

/** @param area the element whose left edge is frame 0 */
export function useScrub(area: RefObject<HTMLElement | null>, scale: TimelineScale) {
  const { engine, store } = useApp();
  const pointer = useRef<number | null>(null);
  const seek = (event: PointerEvent) => {
    const frameIndex = frameAtX(event.clientX - area.current!.getBoundingClientRect().left, scale);
    // Frames that come late are skipped by the presenter, so every move may ask.
    if (frameIndex !== store.getState().playback.frameIndex) run(engine.player.seek(frameIndex));
  };
  return {
    onPointerDown(event: PointerEvent<HTMLElement>) {
      if (event.button !== 0 || pointer.current !== null) return;
      pointer.current = event.pointerId;
      event.currentTarget.setPointerCapture(event.pointerId);
      seek(event);
    },
    onPointerMove(event: PointerEvent) {
      if (pointer.current === event.pointerId) seek(event);
    },
    onPointerUp() {
      pointer.current = null;
    },
    onPointerCancel() {
      pointer.current = null;
    },
  };
}
