/**
 * Reads a file from front to back with steps of any size. Small steps are cheapest when the file is read through in
 * large pieces, because each read of a browser costs a millisecond; large ones are stepped over.
 */
import type { FileBytes } from './file-bytes';

const largePiece = 1 << 22;
const smallPiece = 1 << 16;
/** A step that costs less to read over than to leave out. */
const smallStep = 1 << 19;

export class ForwardReader {
  readonly #file: FileBytes;
  #piece = new Uint8Array();
  #start = 0;

  constructor(file: FileBytes) {
    this.#file = file;
  }

  get fileSize(): number {
    return this.#file.size;
  }

  /**
   * A view of [start, start + length), shorter where the file ends before; valid until the next call.
   * @throws `truncated-file` when the file can no longer be read
   */
  async bytes(start: number, length: number): Promise<Uint8Array> {
    const end = Math.min(start + length, this.#file.size);
    const pieceEnd = this.#start + this.#piece.length;
    if (start < this.#start || end > pieceEnd) {
      const isSmallStep = start >= this.#start && start - pieceEnd <= smallStep;
      this.#piece = await this.#file.read(start, Math.max(length, isSmallStep ? largePiece : smallPiece));
      this.#start = start;
    }
    return this.#piece.subarray(start - this.#start, Math.max(end, start) - this.#start);
  }
}
