/**
 * One queue for every call into ONNX Runtime of this worker: two runs in flight hang its native builds, and creating a
 * session during a run crashes them.
 */
let tail: Promise<unknown> = Promise.resolve();

/** Runs `call` after all calls before it, whether they failed or not. */
export function enqueue<T>(call: () => Promise<T>): Promise<T> {
  const result = tail.then(call, call);
  tail = result.catch(() => undefined);
  return result;
}
