/** Takes steps back and brings them back. */
import type { EngineContext } from './context';
import type { FrameMasks } from './frame-masks';
import type { History } from './history';
import type { Player } from './player';
import type { PromptCommands } from './prompt-commands';
import type { TrackCommands } from './track-commands';

export class HistoryCommands {
  readonly #context: EngineContext;
  readonly #history: History;
  readonly #prompts: PromptCommands;
  readonly #tracking: TrackCommands;
  readonly #masks: FrameMasks;
  readonly #player: Player;

  constructor(
    context: EngineContext,
    history: History,
    prompts: PromptCommands,
    tracking: TrackCommands,
    masks: FrameMasks,
    player: Player,
  ) {
    this.#context = context;
    this.#history = history;
    this.#prompts = prompts;
    this.#tracking = tracking;
    this.#masks = masks;
    this.#player = player;
  }

  /** Makes one step of all that `body` begins before it first waits. */
  together: History['together'] = (action, options, body) => this.#history.together(action, options, body);

  /** @returns false when there is nothing to take back */
  async undo(): Promise<boolean> {
    // A run that goes on is the step that is taken back.
    if (this.#isTracking) await this.#tracking.cancel();
    return this.goTo(this.#context.store.getState().history.position - 1);
  }

  /** @returns false when nothing was taken back */
  async redo(): Promise<boolean> {
    if (this.#isTracking) await this.#tracking.cancel();
    return this.goTo(this.#context.store.getState().history.position + 1);
  }

  /** Makes everything what it was when so many of the steps were done. */
  async goTo(position: number): Promise<boolean> {
    const { store } = this.#context;
    const before = store.getState().history;
    if (position < 0 || position > before.steps.length || position === before.position) return false;
    if (this.#isTracking) await this.#tracking.cancel();
    // Where it happened, so that it is seen to be undone.
    const { frameIndex } = before.steps[Math.min(position, before.position)] ?? { frameIndex: null };
    const restored = this.#history.moveTo(position);
    const isElsewhere = frameIndex !== null && frameIndex !== store.getState().playback.frameIndex;
    if (isElsewhere) this.#player.seek(frameIndex).catch((error: unknown) => this.#context.report('frame', error));
    try {
      await restored;
      this.#masks.outdate();
      await this.#prompts.stateUntold();
    } catch (error) {
      this.#context.report('frame', error);
      throw error;
    }
    return true;
  }

  /** Asked first, so that without a run everything is in place at once. */
  get #isTracking(): boolean {
    return this.#context.store.getState().tracking.run !== null;
  }
}
