/** Which part of the video the timeline shows: zoomed by wheel around the pointer, and following the playhead. */
import { useEffect, useEffectEvent, useMemo, useState, type RefObject } from 'react';
import { useApp } from '../app-context';
import { watch } from '../state/store';
import { scaleFrom, scaleShowing, wholeScale, zoomedScale, type TimelineScale } from './timeline-scale';

type Part = { firstVisible: number; visibleFrames: number };

/**
 * @param tracks where the wheel is listened to
 * @param area the element whose left edge is the first visible frame
 */
export function useTimelineView(
  tracks: RefObject<HTMLElement | null>,
  area: RefObject<HTMLElement | null>,
  frameCount: number,
  width: number,
) {
  const { store } = useApp();
  const [part, setPart] = useState<Part | null>(null);
  const scale = useMemo(() => {
    const whole = wholeScale(frameCount, width);
    return part ? scaleFrom(whole, part.firstVisible, part.visibleFrames) : whole;
  }, [part, frameCount, width]);
  const show = (next: TimelineScale) => {
    setPart(next.visibleFrames >= frameCount ? null : next);
  };

  const onFrame = useEffectEvent((frameIndex: number) => {
    const next = scaleShowing(scale, frameIndex);
    if (next !== scale) show(next);
  });
  useEffect(() => watch(store, (state) => state.playback.frameIndex, onFrame), [store]);

  const onWheel = useEffectEvent((event: WheelEvent) => {
    const isOverLanes = event.target instanceof Element && event.target.closest('[data-lanes]') !== null;
    const perUnit = event.deltaMode === 1 ? 16 : 1;
    const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    // The lanes scroll themselves.
    if (isOverLanes && !isSideways && !event.ctrlKey) return;
    event.preventDefault();
    if (isSideways) {
      const delta = (event.deltaX || event.deltaY) * perUnit;
      show(scaleFrom(scale, scale.firstVisible + (delta * scale.visibleFrames) / scale.width, scale.visibleFrames));
    } else {
      const x = event.clientX - area.current!.getBoundingClientRect().left;
      const factor = 2 ** ((-event.deltaY * perUnit) / (event.ctrlKey ? 120 : 300));
      show(zoomedScale(scale, Math.max(0, Math.min(scale.width, x)), factor));
    }
  });
  useEffect(() => {
    const element = tracks.current!;
    const listener = (event: WheelEvent) => onWheel(event);
    element.addEventListener('wheel', listener, { passive: false });
    return () => element.removeEventListener('wheel', listener);
  }, [tracks]);

  return {
    scale,
    show,
    /** Around the playhead. */
    zoomBy: (factor: number) => {
      const { frameIndex } = store.getState().playback;
      const visible = scale.visibleFrames / factor;
      show(scaleFrom(scale, frameIndex + 0.5 - visible / 2, visible));
    },
  };
}
