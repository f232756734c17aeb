/** Keeps the segment worker's repairs of each object as the state has them, also after undo and restart. */
import type { ObjectId } from '../../workers/protocol/prompt';
import type { ObjectCleanUp } from '../../workers/protocol/segment-contract';
import { watch } from '../state/store';
import type { EngineContext } from './context';
import type { FrameMasks } from './frame-masks';

export class CleanUpSync {
  readonly #context: EngineContext;
  readonly #masks: FrameMasks;
  readonly #told = new Map<ObjectId, ObjectCleanUp>();

  constructor(context: EngineContext, masks: FrameMasks) {
    this.#context = context;
    this.#masks = masks;
    watch(
      context.store,
      (state) => state.objects.list,
      () => this.tell(),
    );
    watch(
      context.store,
      (state) => state.project.video,
      () => this.forget(),
    );
  }

  /** Of a worker that knows nothing yet. */
  forget(): void {
    this.#told.clear();
  }

  /** States what the worker does not know. */
  tell(): void {
    for (const { id, cleanUp } of this.#context.store.getState().objects.list) {
      if ((this.#told.get(id) ?? null) === cleanUp) continue;
      if (cleanUp) this.#told.set(id, cleanUp);
      else this.#told.delete(id);
      this.#context.threads.segment
        .setCleanUp(id, cleanUp)
        .catch((error: unknown) => this.#context.report('frame', error));
      // Asked for after it, so made with it.
      this.#masks.outdate();
    }
  }
}
