/** Questions before something is lost. Scripts are not asked: their commands do not come this way. */
import type { App } from './app-context';
import { hasUnsavedWork } from './state/unsaved';
import { patch, type AppStore } from './state/store';
import type { Question } from './state/view';

export type Answer = 'keep' | 'save' | 'lose';

const waiting = new WeakMap<AppStore, (answer: Answer) => void>();

/** Shows a question; one that was open gets the answer that loses nothing. */
function ask(store: AppStore, question: Question): Promise<Answer> {
  answer(store, 'keep');
  patch(store, 'view', { question });
  return new Promise((resolve) => waiting.set(store, resolve));
}

export function answer(store: AppStore, given: Answer): void {
  const resolve = waiting.get(store);
  waiting.delete(store);
  patch(store, 'view', { question: null });
  resolve?.(given);
}

/** For the last steps to reach the disk. */
const mostWaitMs = 2000;

/** Opens something in place of the open video, unless the person would rather keep what was done to it. */
export async function replaceWork({ engine, store }: App, open: () => Promise<unknown>): Promise<void> {
  if (hasUnsavedWork(store.getState())) await engine.autosave.settle(mostWaitMs);
  if (hasUnsavedWork(store.getState())) {
    const given = await ask(store, 'replace-work');
    if (given === 'keep') return;
    if (given === 'save') await engine.exporting.save(store.getState().exporting.format);
  }
  await open();
}

/** Lets a recording go, unless the person would rather keep it. */
export async function discardRecording({ engine, store }: App): Promise<void> {
  const { phase } = store.getState().recording;
  const isUnderWay = phase === 'recording' || phase === 'stopping';
  if (isUnderWay && (await ask(store, 'discard-recording')) === 'keep') return;
  engine.recorder.discard();
}
