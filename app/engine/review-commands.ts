/** Walks through the frames that are worth a look. */
import { neighbouringStop, reviewKey, reviewStops, type ReviewStop } from '../state/review';
import { patch, watch } from '../state/store';
import type { EngineContext } from './context';
import type { History } from './history';
import type { Player } from './player';

export class ReviewCommands {
  readonly #context: EngineContext;
  readonly #player: Player;
  readonly #history: History;

  constructor(context: EngineContext, player: Player, history: History) {
    this.#context = context;
    this.#player = player;
    this.#history = history;
    watch(
      context.store,
      (state) => state.tracking.run,
      (run) => !run && void this.#noteSceneCuts(),
    );
    watch(
      context.store,
      (state) => state.project.video,
      () => patch(context.store, 'review', { dismissed: new Set(), sceneCuts: [] }),
    );
  }

  /** Shows the next or previous stop and selects its object. @returns null where there is none */
  async walk(isNext: boolean): Promise<ReviewStop | null> {
    const state = this.#context.store.getState();
    const stop = neighbouringStop(reviewStops(state), state.playback.frameIndex, isNext);
    if (stop) await this.show(stop);
    return stop;
  }

  async show({ object, frameIndex }: ReviewStop): Promise<void> {
    patch(this.#context.store, 'view', { selectedObject: object });
    await this.#player.seek(frameIndex);
  }

  /** The masks on the frame at the playhead look right: those stops are gone, until the masks change. */
  async dismiss(): Promise<void> {
    const { store } = this.#context;
    const state = store.getState();
    const { frameIndex } = state.playback;
    const here = reviewStops(state).filter((stop) => stop.frameIndex === frameIndex);
    if (here.length === 0) return;
    this.#history.begin('looks-right', { object: here.length === 1 ? here[0]!.object : null, frameIndex });
    const keys = here.map(({ object }) => reviewKey(state.masklets.byObject[object], object, frameIndex));
    patch(store, 'review', { dismissed: new Set([...state.review.dismissed, ...keys]) });
    await this.walk(true);
  }

  async #noteSceneCuts(): Promise<void> {
    const { generation, threads, store } = this.#context;
    if (!store.getState().project.video) return;
    try {
      const sceneCuts = await threads.media.sceneCuts();
      if (generation === this.#context.generation) patch(store, 'review', { sceneCuts });
    } catch {
      // A worker that is gone says so elsewhere.
    }
  }
}
