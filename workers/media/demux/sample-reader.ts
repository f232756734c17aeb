/** Fetches samples by slices of the file, a few neighbours at a time. */
import type { FileBytes } from './file-bytes';
import type { SampleList } from './sample-list';

/** One read: enough to keep a decoder busy, little enough to be thrown away on a seek. */
const readBytes = 1 << 20;
const readSamples = 32;
/** Other tracks' samples between two of ours that cost less to read than a read of their own. */
const gapBytes = 1 << 16;

export class SampleReader {
  readonly #bytes: FileBytes;
  readonly #offsets: Float64Array;
  readonly #sizes: Float64Array;

  /** @param count how many of the list's samples may be read */
  constructor(bytes: FileBytes, list: SampleList, count: number) {
    this.#bytes = bytes;
    this.#offsets = Float64Array.from(list.offsets.slice(0, count));
    this.#sizes = Float64Array.from(list.sizes.slice(0, count));
  }

  /**
   * Samples from `first` on, in decode order: those that one read gives, at least one.
   * @throws `truncated-file` when the file can no longer be read
   */
  async read(first: number): Promise<Uint8Array<ArrayBuffer>[]> {
    const start = this.#offsets[first]!;
    let end = start + this.#sizes[first]!;
    let next = first + 1;
    while (next < this.#offsets.length && next < first + readSamples) {
      const offset = this.#offsets[next]!;
      const sampleEnd = offset + this.#sizes[next]!;
      if (offset < end || offset > end + gapBytes || sampleEnd - start > readBytes) break;
      end = sampleEnd;
      next++;
    }
    const bytes = await this.#bytes.read(start, end - start);
    const samples: Uint8Array<ArrayBuffer>[] = [];
    for (let sample = first; sample < next; sample++) {
      const from = this.#offsets[sample]! - start;
      samples.push(bytes.subarray(from, from + this.#sizes[sample]!));
    }
    return samples;
  }
}
