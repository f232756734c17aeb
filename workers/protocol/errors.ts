/** The closed set of failures a person or a caller of the API can meet. Callers branch on `code`, never on the message. */

export type ErrorCode =
  | 'not-a-video'
  | 'unsupported-container'
  | 'unsupported-codec'
  | 'no-frames'
  | 'truncated-file'
  | 'frame-too-large'
  | 'decode-failed'
  | 'frame-out-of-range'
  | 'no-video'
  | 'no-model'
  | 'model-missing'
  | 'model-corrupt'
  | 'model-incompatible'
  | 'model-too-large'
  | 'webgpu-unavailable'
  | 'device-lost'
  | 'out-of-memory'
  | 'storage-full'
  | 'network'
  | 'invalid-argument'
  | 'unknown-object'
  | 'unknown-snapshot'
  | 'nothing-to-track'
  | 'busy'
  | 'cancelled'
  | 'worker-failed'
  | 'internal';

/** An expected failure: `message` is one sentence a person can read, with the way on. */
export class MaskletError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MaskletError';
    this.code = code;
  }
}

/** Anything thrown, as a MaskletError: aborts become `cancelled`, failed allocations `out-of-memory`, the rest `internal`. */
export function asMaskletError(thrown: unknown): MaskletError {
  if (thrown instanceof MaskletError) return thrown;
  const name = thrown instanceof Error || thrown instanceof DOMException ? thrown.name : '';
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (name === 'AbortError') return new MaskletError('cancelled', 'Cancelled.', { cause: thrown });
  if (name === 'QuotaExceededError') {
    return new MaskletError('storage-full', 'The disk space this site may use is full. Free some and try again.', {
      cause: thrown,
    });
  }
  if (name === 'RangeError' && /allocation|array buffer/i.test(message)) {
    return new MaskletError('out-of-memory', 'There is not enough memory for this. Close other tabs and try again.', {
      cause: thrown,
    });
  }
  return new MaskletError('internal', message || 'Something unexpected failed.', { cause: thrown });
}
