/** Runs the tracker: takes each tracked frame into the state as it comes. What was tracked is kept, however a run ends. */
import { asMaskletError, MaskletError } from '../../workers/protocol/errors';
import type { ObjectId } from '../../workers/protocol/prompt';
import type { TrackDirection, TrackedFrame, TrackRequest } from '../../workers/protocol/segment-contract';
import {
  closeEdit,
  closeReachedEdits,
  forgetChanges,
  FrameMark,
  markOf,
  markFresh,
  noteChanges,
  noteOverlaps,
  writeMasks,
  type MaskletsState,
} from '../state/masklets';
import { objectsToTrack, promptedObjects, startOfRun } from '../state/object-status';
import { isPrompted, promptedFrames } from '../state/prompts';
import { patch } from '../state/store';
import {
  backwardBit,
  editPasses,
  forwardBit,
  gapPasses,
  passesFrom,
  scopeRange,
  type TrackScope,
} from '../state/track-plan';
import type { EngineContext } from './context';
import type { History } from './history';
import type { ModelCommands } from './model-commands';
import { isOfFrame } from './frame-presenter';
import type { Player } from './player';

/** The viewport follows a run at this pace: showing a frame costs the segment worker time. */
const followEveryMs = 80;

/** Weight of the newest frame in the running average. */
const newestWeight = 0.2;

/** Masks that have come out as before on so many frames in a row: a correction reaches no further. */
const stopWhenAgreed = { iou: 0.97, frames: 5 };

type PlannedRequest = TrackRequest & { objects: ObjectId[]; edit?: number };

type CurrentRun = {
  controller: AbortController;
  ended: Promise<number>;
  frames: number;
  /** Objects that were tracked before it began. */
  knownObjects: ReadonlySet<ObjectId>;
  again: number;
  changed: number;
  isAffectedOnly: boolean;
};

export class TrackCommands {
  readonly #context: EngineContext;
  readonly #model: ModelCommands;
  readonly #player: Player;
  readonly #history: History;
  #current: CurrentRun | null = null;
  /** The viewport was still with the last run when it ended. */
  #wasFollowed = false;

  constructor(context: EngineContext, model: ModelCommands, player: Player, history: History) {
    this.#context = context;
    this.#model = model;
    this.#player = player;
    this.#history = history;
  }

  /**
   * What the Track buttons do: the objects that need it, from where it makes sense, between in and out. What was tracked
   * before is tracked again only as far as corrections reach, unless that is switched off.
   */
  async trackUnfinished(direction: TrackDirection): Promise<number> {
    const { store } = this.#context;
    const state = store.getState();
    const objects = objectsToTrack(state, direction);
    const scope: TrackScope = { direction, range: scopeRange(state) };
    const isTracked = (id: ObjectId) => (state.masklets.byObject[id]?.trackedFrames ?? 0) > 0;
    const needsLittle = (id: ObjectId) =>
      isTracked(id) && (state.masklets.byObject[id]!.edits.size > 0 || gapPasses(state, [id], scope).length > 0);
    const again = state.settings.isAffectedOnly ? objects.filter(needsLittle) : [];
    const whole = objects.filter((id) => !again.includes(id));
    const firstPrompt = Math.min(...whole.flatMap((id) => promptedFrames(state.prompts, id)));
    const start = startOfRun(state, whole, direction) ?? firstPrompt;
    const frames = await this.#run(objects, direction, [
      () => editPasses(store.getState(), again, scope),
      () => gapPasses(store.getState(), again, scope),
      () => (whole.length > 0 ? passesFrom(whole, start, scope) : []),
      // What was corrected meanwhile, behind the run's back.
      () => {
        const { prompts } = store.getState();
        const isEdited = (id: ObjectId) => prompts.byObject[id] !== state.prompts.byObject[id];
        return editPasses(store.getState(), objects.filter(isEdited), scope);
      },
    ]);
    await this.#comeBack(state.playback.frameIndex);
    return frames;
  }

  /**
   * To where the person was when the run began, unless they looked elsewhere meanwhile. Who stops a run does so for what
   * they see: there it stays.
   */
  async #comeBack(frameIndex: number): Promise<void> {
    const { last } = this.#context.store.getState().tracking;
    if (this.#wasFollowed && last && !last.isStopped) await this.#player.seek(frameIndex);
  }

  /** Tracks a number of frames on from the frame shown, backward when negative. @throws as `track` */
  async trackOn(frames: number): Promise<number> {
    const { store } = this.#context;
    const { shownFrame } = store.getState().playback;
    const last = this.#context.video().frameCount - 1;
    const target = Math.max(0, Math.min(last, shownFrame + frames));
    return this.trackTo(target);
  }

  /** Tracks from the frame shown to another one. @throws as `track` */
  async trackTo(frameIndex: number): Promise<number> {
    const state = this.#context.store.getState();
    this.#context.checkFrame(frameIndex);
    const { shownFrame } = state.playback;
    const direction = frameIndex < shownFrame ? 'backward' : 'forward';
    const selected = state.view.selectedObject;
    const objects =
      selected !== null && isPrompted(state.prompts, selected) ? [selected] : objectsToTrack(state, direction);
    if (frameIndex === shownFrame) return 0;
    const from = shownFrame + Math.sign(frameIndex - shownFrame);
    return this.#run(objects, direction, [() => [{ objects, from, to: frameIndex, direction }]]);
  }

  /**
   * @returns the number of frames tracked, which is smaller when the run was cancelled
   * @throws `no-video`, `nothing-to-track`, `unknown-object`, `frame-out-of-range`, `busy`, `device-lost`
   */
  async track(request: TrackRequest): Promise<number> {
    const objects = request.objects ?? promptedObjects(this.#context.store.getState());
    return this.#run(objects, request.direction ?? 'forward', [() => [{ ...request, objects }]]);
  }

  /** Stops the run, if there is one, and resolves when it has ended. */
  async cancel(): Promise<void> {
    const run = this.#current;
    if (!run) return;
    const { store } = this.#context;
    const tracking = store.getState().tracking.run;
    if (tracking) patch(store, 'tracking', { run: { ...tracking, isCancelling: true } });
    run.controller.abort();
    await run.ended.catch(() => undefined);
  }

  /** One step of the history, made of passes: each list of them is planned when those before are done. */
  async #run(
    objects: ObjectId[],
    direction: TrackDirection,
    phases: readonly (() => PlannedRequest[])[],
  ): Promise<number> {
    if (this.#current) throw new MaskletError('busy', 'A run is going on. Cancel it first.');
    this.#context.video();
    for (const object of objects) this.#context.checkObject(object);
    if (objects.length === 0) throw new MaskletError('nothing-to-track', 'There is nothing to track yet.');
    const { store } = this.#context;
    const controller = new AbortController();
    const { byObject } = store.getState().masklets;
    const knownObjects = new Set(objects.filter((id) => (byObject[id]?.trackedFrames ?? 0) > 0));
    const run: CurrentRun = {
      controller,
      ended: Promise.resolve(0),
      frames: 0,
      knownObjects,
      again: 0,
      changed: 0,
      isAffectedOnly: false,
    };
    this.#current = run;
    const step = this.#history.begin('track', { object: objects.length === 1 ? objects[0]! : null });
    store.setState(({ masklets, tracking }) => ({
      masklets: forgetChanges(masklets, objects),
      tracking: {
        ...tracking,
        last: null,
        run: {
          objects,
          direction,
          done: 0,
          total: 0,
          msPerFrame: null,
          measured: 0,
          isCancelling: false,
          isFollowed: true,
        },
      },
    }));
    run.ended = this.#passAll(run, phases).finally(() => {
      this.#current = null;
      const { frames, again, changed, isAffectedOnly } = run;
      const isStopped = controller.signal.aborted;
      this.#wasFollowed = store.getState().tracking.run?.isFollowed ?? false;
      const last = frames > 0 ? { frames, again, changed, isAffectedOnly, isStopped } : null;
      patch(store, 'tracking', { run: null, last });
      if (frames === 0) this.#history.forget(step);
    });
    return run.ended;
  }

  async #passAll(run: CurrentRun, phases: readonly (() => PlannedRequest[])[]): Promise<number> {
    const { signal } = run.controller;
    this.#context.dismiss('tracking');
    this.#player.pause();
    try {
      await Promise.all([this.#context.joined, this.#model.ready(), this.#history.marked()]);
      for (const plan of phases) {
        const passes = plan();
        for (const [n, pass] of passes.entries()) {
          if (signal.aborted) return run.frames;
          const later = passes.slice(n + 1).reduce((sum, next) => sum + lengthOf(next), 0);
          await this.#pass(pass, run, later);
        }
        if (!signal.aborted) this.#settle(passes);
      }
      return run.frames;
    } catch (thrown) {
      const error = asMaskletError(thrown);
      if (error.code === 'cancelled' && signal.aborted) return run.frames;
      if (error.code === 'device-lost') await this.#model.recover(error);
      this.#context.report('tracking', error);
      throw error;
    }
  }

  /** @param later frames that the passes after this one may take */
  async #pass({ edit, ...request }: PlannedRequest, run: CurrentRun, later: number): Promise<void> {
    const { clock, generation, threads, store } = this.#context;
    const { signal } = run.controller;
    const isOutward = edit !== undefined;
    if (isOutward) run.isAffectedOnly = true;
    const stop = { ...stopWhenAgreed, ...(edit === request.from ? {} : { beyond: edit }) };
    const stream = await threads.segment.track(isOutward ? { ...request, stopWhenAgreed: stop } : request, signal);
    const doneBefore = run.frames;
    const reached = new Map<ObjectId, number>();
    let followedMs = -Infinity;
    let first: number | null = null;
    let frameBeganMs = clock.nowMs();
    for await (const tracked of stream) {
      this.#context.checkGeneration(generation);
      run.frames = doneBefore + tracked.done;
      const nowMs = clock.nowMs();
      first ??= tracked.frameIndex;
      // In both directions, what lies before the start comes last.
      const isBackward = request.direction === 'backward' || tracked.frameIndex < first;
      this.#take(tracked, isBackward, nowMs - frameBeganMs, run, doneBefore, later);
      frameBeganMs = nowMs;
      for (const { object } of tracked.masks) reached.set(object, tracked.frameIndex);
      const isLast = tracked.done === tracked.total || signal.aborted;
      if (isLast || nowMs - followedMs >= followEveryMs) {
        followedMs = nowMs;
        this.#follow(tracked.frameIndex);
      }
      if (signal.aborted) return;
    }
    for (const object of reached.keys()) {
      store.setState(({ masklets }) => ({ masklets: closeReachedEdits(masklets, object) }));
    }
    if (edit === undefined || signal.aborted) return;
    const isForward = request.direction === 'forward';
    const border = isForward ? store.getState().masklets.frameCount - 1 : 0;
    for (const [object, frameIndex] of reached) {
      // One that went on to the out point may have further to go.
      if (frameIndex === request.to && frameIndex !== border) continue;
      store.setState(({ masklets }) => ({
        masklets: closeEdit(masklets, object, edit, isForward ? forwardBit : backwardBit),
      }));
    }
  }

  /** What corrections did not reach follows from them all the same, once they were carried all the way. */
  #settle(passes: readonly PlannedRequest[]): void {
    const { store } = this.#context;
    for (const object of new Set(passes.filter(({ edit }) => edit !== undefined).flatMap(({ objects }) => objects))) {
      store.setState(({ masklets }) => {
        const open = [...(masklets.byObject[object]?.edits ?? [])];
        // From the last frame that something is still to come from, in each direction.
        const from = Math.max(-1, ...open.filter(([, bits]) => (bits & backwardBit) !== 0).map(([frame]) => frame));
        const until = Math.min(
          masklets.frameCount,
          ...open.filter(([, bits]) => (bits & forwardBit) !== 0).map(([frame]) => frame),
        );
        return { masklets: markFresh(masklets, object, from + 1, until - 1) };
      });
    }
  }

  /** O(objects). */
  #take(
    tracked: TrackedFrame,
    isBackward: boolean,
    elapsedMs: number,
    run: CurrentRun,
    doneBefore: number,
    later: number,
  ): void {
    const { store } = this.#context;
    store.setState(({ masklets, tracking, model }) => {
      // A removed object's last mask may still be on its way.
      const present = new Set(store.getState().objects.list.map(({ id }) => id));
      // The columns are written in place.
      if (
        tracked.masks.some(
          ({ object }) => run.knownObjects.has(object) && isMarked(masklets, object, tracked.frameIndex),
        )
      )
        run.again++;
      const next = writeMasks(
        masklets,
        tracked.masks.filter(({ object }) => present.has(object)),
      );
      const agreements = tracked.masks.map(({ object }, n) => ({ object, agreement: tracked.agreements[n] ?? null }));
      if (noteChanges(next, tracked.frameIndex, agreements, isBackward) > 0) run.changed++;
      // A prompted frame is there already.
      const isComputed = tracked.masks.some(({ origin }) => origin === 'track');
      const measured = (tracking.run?.measured ?? 0) + (isComputed ? 1 : 0);
      // The first one also waits for what was prepared for it.
      const overlaps = tracked.masks.map(({ object }, n) => ({ object, overlap: tracked.overlaps?.[n] ?? 0 }));
      noteOverlaps(next, tracked.frameIndex, overlaps);
      const before = measured > 2 ? (tracking.run?.msPerFrame ?? elapsedMs) : elapsedMs;
      const msPerFrame = isComputed ? before + (elapsedMs - before) * newestWeight : (tracking.run?.msPerFrame ?? null);
      const done = doneBefore + tracked.done;
      const total = doneBefore + tracked.total + later;
      return {
        masklets: next,
        model: msPerFrame === null ? model : { ...model, msPerFrame },
        tracking: { ...tracking, run: tracking.run && { ...tracking.run, done, total, msPerFrame, measured } },
      };
    });
  }

  #follow(frameIndex: number): void {
    if (!this.#context.store.getState().tracking.run?.isFollowed) return;
    // A frame that cannot be shown does not end the run, and says so where it would be.
    this.#player.follow(frameIndex).catch((error: unknown) => {
      if (!isOfFrame(error)) this.#context.report('frame', error);
    });
  }
}

function isMarked({ byObject }: MaskletsState, object: ObjectId, frameIndex: number): boolean {
  return markOf(byObject[object], frameIndex) !== FrameMark.none;
}

function lengthOf({ from, to }: PlannedRequest): number {
  return from === undefined || to === undefined ? 0 : Math.abs(to - from) + 1;
}
