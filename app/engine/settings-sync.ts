/** Keeps the segment worker's settings and its repairs of each object as the state has them, also after undo and restart. */
import type { ObjectId } from '../../workers/protocol/prompt';
import { usualSettings, type ObjectCleanUp, type TrackerSettings } from '../../workers/protocol/segment-contract';
import { trackerSettings } from '../state/settings';
import { watch } from '../state/store';
import type { EngineContext } from './context';
import type { FrameMasks } from './frame-masks';

export class SettingsSync {
  readonly #context: EngineContext;
  readonly #masks: FrameMasks;
  /** What the worker was told; settings outlive a video, repairs do not. */
  #settings: TrackerSettings = usualSettings;
  readonly #cleanUps = new Map<ObjectId, ObjectCleanUp>();

  constructor(context: EngineContext, masks: FrameMasks) {
    this.#context = context;
    this.#masks = masks;
    watch(
      context.store,
      (state) => state.objects.list,
      () => this.#tellCleanUps(),
    );
    watch(
      context.store,
      (state) => state.settings,
      () => this.#tellSettings(),
    );
    watch(
      context.store,
      (state) => state.project.video,
      () => this.#cleanUps.clear(),
    );
    this.#tellSettings();
  }

  /** States everything to a worker that knows nothing yet. */
  restart(): void {
    this.#settings = usualSettings;
    this.#cleanUps.clear();
    this.#tellSettings();
    this.#tellCleanUps();
  }

  #tellSettings(): void {
    const settings = trackerSettings(this.#context.store.getState().settings);
    const names = Object.keys(settings) as (keyof TrackerSettings)[];
    if (names.every((name) => settings[name] === this.#settings[name])) return;
    this.#settings = settings;
    this.#told(this.#context.threads.segment.configure(settings));
  }

  #tellCleanUps(): void {
    for (const { id, cleanUp } of this.#context.store.getState().objects.list) {
      if ((this.#cleanUps.get(id) ?? null) === cleanUp) continue;
      if (cleanUp) this.#cleanUps.set(id, cleanUp);
      else this.#cleanUps.delete(id);
      // Of an object that the worker may not know yet.
      this.#told(this.#context.joined.then(() => this.#context.threads.segment.setCleanUp(id, cleanUp)));
    }
  }

  #told(answer: Promise<unknown>): void {
    answer.catch((error: unknown) => this.#context.report('frame', error));
    // Asked for after it, so made with it.
    this.#masks.outdate();
  }
}
