/** Run lengths of the masks of frames that were shown, kept by version under a limit in bytes. */
import type { MaskResult, MaskRle } from '../../workers/protocol/mask';
import type { ObjectId } from '../../workers/protocol/prompt';
import { FrameMark, markOf } from '../state/masklets';
import { watch } from '../state/store';
import type { EngineContext } from './context';

const limitBytes = 32 * 1024 * 1024;

type Entry = { masks: readonly MaskResult[]; bytes: number; epoch: number };

type Preview = { object: ObjectId; frameIndex: number; rle: MaskRle };

export class FrameMasks {
  readonly #context: EngineContext;
  /** In the order of use, the least recent first. */
  readonly #entries = new Map<number, Entry>();
  readonly #listeners = new Set<() => void>();
  #bytes = 0;
  #preview: Preview | null = null;
  /** Grows when versions start again from earlier ones: entries from before are shown until newer ones come. */
  #epoch = 0;
  #isRefreshing = false;

  constructor(context: EngineContext) {
    this.#context = context;
    watch(
      context.store,
      (state) => state.masklets,
      () => void this.#refresh(),
    );
    watch(
      context.store,
      (state) => state.playback.shownFrame,
      () => void this.#refresh(),
    );
  }

  get cacheBytes(): number {
    return this.#bytes;
  }

  /** The latest masks known of a frame, maybe outdated, of objects that still have one there. */
  known(frameIndex: number): readonly MaskResult[] {
    const { byObject } = this.#context.store.getState().masklets;
    const masks = this.#entries.get(frameIndex)?.masks ?? [];
    return masks.filter(({ object }) => markOf(byObject[object], frameIndex) !== FrameMark.none);
  }

  /** What is to be seen on a frame: what is known of it, with the mask that is tried out in the place of its object's own. */
  seen(frameIndex: number): readonly MaskResult[] {
    const masks = this.known(frameIndex);
    const preview = this.#preview;
    if (preview?.frameIndex !== frameIndex) return masks;
    return masks.map((mask) => (mask.object === preview.object ? { ...mask, rle: preview.rle } : mask));
  }

  /** Shows another mask of an object on a frame, without taking it; null shows its own again. */
  preview(preview: Preview | null): void {
    if (preview === this.#preview) return;
    this.#preview = preview;
    for (const listener of this.#listeners) listener();
  }

  isCurrent(frameIndex: number): boolean {
    const { byObject } = this.#context.store.getState().masklets;
    const entry = this.#entries.get(frameIndex);
    const masks = entry?.epoch === this.#epoch ? entry.masks : [];
    return Object.entries(byObject).every(
      ([object, masklet]) =>
        markOf(masklet, frameIndex) === FrameMark.none ||
        masks.some((mask) => mask.object === Number(object) && mask.version >= masklet.columns.version[frameIndex]!),
    );
  }

  /** Brings a frame's masks up to date. */
  async load(frameIndex: number): Promise<void> {
    if (this.isCurrent(frameIndex)) return;
    const { generation, threads } = this.#context;
    const epoch = this.#epoch;
    const masks = await threads.segment.masksOfFrame(frameIndex);
    if (generation === this.#context.generation) this.#keep(frameIndex, masks, epoch);
  }

  /** The worker makes other pixels now, of another state or by other settings: what is known is shown until it was asked for again. */
  outdate(): void {
    this.#epoch++;
    void this.#refresh();
  }

  /** Calls `listener` when masks of a frame have come. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  /** Follows the frame shown, one call at a time. */
  async #refresh(): Promise<void> {
    for (const listener of this.#listeners) listener();
    if (this.#isRefreshing) return;
    this.#isRefreshing = true;
    try {
      const { store } = this.#context;
      // As often as there is something newer: an answer may be older than the state by the time it is here.
      for (let tries = 0; tries < 3 && !this.isCurrent(store.getState().playback.shownFrame); tries++) {
        await this.load(store.getState().playback.shownFrame);
      }
    } catch (error) {
      this.#context.report('frame', error);
    } finally {
      this.#isRefreshing = false;
    }
  }

  #keep(frameIndex: number, masks: readonly MaskResult[], epoch: number): void {
    this.#drop(frameIndex);
    const bytes = masks.reduce((sum, { rle }) => sum + rle.counts.byteLength, 0);
    this.#entries.set(frameIndex, { masks, bytes, epoch });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= limitBytes || oldest === frameIndex) break;
      this.#drop(oldest);
    }
    for (const listener of this.#listeners) listener();
  }

  #drop(frameIndex: number): void {
    this.#bytes -= this.#entries.get(frameIndex)?.bytes ?? 0;
    this.#entries.delete(frameIndex);
  }
}
