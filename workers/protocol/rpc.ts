/**
 * Calls across threads: Comlink, and the three things it lacks: errors that keep their code, an AbortSignal or a
 * port as an argument, and a pulled async stream as a result. Both ends must import this module.
 */
import * as Comlink from 'comlink';
import { asMaskletError, MaskletError, type Failure } from './errors';

/** An API as seen from another thread: every method returns a promise. */
export type Remote<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never;
};

type WireError = Failure & { stack: string | undefined };

// Comlink's own 'throw' handler keeps only message, name and stack.
const comlinkThrow = Comlink.transferHandlers.get('throw')!;
Comlink.transferHandlers.set('throw', {
  canHandle: (value): value is unknown => comlinkThrow.canHandle(value),
  serialize: ({ value }: { value: unknown }) => {
    const { code, message, reason, stack } = asMaskletError(value);
    return [{ code, message, reason, stack } satisfies WireError, []];
  },
  deserialize: ({ code, message, reason, stack }: WireError) => {
    const error = new MaskletError(code, message, { reason });
    if (stack !== undefined) error.stack = stack;
    throw error;
  },
});

// A port can only be moved, so passing one says so.
Comlink.transferHandlers.set('port', {
  canHandle: (value): value is MessagePort => value instanceof MessagePort,
  serialize: (port: MessagePort) => [port, [port]],
  deserialize: (port: MessagePort) => port,
});

Comlink.transferHandlers.set('abort-signal', {
  canHandle: (value): value is AbortSignal => value instanceof AbortSignal,
  serialize: (signal: AbortSignal) => {
    if (signal.aborted) return [null, []];
    const { port1, port2 } = new MessageChannel();
    signal.addEventListener('abort', () => port1.postMessage(null), { once: true });
    return [port2, [port2]];
  },
  deserialize: (port: MessagePort | null) => {
    const controller = new AbortController();
    if (port === null) controller.abort();
    else port.addEventListener('message', () => controller.abort(), { once: true });
    port?.start();
    return controller.signal;
  },
});

Comlink.transferHandlers.set('async-stream', {
  canHandle: isStream,
  serialize: (stream: AsyncIterable<unknown>) => {
    const iterator = stream[Symbol.asyncIterator]();
    const { port1, port2 } = new MessageChannel();
    const source = {
      next: () => iterator.next(),
      return: async () => {
        await iterator.return?.();
        return { done: true, value: undefined };
      },
    };
    Comlink.expose(source, port1);
    return [port2, [port2]];
  },
  deserialize: (port: MessagePort): AsyncIterable<unknown> => {
    const source = Comlink.wrap<AsyncIterator<unknown> & { return(): Promise<IteratorResult<unknown>> }>(port);
    return {
      [Symbol.asyncIterator]: () => ({
        next: async () => source.next(),
        return: async () => source.return(),
      }),
    };
  },
});

/** Serves an API to the thread at the other end. */
export function serve(api: object, endpoint: Comlink.Endpoint): void {
  Comlink.expose(api, endpoint);
}

/**
 * Calls the API served at the other end.
 * @param failed rejects when the other end can never answer again: every pending and later call rejects with it, and
 *   every stream ends with it
 */
export function connect<T>(endpoint: Comlink.Endpoint, failed?: Promise<never>): Remote<T> {
  const remote = Comlink.wrap(endpoint) as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  if (!failed) return remote as unknown as Remote<T>;
  const orFailure = rejectingWith(failed);
  return new Proxy(remote, {
    get: (target, method: string) => {
      // `then` would make the proxy look like a promise.
      if (method === 'then') return undefined;
      return async (...args: unknown[]) => {
        const value = await orFailure(target[method]!(...args));
        return isStream(value) ? guard(value, orFailure) : value;
      };
    },
  }) as unknown as Remote<T>;
}

type OrFailure = <T>(answer: Promise<T>) => Promise<T>;

/** One handler on `failed` for all answers: racing each against it would leave a trace of every call behind. */
function rejectingWith(failed: Promise<never>): OrFailure {
  const waiting = new Set<(error: unknown) => void>();
  let failure: { error: unknown } | null = null;
  failed.catch((error: unknown) => {
    failure = { error };
    for (const reject of waiting) reject(error);
  });
  return (answer) =>
    new Promise((resolve, reject) => {
      if (failure) {
        reject(failure.error);
        return;
      }
      waiting.add(reject);
      answer.then(resolve, reject).finally(() => waiting.delete(reject));
    });
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

function guard(stream: AsyncIterable<unknown>, orFailure: OrFailure): AsyncIterable<unknown> {
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = stream[Symbol.asyncIterator]();
      return {
        next: () => orFailure(iterator.next()),
        return: () => orFailure(iterator.return!()),
      };
    },
  };
}

/** Moves `transfer` with `value` instead of copying it: the sender must not use them any more. */
export const moving = Comlink.transfer;

/** Lets the other thread call a function of this one. */
export const callback: <T extends (...args: never[]) => unknown>(fn: T) => T = Comlink.proxy;
