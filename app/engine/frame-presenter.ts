/** The frame on the canvas: asked for latest-wins, held until the next one, then closed. */
import { failureOf } from '../../workers/protocol/errors';
import { patch } from '../state/store';
import type { EngineContext } from './context';
import type { FrameMasks } from './frame-masks';

/** How long a frame waits for its masks, so that both change together. A busy segment worker may take longer. */
const masksDeadlineMs = 50;

export type ShownFrame = { readonly frameIndex: number; readonly frame: VideoFrame };

export class FramePresenter {
  readonly #context: EngineContext;
  readonly #masks: FrameMasks;
  readonly #listeners = new Set<() => void>();
  #shown: ShownFrame | null = null;
  #wanted: number | null = null;
  #showing: Promise<void> | null = null;

  constructor(context: EngineContext, masks: FrameMasks) {
    this.#context = context;
    this.#masks = masks;
  }

  /** Borrowed: valid until the next frame is presented. */
  get shown(): ShownFrame | null {
    return this.#shown;
  }

  /** Shows a frame as soon as it is there. While one is on its way, only the latest wanted one is asked for next. */
  async show(frameIndex: number): Promise<void> {
    this.#wanted = frameIndex;
    this.#showing ??= this.#showWanted().finally(() => (this.#showing = null));
    return this.#showing;
  }

  /** A frame with its masks at hand, for who presents it at a time of his own. The receiver owns it. */
  async fetch(frameIndex: number): Promise<VideoFrame> {
    const masks = this.#masks.load(frameIndex).catch(() => undefined);
    const frame = await this.#context.threads.media.frame(frameIndex);
    await Promise.race([masks, new Promise((resolve) => setTimeout(resolve, masksDeadlineMs))]);
    return frame;
  }

  /** Takes the frame over and closes the one before. */
  present(frameIndex: number, frame: VideoFrame): void {
    this.#shown?.frame.close();
    this.#shown = { frameIndex, frame };
    const { store } = this.#context;
    const { shownFrame, failure } = store.getState().playback;
    if (shownFrame !== frameIndex || failure) patch(store, 'playback', { shownFrame: frameIndex, failure: null });
    for (const listener of this.#listeners) listener();
  }

  /** Empties the canvas: another frame's picture must not stand under this one's number. */
  presentFailure(frameIndex: number, thrown: unknown): void {
    this.#shown?.frame.close();
    this.#shown = null;
    patch(this.#context.store, 'playback', { frameIndex, shownFrame: frameIndex, failure: failureOf(thrown) });
    for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` when another frame is shown, or none. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  clear(): void {
    this.#wanted = null;
    this.#shown?.frame.close();
    this.#shown = null;
    for (const listener of this.#listeners) listener();
  }

  async #showWanted(): Promise<void> {
    while (this.#wanted !== null) {
      const frameIndex = this.#wanted;
      this.#wanted = null;
      const { generation } = this.#context;
      try {
        const frame = await this.fetch(frameIndex);
        if (generation === this.#context.generation) this.present(frameIndex, frame);
        else frame.close();
      } catch (error) {
        // A frame that is no longer wanted may fail: the next one tells.
        if (this.#wanted !== null || generation !== this.#context.generation) continue;
        if (isOfFrame(error)) this.presentFailure(frameIndex, error);
        throw error;
      }
    }
  }
}

/** A failure that says of a frame that it cannot be shown, whoever asks for it. */
export function isOfFrame(thrown: unknown): boolean {
  const { code } = failureOf(thrown);
  return code === 'decode-failed' || code === 'truncated-file';
}
