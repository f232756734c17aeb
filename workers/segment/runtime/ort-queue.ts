/**
 * One queue for every call into ONNX Runtime of this worker: two runs in flight hang its native builds, and creating a
 * session during a run crashes them.
 */
let tail: Promise<unknown> = Promise.resolve();
let busyMs = 0;

/** Runs `call` after all calls before it, whether they failed or not. */
export function enqueue<T>(call: () => Promise<T>): Promise<T> {
  const timed = async (): Promise<T> => {
    const start = performance.now();
    try {
      return await call();
    } finally {
      busyMs += performance.now() - start;
    }
  };
  const result = tail.then(timed, timed);
  tail = result.catch(() => undefined);
  return result;
}

/** Milliseconds spent inside ONNX Runtime so far: the rest of a frame's time is ours. */
export function ortBusyMs(): number {
  return busyMs;
}
