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

/** What a file turned out to be that can't be opened. */
export type FileKind =
  | 'a HEIF picture'
  | 'an AVI file'
  | 'an audio file'
  | 'a Windows Media file'
  | 'a Flash video'
  | 'an Ogg file'
  | 'a RealMedia file'
  | 'an IVF file'
  | 'a raw Y4M file'
  | 'an MXF file'
  | 'an MPEG program stream'
  | 'a raw MPEG stream'
  | 'an MPEG transport stream'
  | 'a raw H.264 or HEVC stream'
  | 'a PDF document'
  | 'a TIFF picture'
  | 'an OpenEXR picture'
  | 'a DPX picture'
  | 'a Photoshop file'
  | 'a JPEG XL picture'
  | 'a JPEG 2000 picture'
  | 'a RAR archive'
  | 'a 7z archive'
  | 'a gzip archive'
  | 'a bzip2 archive'
  | 'an xz archive'
  | 'a Zstandard archive'
  | 'a tar archive';

/** Sentences that a person can meet, by name, with what stands in them: for who says them in another language. */
export type ReasonValues = {
  'empty-file': [];
  'foreign-video': [kind: FileKind];
  'no-video-file': [kind: FileKind | null];
  'nothing-to-open': [];
  'coding-not-described': [codec: string];
  'file-gone': [];
  'packed-frames': [];
  'frames-missing': [];
  'index-missing': [];
  'index-damaged': [];
  'no-video-track': [];
  'zip-damaged': [];
  'zip-password': [];
  'zip-compression': [method: string];
  'foreign-archive': [kind: FileKind];
  'animation-too-large': [];
  'animation-cut-short': [];
  'copy-protected': [];
  'order-unknown': [];
  'frame-protected': [frame: number];
  'frame-damaged': [frame: number];
  'picture-damaged': [picture: number];
  'picture-size': [picture: number, width: number, height: number, firstWidth: number, firstHeight: number];
  'animation-undecodable': [codec: string];
  'codec-undecodable': [codec: string, conversion: string];
  /** The limit is a side's pixels, or the browser's own. */
  'video-too-large': [width: number, height: number, maxSide: number | null];
  'picture-too-large': [width: number, height: number, maxSide: number];
  'no-webgpu': [];
  'no-adapter': [];
  'device-refused': [];
  'wrong-numbers': [device: string, precision: 'float16' | 'float32'];
  'model-not-run': [device: string, precision: 'float16' | 'float32'];
  'pack-newer': [version: number];
  'pack-field': [field: string];
  'model-file-wrong': [file: string];
  'model-file-missing': [file: string];
  'no-pack-there': [address: string];
  'model-unreachable': [host: string];
  'buffers-too-small': [
    model: string,
    imageSize: number,
    needed: number,
    device: string,
    most: number,
    smaller: number | null,
  ];
  'weights-not-kept': [model: string];
  'store-full': [needed: number, left: number];
  'no-store': [];
  'no-weights': [];
  'model-being-loaded': [];
  'object-locked': [name: string];
  'nothing-to-lock': [frame: number];
  'nothing-to-export': [];
  'not-a-picture': [];
  'empty-mask': [];
  'no-labels': [];
  'no-web-address': [text: string];
  'export-goes-on': [];
  'server-refuses': [host: string, status: number];
  'runtime-not-started': [];
  'language-missing': [language: string];
  'labels-wrong': [place: string];
  'no-masks-read': [];
  'no-frame-fits': [];
  'import-goes-on': [];
  'too-many-objects': [objects: number, most: number];
  'project-gone': [];
  'project-unreadable': [];
  'project-newer': [];
  'project-open-elsewhere': [];
  'project-disk-full': [];
  'project-not-saved': [];
  'project-other-video': [name: string];
};

/** Name first, then what stands in it. */
export type Reason = { [K in keyof ReasonValues]: readonly [name: K, ...values: ReasonValues[K]] }[keyof ReasonValues];

/** What is kept of an error to tell a person. */
export type Failure = { code: ErrorCode; message: string; reason: Reason | null };

/** An expected failure: `message` is one sentence a person can read, with the way on. */
export class MaskletError extends Error {
  readonly code: ErrorCode;
  /** Which sentence `message` is; null where only scripts meet it, or its code says it all. */
  readonly reason: Reason | null;

  constructor(code: ErrorCode, message: string, options: ErrorOptions & { reason?: Reason | null } = {}) {
    super(message, options);
    this.name = 'MaskletError';
    this.code = code;
    this.reason = options.reason ?? null;
  }
}

export function failureOf(thrown: unknown): Failure {
  const { code, message, reason } = asMaskletError(thrown);
  return { code, message, reason };
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
