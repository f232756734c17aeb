import { expect, it } from 'vitest';
import { MaskletError } from './errors';
import { callback, connect, serve } from './rpc';

type Api = {
  fail(): Promise<void>;
  waitFor(signal: AbortSignal): Promise<string>;
  count(to: number): Promise<AsyncIterable<number>>;
  ended(): Promise<number>;
  tell(listener: (text: string) => void): Promise<void>;
};

it('carries calls, typed errors, cancelling, callbacks and pulled streams over a port', async () => {
  let produced = 0;
  let returned = 0;
  const api: Api = {
    fail: async () => {
      throw new MaskletError('not-a-video', 'No.');
    },
    waitFor: (signal) =>
      new Promise((resolve) => {
        if (signal.aborted) resolve('aborted before');
        signal.addEventListener('abort', () => resolve('aborted'));
      }),
    count: async (to) =>
      (async function* () {
        try {
          for (let n = 0; n < to; n++) {
            produced = n;
            yield n;
          }
        } finally {
          returned++;
        }
      })(),
    ended: async () => returned,
    tell: async (listener) => listener('hello'),
  };
  const { port1, port2 } = new MessageChannel();
  serve(api, port1);
  const remote = connect<Api>(port2);

  await expect(remote.fail()).rejects.toMatchObject({ name: 'MaskletError', code: 'not-a-video', message: 'No.' });

  const controller = new AbortController();
  const waiting = remote.waitFor(controller.signal);
  controller.abort();
  expect(await waiting).toBe('aborted');
  expect(await remote.waitFor(AbortSignal.abort())).toBe('aborted before');

  const taken: number[] = [];
  for await (const n of await remote.count(100)) {
    taken.push(n);
    if (n === 3) break;
  }
  expect(taken).toEqual([0, 1, 2, 3]);
  // Pulled: nothing beyond what was taken was made, and leaving the loop ended the generator.
  expect(produced).toBe(3);
  expect(await remote.ended()).toBe(1);

  let told = '';
  await remote.tell(callback((text: string) => void (told = text)));
  await expect.poll(() => told).toBe('hello');
});

it('rejects pending and later calls, and ends streams, when the other end has failed', async () => {
  const { port1, port2 } = new MessageChannel();
  const never = new Promise<never>(() => {});
  serve(
    {
      never: () => never,
      stream: async () =>
        (async function* () {
          yield 1;
          await never;
        })(),
    },
    port1,
  );
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  const remote = connect<{ never(): Promise<void>; stream(): Promise<AsyncIterable<number>> }>(port2, failed);
  const pending = remote.never();
  const stream = (await remote.stream())[Symbol.asyncIterator]();
  expect((await stream.next()).value).toBe(1);
  const next = stream.next();
  fail(new MaskletError('worker-failed', 'Gone.'));
  for (const call of [pending, next, remote.never(), stream.next(), stream.return!()]) {
    await expect(call).rejects.toMatchObject({ code: 'worker-failed' });
  }
});
