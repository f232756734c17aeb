/**
 * The objects of one video and what is known of each: takes prompts, propagates them, answers with masks.
 * One step at a time: a prompt given during a run is taken between two of its frames.
 */
import { MaskletError } from '../../protocol/errors';
import type { MaskRle } from '../../protocol/mask';
import type { ObjectId, FramePrompts } from '../../protocol/prompt';
import type { AdoptedObject, StageTimes, TrackRequest } from '../../protocol/segment-contract';
import { gridShares } from '../../rle/rle-grid';
import { agreement, AgreementWatch, type Agreement } from './agreement';
import type { FrameMask } from './frame-output';
import { OutputPool } from './output-pool';
import { rewind, type PromptStep } from './prompt-history';
import { planPassages, type Passage } from './propagate';
import { refinesMask } from '../prompts/prompt-tensors';
import { encodeMemory, promptFrame, trackFrame, type Bank, type PromptedFrame, type TrackContext } from './track-frame';
import { asFrameMask, capturedMask, outputsOf, TrackedObject, type ObjectSnapshot } from './tracked-object';

export type TrackStep = {
  frameIndex: number;
  done: number;
  total: number;
  masks: TrackedMask[];
  times: StageTimes;
};

/** `agreement` with the object's mask before, or null where it had none. */
type TrackedMask = { object: ObjectId; mask: FrameMask; agreement: Agreement | null };

export class Tracker {
  #frameCount: number;
  readonly #pool = new OutputPool();
  readonly #objects = new Map<ObjectId, TrackedObject>();
  readonly #snapshots = new Map<number, ObjectSnapshot[]>();
  #nextSnapshot = 1;
  #context: TrackContext | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #isRunning = false;

  /** @param frameCount Infinity while the video is still being recorded */
  constructor(frameCount: number) {
    this.#frameCount = frameCount;
  }

  get frameCount(): number {
    return this.#frameCount;
  }

  /** The recording is over: from now on it is a video of so many frames. */
  async endAt(frameCount: number): Promise<void> {
    await this.#inTurn(async () => {
      this.#frameCount = frameCount;
      if (this.#context) {
        this.#context.frameCount = frameCount;
        this.#context.options = { ...this.#context.options, time: 'frames' };
      }
      for (const object of this.#objects.values()) object.endAt(frameCount);
    });
  }

  /**
   * Takes a model, or another one, or none. Masks stay as they are; prompts are decoded again when they are needed.
   * Snapshots go with the model that made them.
   * @param isDeviceLost what the model before left on its device is gone, and must not be freed
   */
  async useModel(context: TrackContext | null, isDeviceLost: boolean): Promise<void> {
    await this.#inTurn(async () => {
      if (isDeviceLost) this.#pool.useMemories(null);
      this.#release([...this.#snapshots.keys()]);
      for (const object of this.#objects.values()) object.archiveAll();
      this.#context = context;
      this.#pool.useMemories(context?.memories ?? null);
    });
  }

  addObject(id: ObjectId): void {
    if (this.#objects.has(id)) throw new MaskletError('invalid-argument', `Object ${id} exists already.`);
    this.#objects.set(id, new TrackedObject(id, this.#pool));
  }

  /** An object as another tracker knew it. @throws `invalid-argument` where it is there already */
  adopt({ object: id, prompts, masks, locked = [] }: AdoptedObject): void {
    this.addObject(id);
    const object = this.#object(id);
    for (const mask of masks) object.archive.set(mask.frameIndex, asFrameMask(mask));
    for (const { frameIndex, prompts: stated } of prompts) object.replay.set(frameIndex, stated);
    for (const frameIndex of locked) object.setLocked(frameIndex, true);
  }

  async removeObject(id: ObjectId): Promise<void> {
    const object = this.#object(id);
    this.#objects.delete(id);
    await this.#inTurn(async () => object.forget());
  }

  /** Remembers all objects as they are; their masks cost nothing more while they do not change. */
  snapshot(): Promise<number> {
    return this.#inTurn(async () => {
      const id = this.#nextSnapshot++;
      this.#snapshots.set(
        id,
        Array.from(this.#objects.values(), (object) => object.capture()),
      );
      return id;
    });
  }

  /** Makes all objects what they were; the snapshot stays. @throws `unknown-snapshot` */
  async restore(id: number): Promise<void> {
    await this.#inTurn(async () => {
      const objects = this.#snapshot(id);
      for (const object of this.#objects.values()) {
        if (objects.some((captured) => captured.id === object.id)) continue;
        this.#objects.delete(object.id);
        object.forget();
      }
      for (const captured of objects) {
        if (!this.#objects.has(captured.id)) this.addObject(captured.id);
        this.#objects.get(captured.id)!.restore(captured);
      }
    });
  }

  async dropSnapshots(ids: readonly number[]): Promise<void> {
    await this.#inTurn(async () => this.#release(ids));
  }

  /**
   * States all prompts of an object on a frame.
   * @returns the decoder's answer, or null when no prompts were stated: the frame is cleared
   * @throws `unknown-object`, `frame-out-of-range`, `no-model`
   */
  async prompt(id: ObjectId, frameIndex: number, prompts: FramePrompts): Promise<PromptedFrame | null> {
    const object = this.#object(id);
    this.#checkFrame(frameIndex);
    return this.#inTurn(async () => {
      const context = this.#model();
      await this.#replay(context, object);
      if (prompts.points.length === 0 && !prompts.box && !prompts.mask) {
        object.clearFrame(frameIndex);
        return null;
      }
      return this.#decode(context, object, frameIndex, prompts);
    });
  }

  /** Decodes a frame's prompts again and takes the mask of this output token. */
  async chooseCandidate(id: ObjectId, frameIndex: number, token: number): Promise<PromptedFrame> {
    const object = this.#object(id);
    const known = object.history.get(frameIndex);
    const step = known?.steps.at(-1);
    if (!known || !step || (step.prompts.mask && !refinesMask(step.prompts))) {
      throw new MaskletError('invalid-argument', `Frame ${frameIndex} has no prompt whose candidates could be chosen.`);
    }
    return this.#inTurn(async () => {
      const context = this.#model();
      const { prompts, plan } = step;
      const result = await promptFrame(context, object.bank, frameIndex, prompts, plan, token);
      this.#stage(object, frameIndex, known.base, [...known.steps.slice(0, -1), { prompts, plan, result }]);
      return result;
    });
  }

  /**
   * Keeps a tracked frame as it is: it conditions from now on and no run passes over it. Or lets it go again.
   * @throws `unknown-object`, `frame-out-of-range`, `invalid-argument` where there is no tracked mask
   */
  async setLocked(id: ObjectId, frameIndex: number, isLocked: boolean): Promise<void> {
    const object = this.#object(id);
    this.#checkFrame(frameIndex);
    await this.#inTurn(async () => {
      if (object.setLocked(frameIndex, isLocked)) return;
      throw new MaskletError('invalid-argument', `Frame ${frameIndex} has no tracked mask to lock.`);
    });
  }

  /**
   * Propagates; every frame is computed when it is asked for.
   * @throws `nothing-to-track`, `unknown-object`, `frame-out-of-range`, `no-model`, `busy`
   */
  async *track(request: TrackRequest, signal: AbortSignal): AsyncGenerator<TrackStep> {
    if (this.#isRunning) throw new MaskletError('busy', 'A run is going on. Cancel it first.');
    this.#isRunning = true;
    try {
      const objects = await this.#prepare(request);
      const passages = this.#passages(objects, request);
      let watch = request.stopWhenAgreed && new AgreementWatch(request.stopWhenAgreed);
      for (const [n, passage] of passages.entries()) {
        if (signal.aborted) return;
        // The other direction has its own frames to agree on.
        if (watch && passage.isReverse !== passages[n - 1]?.isReverse)
          watch = new AgreementWatch(request.stopWhenAgreed!);
        const asked = watch ? objects.filter(({ id }) => !watch!.hasSettled(id)) : objects;
        if (asked.length === 0) continue;
        const next = passages[n + 1]?.frameIndex ?? null;
        const step = await this.#inTurn(() => this.#pass(asked, passage, next));
        for (const { object, agreement: agreed } of step.masks) watch?.note(object, agreed, passage);
        yield { ...step, done: n + 1, total: passages.length };
      }
    } finally {
      this.#isRunning = false;
    }
  }

  bank(id: ObjectId): Bank {
    return this.#object(id).bank;
  }

  mask(id: ObjectId, frameIndex: number): FrameMask | null {
    this.#checkFrame(frameIndex);
    return this.#object(id).mask(frameIndex);
  }

  /** Of all objects that have a mask there. @throws `frame-out-of-range` */
  masksOfFrame(frameIndex: number): { object: ObjectId; mask: FrameMask }[] {
    return [...this.#objects.keys()].flatMap((object) => {
      const mask = this.mask(object, frameIndex);
      return mask ? [{ object, mask }] : [];
    });
  }

  /** Of all objects that had a mask there when a snapshot was taken. @throws `frame-out-of-range`, `unknown-snapshot` */
  masksOfSnapshot(snapshot: number, frameIndex: number): { object: ObjectId; mask: FrameMask }[] {
    this.#checkFrame(frameIndex);
    return this.#snapshot(snapshot).flatMap((captured) => {
      const mask = capturedMask(captured, frameIndex);
      return mask ? [{ object: captured.id, mask }] : [];
    });
  }

  /** Bytes of the mask logits held. */
  get maskBytes(): number {
    let bytes = 0;
    for (const { bank, archive } of this.#objects.values()) {
      for (const outputs of [
        bank.conditioning,
        bank.nonConditioning,
        bank.stagedConditioning,
        bank.stagedNonConditioning,
        archive,
      ]) {
        for (const { maskLogits } of outputs.values()) bytes += maskLogits.byteLength;
      }
    }
    return bytes;
  }

  async #decode(
    context: TrackContext,
    object: TrackedObject,
    frameIndex: number,
    prompts: FramePrompts,
  ): Promise<PromptedFrame> {
    const { bank, history } = object;
    const { options } = context;
    const { previous, isInitial, isReverse } = bank.planPrompt(frameIndex, options);
    const known = history.get(frameIndex);
    const base = known ? known.base : (previous ?? keptMask(context, object, frameIndex));
    const { kept, isSame } =
      options.previousMask === 'always' ? { kept: [], isSame: false } : rewind(known?.steps ?? [], prompts);
    if (isSame) {
      this.#stage(object, frameIndex, base, kept);
      return kept.at(-1)!.result;
    }
    const decode = async (stated: FramePrompts, fedBack: FrameMask | null): Promise<PromptStep> => {
      const plan = { isInitial, isReverse, previous: fedBack };
      return { prompts: stated, plan, result: await promptFrame(context, bank, frameIndex, stated, plan, null) };
    };
    // The reference takes a mask and clicks on it one after the other, and so does who states both at once.
    if (kept.length === 0 && refinesMask(prompts)) {
      kept.push(await decode({ points: [], box: null, mask: prompts.mask }, null));
    }
    const last = kept.at(-1);
    const fedBack = last?.result.output ?? (options.previousMask === 'always' ? previous : base);
    const step = await decode(prompts, fedBack);
    this.#stage(object, frameIndex, base, [...kept, step]);
    return step.result;
  }

  #stage(object: TrackedObject, frameIndex: number, base: FrameMask | null, steps: PromptStep[]): void {
    const { asConditioning } = object.bank.planPrompt(frameIndex, this.#model().options);
    object.stage(frameIndex, base, steps, asConditioning);
  }

  #snapshot(id: number): ObjectSnapshot[] {
    const objects = this.#snapshots.get(id);
    if (!objects) throw new MaskletError('unknown-snapshot', 'That state is no longer remembered.');
    return objects;
  }

  #release(snapshots: readonly number[]): void {
    for (const id of snapshots) {
      for (const output of this.#snapshots.get(id)?.flatMap(outputsOf) ?? []) this.#pool.release(output);
      this.#snapshots.delete(id);
    }
  }

  async #prepare(request: TrackRequest): Promise<TrackedObject[]> {
    const objects = (request.objects ?? [...this.#objects.keys()]).map((id) => this.#object(id));
    return this.#inTurn(async () => {
      const context = this.#model();
      const prompted: TrackedObject[] = [];
      for (const object of objects) {
        await this.#replay(context, object);
        const { bank } = object;
        if (!bank.hasPrompts) {
          if (request.objects) throw nothingToTrack();
          continue;
        }
        await this.#commit(context, bank);
        prompted.push(object);
      }
      if (prompted.length === 0) throw nothingToTrack();
      return prompted;
    });
  }

  /** Puts what was prompted into the bank, so that the run attends to it. */
  async #commit(context: TrackContext, bank: Bank): Promise<void> {
    const moved = await bank.commit((output) => encodeMemory(context, output));
    if (!context.options.forgetAroundConditioning) return;
    for (const frameIndex of moved) bank.forgetAround(frameIndex, context.options);
  }

  #passages(objects: readonly TrackedObject[], { from, to, direction = 'forward' }: TrackRequest): Passage[] {
    if (from !== undefined) this.#checkFrame(from);
    if (to !== undefined) this.#checkFrame(to);
    const start = from ?? Math.min(...objects.flatMap(({ bank }) => [...bank.conditioning.keys()]));
    return planPassages(start, to ?? null, direction, this.#frameCount);
  }

  /** One frame of a run, with the prompts and removals that came since the frame before. */
  async #pass(
    asked: readonly TrackedObject[],
    { frameIndex, isReverse }: Passage,
    next: number | null,
  ): Promise<Omit<TrackStep, 'done' | 'total'>> {
    const context = this.#model();
    const start = performance.now();
    for (const { bank } of asked) await this.#commit(context, bank);
    const objects = asked.filter(({ id, bank }) => this.#objects.has(id) && bank.hasPrompts);
    const before = objects.map((object) => object.mask(frameIndex));
    const tracked = objects.filter(({ bank }) => !bank.conditioning.has(frameIndex));
    const times: StageTimes = { ...noTimes };
    if (tracked.length > 0) {
      const lease = await context.features.acquire(frameIndex);
      if (next !== null) context.prefetch(next);
      try {
        const banks = tracked.map(({ bank }) => bank);
        const result = await trackFrame(context, banks, frameIndex, isReverse, lease.features);
        Object.assign(times, lease.times, result.times);
        tracked.forEach(({ bank, archive }, n) => {
          bank.record(frameIndex, result.outputs[n]!, isReverse);
          archive.delete(frameIndex);
        });
      } finally {
        lease.release();
      }
    }
    for (const { bank } of objects) {
      if (!bank.conditioning.has(frameIndex)) continue;
      bank.tracked.set(frameIndex, isReverse);
      if (context.options.forgetAroundConditioning) bank.forgetAround(frameIndex, context.options);
    }
    context.memories.evict();
    times.total = performance.now() - start;
    return {
      frameIndex,
      masks: objects.map(({ id, bank }, n) => {
        const mask = bank.committed(frameIndex)!;
        return { object: id, mask, agreement: agreement(mask, before[n]!) };
      }),
      times,
    };
  }

  /** Decodes with the present model what an earlier one, or a page before, was prompted with. */
  async #replay(context: TrackContext, object: TrackedObject): Promise<void> {
    for (const [frameIndex, prompts] of object.replay) {
      const kept = object.archive.get(frameIndex);
      const wasLocked = kept?.origin === 'track' && prompts.mask !== null && prompts.mask === kept.promptMask;
      // It is no answer to build upon: it is what these prompts came to.
      object.archive.delete(frameIndex);
      try {
        const { output } = await this.#decode(context, object, frameIndex, prompts);
        if (kept?.promptMask && !isMaskAlone(prompts)) await this.#keep(context, object, frameIndex, kept);
        if (wasLocked) {
          Object.assign(output, withScores(kept));
          object.lockStaged(frameIndex);
        }
      } catch (error) {
        if (kept) object.archive.set(frameIndex, kept);
        throw error;
      }
      object.replay.delete(frameIndex);
    }
  }

  /**
   * Shows what was shown of a prompted frame. Where the model says otherwise now (another candidate was chosen, it had more
   * memories then) the mask that was shown is what conditions.
   */
  async #keep(context: TrackContext, object: TrackedObject, frameIndex: number, kept: FrameMask): Promise<void> {
    const mask = kept.promptMask!;
    const { base, steps } = object.history.get(frameIndex)!;
    const { prompts, plan, result } = steps.at(-1)!;
    if (!isSameAnswer(result.output.maskLogits, mask)) {
      const stated: FramePrompts = { points: [], box: null, mask };
      const { output } = await promptFrame(context, object.bank, frameIndex, stated, plan, null);
      const step = { prompts, plan, result: { ...result, output } };
      this.#stage(object, frameIndex, base, [...steps.slice(0, -1), step]);
    }
    Object.assign(object.bank.shown(frameIndex)!, withScores(kept), { promptMask: mask });
  }

  #object(id: ObjectId): TrackedObject {
    const object = this.#objects.get(id);
    if (!object) throw new MaskletError('unknown-object', `There is no object ${id}.`);
    return object;
  }

  #checkFrame(frameIndex: number): void {
    if (!Number.isInteger(frameIndex) || frameIndex < 0 || frameIndex >= this.#frameCount) {
      throw new MaskletError('frame-out-of-range', `Frame ${frameIndex} is not one of 0 to ${this.#frameCount - 1}.`);
    }
  }

  #model(): TrackContext {
    if (!this.#context) throw new MaskletError('no-model', 'No model is loaded yet.');
    return this.#context;
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(step, step);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** The mask that a page before left on a frame, for a click to refine; null where the model has another grid. */
function keptMask({ graphs }: TrackContext, object: TrackedObject, frameIndex: number): FrameMask | null {
  const kept = object.archive.get(frameIndex);
  return kept?.promptMask && kept.maskLogits.length === (graphs.manifest.imageSize / 4) ** 2 ? kept : null;
}

function isMaskAlone(prompts: FramePrompts): boolean {
  return prompts.mask !== null && !refinesMask(prompts);
}

/** What else is known of a mask than its pixels. */
function withScores({
  origin,
  version,
  predictedIou,
}: FrameMask): Pick<FrameMask, 'origin' | 'version' | 'predictedIou'> {
  return { origin, version, predictedIou };
}

/** Below it, an answer is another part of the object, or another object. */
const sameAnswer = 0.8;

function isSameAnswer(maskLogits: Float32Array, mask: MaskRle): boolean {
  const shares = gridShares(mask, Math.sqrt(maskLogits.length));
  let both = 0;
  let either = 0;
  maskLogits.forEach((logit, n) => {
    const [isInside, wasInside] = [logit > 0, shares[n]! >= 0.5];
    if (isInside && wasInside) both++;
    if (isInside || wasInside) either++;
  });
  return both >= either * sameAnswer;
}

export const noTimes: StageTimes = {
  decode: 0,
  preprocess: 0,
  imageEncoder: 0,
  memoryAttention: 0,
  maskDecoder: 0,
  memoryEncoder: 0,
  masks: 0,
  total: 0,
};

function nothingToTrack(): MaskletError {
  return new MaskletError('nothing-to-track', 'There is nothing to track yet: click an object first.');
}
