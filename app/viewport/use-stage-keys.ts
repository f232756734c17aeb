/** Prompting without a mouse: the crosshair moves over the frame, Enter places a point under it. */
import type { KeyboardEvent } from 'react';
import { useApp } from '../app-context';
import { patch } from '../state/store';
import type { PointLabel } from '../../workers/protocol/prompt';
import { movedBy, type NormPoint, type Size } from './transform';

/** Of the video's shorter side. */
const step = 0.01;
const largeStep = 0.08;

const directions: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export function useStageKeys(video: Size, onPoint: (at: NormPoint, label: PointLabel) => void) {
  const { store } = useApp();
  return (event: KeyboardEvent) => {
    const cursor = store.getState().view.cursor ?? { xNorm: 0.5, yNorm: 0.5 };
    const direction = directions[event.key];
    if (direction && event.altKey) {
      // Alt and an arrow would leave the page.
      event.preventDefault();
      event.stopPropagation();
      patch(store, 'view', { cursor: movedBy(cursor, direction, event.shiftKey ? largeStep : step, video) });
    } else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      event.stopPropagation();
      if (store.getState().view.cursor === null) patch(store, 'view', { cursor });
      else onPoint(cursor, event.shiftKey || event.altKey ? 0 : 1);
    }
  };
}
