/** A stream from another thread that also ends, with an error, when that thread does. */
import { deferred } from './deferred';

/**
 * Items of `stream` until it ends or `failed` rejects. Leaving the loop early ends the stream.
 * The one handler on `failed` serves all items, so that a long stream leaves nothing behind on it.
 */
export async function* guardedStream<T>(stream: AsyncIterable<T>, failed: Promise<never>): AsyncGenerator<T> {
  const iterator = stream[Symbol.asyncIterator]();
  let hasFailed = false;
  let isDone = false;
  let fail: (error: unknown) => void = () => {};
  failed.catch((error: unknown) => {
    hasFailed = true;
    fail(error);
  });
  try {
    for (;;) {
      const { promise, resolve, reject } = deferred<IteratorResult<T>>();
      fail = reject;
      iterator.next().then(resolve, reject);
      const result = await promise;
      if (result.done) {
        isDone = true;
        return;
      }
      yield result.value;
    }
  } catch (error) {
    isDone = true;
    throw error;
  } finally {
    // A dead thread would never answer.
    if (!isDone && !hasFailed) await iterator.return?.();
  }
}
