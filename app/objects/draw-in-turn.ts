/** Pictures of many objects are drawn one after another, each when the page has nothing better to do. */
import type { Clock } from '../engine/context';

const waiting = new Set<() => void>();
let isWorking = false;

/** @returns takes it back; a picture that waits already waits once */
export function drawInTurn(draw: () => void, clock: Pick<Clock, 'idle'>): () => void {
  waiting.add(draw);
  if (!isWorking) void work(clock);
  return () => waiting.delete(draw);
}

async function work(clock: Pick<Clock, 'idle'>): Promise<void> {
  isWorking = true;
  try {
    for (;;) {
      await clock.idle();
      const [draw] = waiting;
      if (!draw) break;
      waiting.delete(draw);
      draw();
    }
  } finally {
    isWorking = false;
  }
}
