/** The masks as they were before the last correction and its run, for the comparison, while it is asked for. */
import type { MaskResult } from '../../workers/protocol/mask';
import { comparedPosition } from '../state/history';
import { watch } from '../state/store';
import type { EngineContext } from './context';
import type { History } from './history';

/** Frames that are kept: to scrub to and fro over a correction. */
const mostFrames = 64;

export class EarlierMasks {
  readonly #context: EngineContext;
  readonly #history: History;
  /** By frame, of one snapshot. */
  readonly #frames = new Map<number, readonly MaskResult[]>();
  readonly #listeners = new Set<() => void>();
  #snapshot: number | null = null;
  #isLoading = false;
  /** Grows when the worker makes other pixels of the same masks. */
  #epoch = 0;

  constructor(context: EngineContext, history: History) {
    this.#context = context;
    this.#history = history;
    const { store } = context;
    watch(
      store,
      ({ view }) => view.comparison === 'before',
      () => void this.#refresh(),
    );
    watch(
      store,
      ({ playback }) => playback.shownFrame,
      () => void this.#refresh(),
    );
    watch(
      store,
      ({ history }) => history,
      () => void this.#refresh(),
    );
    // Shown by the repairs and settings of now.
    watch(
      store,
      ({ objects }) => objects.list,
      () => this.#outdate(),
    );
    watch(
      store,
      ({ settings }) => settings,
      () => this.#outdate(),
    );
  }

  /** Of a frame, as far as they are here. */
  known(frameIndex: number): readonly MaskResult[] {
    return this.#frames.get(frameIndex) ?? [];
  }

  /** Calls `listener` when masks have come or gone. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #outdate(): void {
    this.#epoch++;
    this.#frames.clear();
    void this.#refresh();
  }

  /** Follows the frame shown, one call at a time. */
  async #refresh(): Promise<void> {
    const { store, threads } = this.#context;
    if (this.#isLoading || store.getState().view.comparison !== 'before') return;
    this.#isLoading = true;
    try {
      for (;;) {
        const position = comparedPosition(store.getState().history);
        const snapshot = position === null ? null : await this.#history.snapshotAt(position);
        if (snapshot !== this.#snapshot) this.#frames.clear();
        this.#snapshot = snapshot;
        const { shownFrame } = store.getState().playback;
        if (snapshot === null || this.#frames.has(shownFrame)) break;
        const epoch = this.#epoch;
        const masks = await threads.segment.masksOfSnapshot(snapshot, shownFrame);
        if (epoch !== this.#epoch) continue;
        this.#frames.set(shownFrame, masks);
        for (const oldest of this.#frames.keys()) {
          if (this.#frames.size <= mostFrames) break;
          this.#frames.delete(oldest);
        }
      }
    } catch {
      // The state is no longer remembered, or the worker is gone, which is said elsewhere: there is nothing to compare with.
      this.#frames.clear();
    } finally {
      this.#isLoading = false;
      for (const listener of this.#listeners) listener();
    }
  }
}
