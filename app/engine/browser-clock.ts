/** The page's own clock. */
import type { Clock } from './context';

export const browserClock: Clock = {
  nowMs: () => performance.now(),
  nextTick: (callback) => void requestAnimationFrame(callback),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  idle: () =>
    new Promise((resolve) => {
      // Not in every browser.
      if ('requestIdleCallback' in window) requestIdleCallback(() => resolve(), { timeout: 1000 });
      else setTimeout(resolve, 50);
    }),
};
