/**
 * Prompting without a mouse: Enter shows a crosshair, arrows move it while it is there, and Enter does under it what a
 * click of the tool would do. Escape puts it away; the arrows are then the playhead's again.
 */
import type { KeyboardEvent } from 'react';
import { useApp } from '../app-context';
import { patch } from '../state/store';
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

type StageKeys = {
  /** @param isOpposite takes away rather than adds */
  onPlace: (at: NormPoint, isOpposite: boolean) => void;
  /** @returns something that was drawn was closed */
  onClose: () => boolean;
  /** @returns something that was drawn was given up */
  onCancel: () => boolean;
};

export function useStageKeys(video: Size, { onPlace, onClose, onCancel }: StageKeys) {
  const { store } = useApp();
  return (event: KeyboardEvent) => {
    const { cursor } = store.getState().view;
    const direction = directions[event.key];
    const take = () => {
      event.preventDefault();
      event.stopPropagation();
    };
    if (direction && (event.altKey || cursor) && !event.ctrlKey && !event.metaKey) {
      // Alt and an arrow would leave the page.
      take();
      const from = cursor ?? { xNorm: 0.5, yNorm: 0.5 };
      patch(store, 'view', { cursor: movedBy(from, direction, event.shiftKey ? largeStep : step, video) });
    } else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) {
      take();
      if (onClose()) return;
      if (cursor === null) patch(store, 'view', { cursor: { xNorm: 0.5, yNorm: 0.5 } });
      else onPlace(cursor, event.shiftKey || event.altKey);
    } else if (event.key === 'Escape' && (onCancel() || cursor)) {
      take();
      patch(store, 'view', { cursor: null });
    }
  };
}
