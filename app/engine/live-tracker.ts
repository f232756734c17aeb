/**
 * Follows objects on a live source while it is recorded, as fast as the device can: the newest frame is tracked when the
 * one before is done, and those that came between are passed over and counted. One call to the tracker at a time; clicks
 * go before the next frame.
 */
import { failureOf } from '../../workers/protocol/errors';
import type { MaskResult } from '../../workers/protocol/mask';
import type { ObjectId, PointLabel } from '../../workers/protocol/prompt';
import type { Remote } from '../../workers/protocol/rpc';
import type { LiveSource, ModelStatus, TrackerApi } from '../../workers/protocol/segment-contract';
import { t } from '../messages/messages';
import { nothingLive, type LiveAnswer, type LiveState } from '../state/live';
import { addObject, findObject, removeObject, type ObjectsState } from '../state/objects';
import {
  forgetPrompts,
  isPrompted,
  noPrompts,
  promptedFrames,
  promptsOn,
  statePrompts,
  withPoints,
  type PromptsState,
} from '../state/prompts';
import { patch } from '../state/store';
import type { EngineContext } from './context';
import type { ModelCommands } from './model-commands';

/** What was said and found on the live source. */
export type LiveResult = Pick<LiveState, 'objects' | 'prompts' | 'selectedObject'> & {
  answers: readonly LiveAnswer[];
  /** Of the tracker before all of it; null when that can't be had back. */
  emptySnapshot: number | null;
};

export type LiveFigures = {
  /** Frames recorded since there is something to follow. */
  passedFrames: number;
  trackedFrames: number;
  /** Of the last few; null before there are two. */
  framesPerSecond: number | null;
};

/** A rate over so many frames is steady enough to be read. */
const rateFrames = 8;

export class LiveTracker {
  readonly #context: EngineContext;
  readonly #model: ModelCommands;
  readonly #listeners = new Set<() => void>();
  readonly #answers: LiveAnswer[] = [];
  readonly #steps: Pick<LiveState, 'objects' | 'prompts' | 'selectedObject'>[] = [];
  /** The newest mask of each object. */
  readonly #masks = new Map<ObjectId, MaskResult>();
  readonly #doneMs: number[] = [];
  #tracker: Promise<Remote<TrackerApi>> | null = null;
  #emptySnapshot: { snapshot: number; model: ModelStatus } | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #newestFrame = -1;
  #lastTracked = -1;
  #firstPassed = -1;
  /** Those with a mask of any object. */
  readonly #maskedFrames = new Set<number>();
  #isFollowing = false;
  #isOver = false;
  /** What the tracker knows. */
  #toldObjects = new Set<ObjectId>();
  #told: PromptsState = noPrompts;

  constructor(context: EngineContext, model: ModelCommands) {
    this.#context = context;
    this.#model = model;
    context.store.setState({ live: nothingLive });
  }

  /** Masks to be drawn over the picture: of each object the newest. */
  get masks(): readonly MaskResult[] {
    return [...this.#masks.values()];
  }

  figures(): LiveFigures {
    const [first] = this.#doneMs;
    const last = this.#doneMs.at(-1);
    const elapsedMs = first === undefined || last === undefined ? 0 : last - first;
    return {
      passedFrames: this.#firstPassed < 0 ? 0 : this.#newestFrame - this.#firstPassed + 1,
      trackedFrames: this.#maskedFrames.size,
      framesPerSecond: elapsedMs > 0 ? ((this.#doneMs.length - 1) * 1000) / elapsedMs : null,
    };
  }

  /** A frame was recorded. It is tracked if nothing else is being tracked; nothing waits. */
  offer(frameIndex: number): void {
    this.#newestFrame = frameIndex;
    void this.#follow();
  }

  /**
   * A point on a recorded frame, for the selected object; for a new one where none is selected.
   * @returns false for a negative point on something that has no positive one
   */
  async point(
    source: LiveSource,
    frameIndex: number,
    { xNorm, yNorm }: { xNorm: number; yNorm: number },
    label: PointLabel,
  ): Promise<boolean> {
    const { live } = this.#context.store.getState();
    const selected = live.selectedObject;
    if (label === 0 && (selected === null || !isPrompted(live.prompts, selected))) return false;
    this.#remember();
    const objects = selected === null ? withNewObject(live.objects) : live.objects;
    const object = selected ?? live.objects.nextId;
    const points = withPoints(promptsOn(live.prompts, object, frameIndex), [{ xNorm, yNorm, label }]);
    this.#patch({
      objects,
      selectedObject: object,
      prompts: statePrompts(live.prompts, object, frameIndex, points),
      failure: null,
    });
    this.#tracker ??= this.#open(source);
    await this.#state(object, frameIndex);
    return true;
  }

  /** The next point makes a new object. */
  selectNew(): void {
    this.#patch({ selectedObject: null });
  }

  select(object: ObjectId): void {
    this.#patch({ selectedObject: object });
  }

  /** Follows an object no longer, and forgets its masks. */
  async remove(object: ObjectId): Promise<void> {
    const { live } = this.#context.store.getState();
    if (!findObject(live.objects, object)) return;
    this.#remember();
    const objects = removeObject(live.objects, object);
    const isSelected = live.selectedObject === object;
    this.#patch({
      objects,
      prompts: forgetPrompts(live.prompts, object),
      selectedObject: isSelected ? (objects.list.at(-1)?.id ?? null) : live.selectedObject,
    });
    await this.#unsay(object);
  }

  /** Takes the last point, or the last removal, back. What was tracked meanwhile stays. */
  async undo(): Promise<void> {
    const before = this.#steps.pop();
    if (!before) return;
    const now = this.#context.store.getState().live;
    // Ids are never used twice.
    const objects = { ...before.objects, nextId: now.objects.nextId };
    this.#patch({ ...before, objects, canUndo: this.#steps.length > 0, failure: null });
    const gone = now.objects.list.filter(({ id }) => !findObject(objects, id));
    const restated = objects.list.flatMap(({ id }) => {
      const frames = new Set([...promptedFrames(before.prompts, id), ...promptedFrames(now.prompts, id)]);
      const differs = (frame: number) => promptsOn(before.prompts, id, frame) !== promptsOn(now.prompts, id, frame);
      return [...frames].filter(differs).map((frameIndex) => this.#state(id, frameIndex));
    });
    await Promise.all([...gone.map(({ id }) => this.#unsay(id)), ...restated]);
  }

  /** Calls `listener` when there are other masks. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends tracking when the frame under way is done. @returns null when there is nothing to keep */
  async finish(): Promise<LiveResult | null> {
    this.#isOver = true;
    await this.#turn;
    if (!this.#tracker) return null;
    const { objects, selectedObject } = this.#context.store.getState().live;
    const list = objects.list.filter(({ id }) => isPrompted(this.#told, id));
    if (list.length === 0) {
      await this.close();
      return null;
    }
    const { status } = this.#context.store.getState().model;
    // Snapshots go with the model that made them.
    const emptySnapshot = this.#emptySnapshot?.model === status ? (this.#emptySnapshot?.snapshot ?? null) : null;
    return {
      objects: { ...objects, list },
      prompts: this.#told,
      selectedObject: findObject({ ...objects, list }, selectedObject)?.id ?? list.at(-1)!.id,
      answers: this.#answers,
      emptySnapshot,
    };
  }

  /** Gives up what was followed. */
  async close(): Promise<void> {
    this.#isOver = true;
    if (this.#tracker) await this.#context.threads.segment.closeLive().catch(() => undefined);
  }

  async #open(source: LiveSource): Promise<Remote<TrackerApi>> {
    const model = await this.#model.ready();
    const tracker = await this.#context.threads.openLive(source);
    this.#emptySnapshot = { snapshot: await tracker.snapshot(), model };
    return tracker;
  }

  /** Tells the tracker the prompts of a frame, as they are when it is its turn. */
  async #state(object: ObjectId, frameIndex: number): Promise<void> {
    this.#patch({ pending: this.#live.pending + 1 });
    try {
      await this.#inTurn(async () => {
        if (!findObject(this.#live.objects, object)) return;
        const prompts = promptsOn(this.#live.prompts, object, frameIndex);
        if (prompts === promptsOn(this.#told, object, frameIndex)) return;
        const tracker = await this.#tracker!;
        if (!this.#toldObjects.has(object)) {
          await tracker.addObject(object);
          this.#toldObjects.add(object);
        }
        const isFollowed = isPrompted(this.#told, object);
        const isKnownHere = this.#masks.get(object)?.frameIndex === frameIndex;
        // What is corrected is what is followed: without a mask here, the point would begin anew.
        if (isFollowed && !isKnownHere && prompts.points.length > 0) await this.#track(tracker, [object], frameIndex);
        const { mask } = await this.#model.withRecovery(() => tracker.prompt(object, frameIndex, prompts));
        this.#told = statePrompts(this.#told, object, frameIndex, prompts);
        this.#answers.push({ kind: 'prompted', object, frameIndex, mask });
        if (this.#firstPassed < 0) this.#firstPassed = frameIndex;
        this.#maskedFrames.add(frameIndex);
        await this.#loadMasks(tracker, frameIndex);
      });
    } catch (error) {
      this.#fail(error);
      this.#putBack(object, frameIndex);
    } finally {
      this.#patch({ pending: this.#live.pending - 1 });
      void this.#follow();
    }
  }

  /** To what the tracker knows; an object it knows nothing of goes. */
  #putBack(object: ObjectId, frameIndex: number): void {
    const { objects, prompts, selectedObject } = this.#live;
    const told = statePrompts(prompts, object, frameIndex, promptsOn(this.#told, object, frameIndex));
    if (isPrompted(told, object)) this.#patch({ prompts: told });
    else {
      const selected = selectedObject === object ? null : selectedObject;
      this.#patch({ objects: removeObject(objects, object), prompts: told, selectedObject: selected });
    }
  }

  async #unsay(object: ObjectId): Promise<void> {
    this.#masks.delete(object);
    this.#notify();
    await this.#inTurn(async () => {
      this.#told = forgetPrompts(this.#told, object);
      if (!this.#toldObjects.delete(object)) return;
      await (await this.#tracker!).removeObject(object);
      this.#answers.push({ kind: 'removed', object });
      this.#masks.delete(object);
      this.#notify();
    }).catch((error: unknown) => this.#fail(error));
  }

  /** Until the newest frame is tracked: there is always at most one on its way. */
  async #follow(): Promise<void> {
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    try {
      while (this.#mayFollow) await this.#inTurn(() => this.#followNewest());
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isFollowing = false;
    }
  }

  get #mayFollow(): boolean {
    const isNew = this.#newestFrame > this.#lastTracked;
    return isNew && !this.#isOver && this.#live.failure === null && this.#followed.length > 0;
  }

  async #followNewest(): Promise<void> {
    const objects = this.#followed;
    if (!this.#mayFollow || objects.length === 0) return;
    const frameIndex = this.#newestFrame;
    this.#lastTracked = frameIndex;
    const tracker = await this.#tracker!;
    await this.#track(tracker, objects, frameIndex);
    await this.#loadMasks(tracker, frameIndex);
    this.#doneMs.push(this.#context.clock.nowMs());
    if (this.#doneMs.length > rateFrames) this.#doneMs.shift();
  }

  /** Those the tracker has prompts of. */
  get #followed(): ObjectId[] {
    return [...this.#toldObjects].filter((object) => isPrompted(this.#told, object));
  }

  async #track(tracker: Remote<TrackerApi>, objects: ObjectId[], frameIndex: number): Promise<void> {
    await this.#model.withRecovery(async () => {
      // Its own signal: a frame under way is finished and kept.
      const { signal } = new AbortController();
      const stream = await tracker.track({ objects, from: frameIndex, to: frameIndex }, signal);
      for await (const { masks } of stream) this.#answers.push({ kind: 'tracked', masks });
    });
    this.#maskedFrames.add(frameIndex);
  }

  async #loadMasks(tracker: Remote<TrackerApi>, frameIndex: number): Promise<void> {
    for (const mask of await tracker.masksOfFrame(frameIndex)) {
      if (findObject(this.#live.objects, mask.object)) this.#masks.set(mask.object, mask);
    }
    this.#notify();
  }

  #fail(thrown: unknown): void {
    const failure = failureOf(thrown);
    if (failure.code !== 'cancelled') this.#patch({ failure });
  }

  #remember(): void {
    const { objects, prompts, selectedObject } = this.#live;
    this.#steps.push({ objects, prompts, selectedObject });
    this.#patch({ canUndo: true });
  }

  get #live(): LiveState {
    return this.#context.store.getState().live;
  }

  #patch(fields: Partial<LiveState>): void {
    patch(this.#context.store, 'live', fields);
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(task);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

function withNewObject(objects: ObjectsState): ObjectsState {
  return addObject(objects, t.objects.defaultName(objects.nextId));
}
