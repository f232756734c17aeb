/** Decoded frames, the most recently used of them, within limits of bytes and count. Shared by all readers of a video. */
import { copyFrame } from './copy-frame';
import type { LiveFrames } from './live-frames';

export type CacheLimits = {
  maxBytes: number;
  maxFrames: number;
  /** Frames still in a decoder's own memory. Those beyond are copied out of it. */
  maxNativeFrames: number;
};

/** Copies under way before whoever fills the cache should wait. */
const maxCopies = 4;

type Entry = { frame: VideoFrame; bytes: number; isNative: boolean };

/** What decoders need of it. */
export type FrameStore = Pick<FrameCache, 'get' | 'has' | 'put' | 'backlog' | 'dropNativeFrames'>;

export class FrameCache {
  readonly #limits: CacheLimits;
  readonly #live: LiveFrames;
  /** By sample, least recently used first. */
  readonly #entries = new Map<number, Entry>();
  readonly #copies = new Set<Promise<void>>();
  #bytes = 0;

  constructor(limits: CacheLimits, live: LiveFrames) {
    this.#limits = limits;
    this.#live = live;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Resolves when a copy is done, if too many are under way. */
  get backlog(): Promise<void> | null {
    return this.#copies.size < maxCopies ? null : Promise.race(this.#copies);
  }

  has(sample: number): boolean {
    return this.#entries.has(sample);
  }

  /** The frame stays the cache's: clone it before anything else can run. */
  get(sample: number): VideoFrame | undefined {
    const entry = this.#entries.get(sample);
    if (!entry) return undefined;
    this.#entries.delete(sample);
    this.#entries.set(sample, entry);
    return entry.frame;
  }

  /** Takes a frame just decoded, and closes it in its time. */
  put(sample: number, frame: VideoFrame): void {
    this.#evict(sample);
    const bytes = frameBytes(frame);
    this.#entries.set(sample, { frame, bytes, isNative: true });
    this.#bytes += bytes;
    // The newest one stays, whatever its size.
    for (const oldest of this.#entries.keys()) {
      if (oldest === sample) break;
      if (this.#bytes <= this.#limits.maxBytes && this.#entries.size <= this.#limits.maxFrames) break;
      this.#evict(oldest);
    }
    this.#copyNativeFrames();
  }

  /** Gives a decoder back all that is its own. */
  dropNativeFrames(): void {
    for (const [sample, { isNative }] of this.#entries) if (isNative) this.#evict(sample);
  }

  /** The same frames, for who only passes by: takes what is there and keeps nothing. */
  glance(): FrameStore {
    return {
      has: (sample) => this.has(sample),
      get: (sample) => this.get(sample),
      put: (_, frame) => this.#live.close(frame),
      backlog: null,
      dropNativeFrames: () => this.dropNativeFrames(),
    };
  }

  clear(): void {
    for (const sample of this.#entries.keys()) this.#evict(sample);
  }

  #evict(sample: number): void {
    const entry = this.#entries.get(sample);
    if (!entry) return;
    this.#entries.delete(sample);
    this.#bytes -= entry.bytes;
    this.#live.close(entry.frame);
  }

  #copyNativeFrames(): void {
    const native = [...this.#entries].filter(([, { isNative }]) => isNative);
    const surplus = native.slice(0, Math.max(0, native.length - this.#limits.maxNativeFrames));
    for (const [sample, entry] of surplus) {
      entry.isNative = false;
      const copy = this.#replaceByCopy(sample, entry).finally(() => this.#copies.delete(copy));
      this.#copies.add(copy);
    }
  }

  async #replaceByCopy(sample: number, entry: Entry): Promise<void> {
    // The entry may be evicted, and its frame closed, while the copy is made.
    const source = this.#live.adopt(entry.frame.clone());
    try {
      const copy = this.#live.adopt(await copyFrame(source));
      if (this.#entries.get(sample) !== entry) return this.#live.close(copy);
      this.#live.close(entry.frame);
      entry.frame = copy;
    } catch {
      // No copy, then no cached frame: it will be decoded again.
      if (this.#entries.get(sample) === entry) this.#evict(sample);
    } finally {
      this.#live.close(source);
    }
  }
}

/** Of the picture; a decoder may keep some more around it. */
function frameBytes(frame: VideoFrame): number {
  return frame.format ? frame.allocationSize() : frame.codedWidth * frame.codedHeight * 4;
}
