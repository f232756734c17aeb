/** Starts the page's workers. */
import { MaskletError } from '../../workers/protocol/errors';
import { deferred } from './deferred';
import type { Thread, ThreadName } from './threads';

export function startBrowserThread(name: ThreadName): Thread {
  const worker = start[name]();
  const { promise: failed, reject } = deferred<never>();
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    reject(new MaskletError('worker-failed', event.message || `The ${name} worker could not be started.`));
  });
  worker.addEventListener('messageerror', () =>
    reject(new MaskletError('worker-failed', `The ${name} worker sent a message that could not be read.`)),
  );
  return { endpoint: worker, failed, stop: () => worker.terminate() };
}

/** Each URL is written out, so that the bundler finds the workers. */
const start: Record<ThreadName, () => Worker> = {
  media: () => new Worker(new URL('../../workers/media/media.worker.ts', import.meta.url), { type: 'module' }),
  segment: () => new Worker(new URL('../../workers/segment/segment.worker.ts', import.meta.url), { type: 'module' }),
  store: () => new Worker(new URL('../../workers/store/store.worker.ts', import.meta.url), { type: 'module' }),
  export: () => new Worker(new URL('../../workers/export/export.worker.ts', import.meta.url), { type: 'module' }),
};
