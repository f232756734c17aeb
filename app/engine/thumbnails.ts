/** Small pictures of frames for the filmstrip: decoded one at a time, when nothing else is going on. */
import { watch } from '../state/store';
import type { EngineContext } from './context';
import { isOfFrame } from './frame-presenter';

const heightPx = 96;
const limit = 240;

export class Thumbnails {
  readonly #context: EngineContext;
  /** In the order of use, the least recent first. */
  readonly #bitmaps = new Map<number, ImageBitmap>();
  readonly #listeners = new Set<() => void>();
  #wanted: number[] = [];
  #isWorking = false;
  /** Where the playhead was last looked for: it has to rest. */
  #restedAt = -1;

  constructor(context: EngineContext) {
    this.#context = context;
    watch(
      context.store,
      (state) => state.project.video,
      () => this.clear(),
    );
  }

  get(frameIndex: number): ImageBitmap | undefined {
    return this.#bitmaps.get(frameIndex);
  }

  /** Replaces what was wanted before. */
  want(frames: readonly number[]): void {
    this.#wanted = [...frames];
    if (!this.#isWorking) void this.#work();
  }

  /** Calls `listener` for every thumbnail that has come. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  clear(): void {
    this.#wanted = [];
    for (const bitmap of this.#bitmaps.values()) bitmap.close();
    this.#bitmaps.clear();
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    try {
      for (;;) {
        const frameIndex = this.#wanted.find((wanted) => !this.#bitmaps.has(wanted));
        if (frameIndex === undefined) return;
        await this.#untilQuiet();
        const { generation, threads } = this.#context;
        // A damaged frame leaves a gap, and no more: who seeks there is told.
        const bitmap = await threads.media.thumbnail(frameIndex, heightPx).catch((error: unknown) => {
          if (isOfFrame(error)) return null;
          throw error;
        });
        if (!bitmap) this.#wanted = this.#wanted.filter((wanted) => wanted !== frameIndex);
        else if (generation === this.#context.generation) this.#keep(frameIndex, bitmap);
        else bitmap.close();
      }
    } catch {
      // A strip with a gap is no failure a person needs to hear of.
      this.#wanted = [];
    } finally {
      this.#isWorking = false;
    }
  }

  /** Waits while the decoder has better things to do. */
  async #untilQuiet(): Promise<void> {
    const { store, clock } = this.#context;
    for (;;) {
      await clock.idle();
      const { playback, tracking, project } = store.getState();
      const isScrubbing = playback.frameIndex !== playback.shownFrame;
      const isResting = playback.frameIndex === this.#restedAt;
      if (isResting && !playback.isPlaying && !tracking.run && !project.opening && !isScrubbing) return;
      this.#restedAt = playback.frameIndex;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  #keep(frameIndex: number, bitmap: ImageBitmap): void {
    this.#bitmaps.set(frameIndex, bitmap);
    for (const [oldest, old] of this.#bitmaps) {
      if (this.#bitmaps.size <= limit) break;
      old.close();
      this.#bitmaps.delete(oldest);
    }
    for (const listener of this.#listeners) listener();
  }
}
