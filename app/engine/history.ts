/**
 * What undo restores: a mark before every step, of the page's state and of the segment worker's. Taking a mark waits for
 * nobody; what is asked of the worker afterwards waits until its part of the mark is on the way (`marked`).
 */
import { asMaskletError } from '../../workers/protocol/errors';
import type { ObjectId } from '../../workers/protocol/prompt';
import type { AnswersState } from '../state/answers';
import { noHistory, type HistoryStep } from '../state/history';
import { shareMasklets, type MaskletsState } from '../state/masklets';
import { findObject, type ObjectsState } from '../state/objects';
import type { PlaybackState } from '../state/playback';
import { noPrompts, type PromptsState } from '../state/prompts';
import type { ReviewState } from '../state/review';
import type { SettingsState } from '../state/settings';
import { patch, watch } from '../state/store';
import type { EngineContext } from './context';
import { deferred } from './deferred';
import type { ModelCommands } from './model-commands';

const mostSteps = 200;

/** The worker's part: its snapshot, and the prompts it knew then, which may be fewer than the page had. */
type TrackerMark = { snapshot: number; told: PromptsState };

export type Mark = {
  objects: ObjectsState;
  prompts: PromptsState;
  masklets: MaskletsState;
  candidates: AnswersState['candidates'];
  settings: SettingsState;
  range: PlaybackState['range'];
  dismissed: ReviewState['dismissed'];
  selectedObject: ObjectId | null;
  /** Null when there was no model: then the worker has made nothing. */
  tracker: Promise<TrackerMark | null>;
};

type StepOptions = {
  object?: ObjectId | null;
  frameIndex?: number | null;
  /** Steps in a row with the same key are one: a slider that is dragged. */
  mergeKey?: string;
};

export class History {
  readonly #context: EngineContext;
  readonly #model: ModelCommands;
  /** One before every step, and one after the last while something is taken back. */
  readonly #marks: Mark[] = [];
  #nextId = 1;
  #nesting = 0;
  #mergeKey: string | null = null;
  #marked: Promise<unknown> = Promise.resolve();
  #restoring: Promise<unknown> = Promise.resolve();
  /** The prompts that the segment worker was told. */
  told: PromptsState = noPrompts;
  /** Grows when another state is restored: an answer to a question from before is nobody's. */
  epoch = 0;

  constructor(context: EngineContext, model: ModelCommands) {
    this.#context = context;
    this.#model = model;
    watch(
      context.store,
      (state) => state.project.video,
      () => {
        this.clear();
        this.forgetTold();
      },
    );
    watch(
      context.store,
      (state) => state.model.status,
      // Snapshots go with the model that made them.
      (_, before) => before && this.clear(),
    );
  }

  /**
   * Remembers the present state under the name of what is about to happen.
   * @returns the step, or null when it belongs to one that has begun
   */
  begin(
    action: HistoryStep['action'],
    { object = null, frameIndex = null, mergeKey }: StepOptions = {},
  ): number | null {
    if (this.#nesting > 0) return null;
    const { store } = this.#context;
    const { history, objects } = store.getState();
    const isMerged = mergeKey !== undefined && mergeKey === this.#mergeKey && history.position === history.steps.length;
    if (isMerged) return null;
    this.#mergeKey = mergeKey ?? null;
    this.#release(this.#marks.splice(history.position));
    this.#marks.push(this.#capture());
    const id = this.#nextId++;
    const step: HistoryStep = { id, action, object: findObject(objects, object)?.name ?? null, frameIndex };
    const steps = [...history.steps.slice(0, history.position), step];
    if (steps.length > mostSteps) {
      steps.shift();
      this.#release([this.#marks.shift()!]);
    }
    store.setState({ history: { steps, position: steps.length } });
    return id;
  }

  /** Makes one step of all that `body` begins before it first waits. */
  together<R>(action: HistoryStep['action'], options: StepOptions, body: (step: number | null) => R): R {
    const step = this.begin(action, options);
    this.#nesting++;
    try {
      return body(step);
    } finally {
      this.#nesting--;
    }
  }

  /** Drops the newest step, which has changed nothing. */
  forget(id: number | null): void {
    const { history } = this.#context.store.getState();
    if (id === null || history.steps.at(-1)?.id !== id || history.position !== history.steps.length) return;
    const steps = history.steps.slice(0, -1);
    this.#release(this.#marks.splice(steps.length));
    this.#context.store.setState({ history: { steps, position: steps.length } });
  }

  /** Resolves when the worker's part of all marks is asked for: what comes later does not show in them. */
  async marked(): Promise<void> {
    await this.#marked;
    await this.#restoring;
  }

  /**
   * Makes everything what it was before the step at `position`, or after all steps.
   * @returns the state is in place; prompts that the worker had not been told by then are still to be stated
   */
  async moveTo(position: number): Promise<void> {
    const { store } = this.#context;
    const { history } = store.getState();
    if (position === history.position || position < 0 || position > history.steps.length) return;
    // The way back to the present.
    if (history.position === history.steps.length) {
      this.#release(this.#marks.splice(history.position));
      this.#marks.push(this.#capture());
    }
    this.#mergeKey = null;
    this.epoch++;
    const mark = this.#marks[position]!;
    const { objects, prompts, settings, masklets, candidates, range, dismissed, selectedObject } = mark;
    store.setState((state) => ({
      objects: { ...objects, nextId: Math.max(objects.nextId, state.objects.nextId) },
      prompts,
      settings,
      masklets,
      playback: { ...state.playback, range },
      review: { ...state.review, dismissed },
      answers: { pending: new Set(), candidates },
      view: { ...state.view, selectedObject, selectedPoint: null },
      history: { ...history, position },
    }));
    const { epoch } = this;
    const marked = this.#marked;
    const restore = async (before: Promise<unknown>) => {
      await before;
      // The present must be remembered before it is replaced.
      await marked;
      // Only the last of several steps counts.
      if (epoch === this.epoch) await this.#restoreTracker(mark);
    };
    const restored = restore(this.#restoring);
    this.#restoring = restored.catch(() => undefined);
    await restored;
  }

  /**
   * Begins with a step that is done already.
   * @param before what it is taken back to, and the worker's snapshot of it
   */
  startWith(
    action: HistoryStep['action'],
    before: Omit<Mark, 'tracker' | 'settings' | 'range' | 'dismissed'>,
    snapshot: number,
  ): void {
    this.clear();
    const { settings, playback, review } = this.#context.store.getState();
    const unchanged = { settings, range: playback.range, dismissed: review.dismissed };
    this.#marks.push({ ...unchanged, ...before, tracker: Promise.resolve({ snapshot, told: noPrompts }) });
    const step: HistoryStep = { id: this.#nextId++, action, object: null, frameIndex: null };
    this.#context.store.setState({ history: { steps: [step], position: 1 } });
  }

  /** The worker's snapshot of the state when so many steps were done; null when it made none. */
  async snapshotAt(position: number): Promise<number | null> {
    return (await this.#marks[position]?.tracker)?.snapshot ?? null;
  }

  clear(): void {
    this.#marks.length = 0;
    this.#mergeKey = null;
    this.#context.store.setState({ history: noHistory });
  }

  /** Of a worker that knows nothing yet. */
  forgetTold(): void {
    this.told = noPrompts;
  }

  #capture(): Mark {
    const { store, generation } = this.#context;
    const { objects, prompts, settings, masklets, answers, playback, review, view } = store.getState();
    const shared = shareMasklets(masklets);
    patch(store, 'masklets', shared);
    const asked = deferred<void>();
    const snapshot = async (): Promise<TrackerMark | null> => {
      const restoring = this.#restoring;
      try {
        await Promise.all([this.#context.joined, this.#model.ready(), restoring]);
        this.#context.checkGeneration(generation);
        const { told } = this;
        const answer = this.#context.threads.segment.snapshot();
        asked.resolve();
        return { snapshot: await answer, told };
      } catch {
        // Without a model or a worker there is nothing to remember; the page says so elsewhere.
        return null;
      } finally {
        asked.resolve();
      }
    };
    const tracker = snapshot();
    this.#marked = asked.promise;
    return {
      objects,
      prompts,
      settings,
      range: playback.range,
      dismissed: review.dismissed,
      masklets: shared,
      candidates: answers.candidates,
      selectedObject: view.selectedObject,
      tracker,
    };
  }

  async #restoreTracker(mark: Mark): Promise<void> {
    const { generation } = this.#context;
    const tracker = await mark.tracker;
    this.#context.checkGeneration(generation);
    if (!tracker) return;
    this.told = tracker.told;
    try {
      await this.#context.threads.segment.restore(tracker.snapshot);
    } catch (error) {
      if (asMaskletError(error).code !== 'unknown-snapshot') throw error;
    }
  }

  #release(marks: readonly Mark[]): void {
    const { generation, threads } = this.#context;
    if (marks.length === 0) return;
    void Promise.all(marks.map(({ tracker }) => tracker)).then(async (trackers) => {
      if (generation !== this.#context.generation) return;
      // Those of another model went with it.
      await threads.segment
        .dropSnapshots(trackers.flatMap((tracker) => tracker?.snapshot ?? []))
        .catch(() => undefined);
    });
  }
}
