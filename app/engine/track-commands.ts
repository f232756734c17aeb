/** Runs the tracker: takes each tracked frame into the state as it comes. What was tracked is kept, however a run ends. */
import { asMaskletError, MaskletError } from '../../workers/protocol/errors';
import type { ObjectId } from '../../workers/protocol/prompt';
import type { TrackDirection, TrackedFrame, TrackRequest } from '../../workers/protocol/segment-contract';
import { writeMasks } from '../state/masklets';
import { objectsToTrack, promptedObjects, startOfRun } from '../state/object-status';
import { patch } from '../state/store';
import type { EngineContext } from './context';
import type { History } from './history';
import type { ModelCommands } from './model-commands';
import type { Player } from './player';

/** The viewport follows a run at this pace: showing a frame costs the segment worker time. */
const followEveryMs = 80;

/** Weight of the newest frame in the running average. */
const newestWeight = 0.2;

export class TrackCommands {
  readonly #context: EngineContext;
  readonly #model: ModelCommands;
  readonly #player: Player;
  readonly #history: History;
  #run: { controller: AbortController; ended: Promise<number> } | null = null;

  constructor(context: EngineContext, model: ModelCommands, player: Player, history: History) {
    this.#context = context;
    this.#model = model;
    this.#player = player;
    this.#history = history;
  }

  /** What the Track buttons do: the objects that need it, from where it makes sense. */
  async trackUnfinished(direction: TrackDirection): Promise<number> {
    const state = this.#context.store.getState();
    const objects = objectsToTrack(state, direction);
    const from = startOfRun(state, objects, direction);
    return this.track({ objects, direction, ...(from === undefined ? {} : { from }) });
  }

  /**
   * @returns the number of frames tracked, which is smaller when the run was cancelled
   * @throws `no-video`, `nothing-to-track`, `unknown-object`, `frame-out-of-range`, `busy`, `device-lost`
   */
  async track(request: TrackRequest): Promise<number> {
    if (this.#run) throw new MaskletError('busy', 'A run is going on. Cancel it first.');
    this.#context.video();
    for (const object of request.objects ?? []) this.#context.checkObject(object);
    for (const frameIndex of [request.from, request.to]) {
      if (frameIndex !== undefined) this.#context.checkFrame(frameIndex);
    }
    const objects = request.objects ?? promptedObjects(this.#context.store.getState());
    if (objects.length === 0) throw new MaskletError('nothing-to-track', 'There is nothing to track yet.');
    const run = { controller: new AbortController(), ended: Promise.resolve(0) };
    this.#run = run;
    const step = this.#history.begin('track', { object: objects.length === 1 ? objects[0]! : null });
    let frames = 0;
    const tell = (done: number) => (frames = done);
    run.ended = this.#track({ ...request, objects }, run.controller.signal, tell).finally(() => {
      this.#run = null;
      patch(this.#context.store, 'tracking', { run: null });
      if (frames === 0) this.#history.forget(step);
    });
    return run.ended;
  }

  /** Stops the run, if there is one, and resolves when it has ended. */
  async cancel(): Promise<void> {
    const run = this.#run;
    if (!run) return;
    const { store } = this.#context;
    const tracking = store.getState().tracking.run;
    if (tracking) patch(store, 'tracking', { run: { ...tracking, isCancelling: true } });
    run.controller.abort();
    await run.ended.catch(() => undefined);
  }

  async #track(
    request: TrackRequest & { objects: ObjectId[] },
    signal: AbortSignal,
    tell: (frames: number) => void,
  ): Promise<number> {
    const { store, clock, generation, threads } = this.#context;
    this.#context.dismiss('tracking');
    this.#player.pause();
    patch(store, 'tracking', {
      run: {
        objects: request.objects,
        direction: request.direction ?? 'forward',
        done: 0,
        total: 0,
        msPerFrame: null,
        isCancelling: false,
        isFollowed: true,
      },
    });
    let frames = 0;
    let followedMs = -Infinity;
    try {
      await Promise.all([this.#context.joined, this.#model.ready(), this.#history.marked()]);
      const stream = await threads.segment.track(request, signal);
      let frameBeganMs = clock.nowMs();
      for await (const tracked of stream) {
        this.#context.checkGeneration(generation);
        frames = tracked.done;
        tell(frames);
        const nowMs = clock.nowMs();
        this.#take(tracked, nowMs - frameBeganMs);
        frameBeganMs = nowMs;
        const isLast = tracked.done === tracked.total || signal.aborted;
        if (isLast || nowMs - followedMs >= followEveryMs) {
          followedMs = nowMs;
          this.#follow(tracked.frameIndex);
        }
        if (signal.aborted) break;
      }
      return frames;
    } catch (thrown) {
      const error = asMaskletError(thrown);
      if (error.code === 'cancelled' && signal.aborted) return frames;
      if (error.code === 'device-lost') await this.#model.recover(error);
      this.#context.report('tracking', error);
      throw error;
    }
  }

  /** O(objects). */
  #take(tracked: TrackedFrame, elapsedMs: number): void {
    const { store } = this.#context;
    store.setState(({ masklets, tracking, model }) => {
      // A removed object's last mask may still be on its way.
      const present = new Set(store.getState().objects.list.map(({ id }) => id));
      const next = writeMasks(
        masklets,
        tracked.masks.filter(({ object }) => present.has(object)),
      );
      const before = tracking.run?.msPerFrame ?? elapsedMs;
      const msPerFrame = before + (elapsedMs - before) * newestWeight;
      const { done, total } = tracked;
      return {
        masklets: next,
        model: { ...model, msPerFrame },
        tracking: { run: tracking.run && { ...tracking.run, done, total, msPerFrame } },
      };
    });
  }

  #follow(frameIndex: number): void {
    if (!this.#context.store.getState().tracking.run?.isFollowed) return;
    // A frame that cannot be shown does not end the run.
    this.#player.follow(frameIndex).catch((error: unknown) => this.#context.report('frame', error));
  }
}
