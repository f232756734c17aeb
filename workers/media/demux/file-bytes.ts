/** Reads a file by slices: nothing is held but one small window. */
import { MaskletError } from '../../protocol/errors';

/** Covers a box header and most movie fragments, and costs no more to read than the header alone. */
const windowSize = 8192;

export class FileBytes {
  readonly size: number;
  readonly blob: Blob;
  #window = new Uint8Array();
  #windowStart = 0;

  constructor(blob: Blob) {
    this.blob = blob;
    this.size = blob.size;
  }

  /**
   * Bytes of [start, start + length), fewer where the file ends before.
   * @throws `truncated-file` when the file can no longer be read
   */
  async read(start: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    try {
      return new Uint8Array(await this.blob.slice(start, start + length).arrayBuffer());
    } catch (cause) {
      // A File is a promise of bytes on disk, broken once somebody moves or changes them.
      throw new MaskletError(
        'truncated-file',
        'This file can no longer be read. It may have been moved or changed: open it again.',
        { reason: ['file-gone'], cause },
      );
    }
  }

  /** The same for a few bytes at a time and in ascending order: most of these reads touch the window only. */
  async peek(start: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (length > windowSize) return this.read(start, length);
    const isInside = start >= this.#windowStart && start + length <= this.#windowStart + this.#window.length;
    if (!isInside) {
      this.#window = await this.read(start, windowSize);
      this.#windowStart = start;
    }
    return this.#window.slice(start - this.#windowStart, start - this.#windowStart + length);
  }
}
