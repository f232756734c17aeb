/**
 * Prompts. What a person says is in the state at once; the mask follows. Calls for one object and frame are made one
 * after the other, each with the latest prompts; a failed one puts back what the model last answered.
 */
import { asMaskletError, MaskletError } from '../../workers/protocol/errors';
import type { Candidate } from '../../workers/protocol/mask';
import type { FramePrompts, ObjectId } from '../../workers/protocol/prompt';
import type { PromptResult } from '../../workers/protocol/segment-contract';
import { distinctMasks } from '../masks/distinct-masks';
import { promptKey, setCandidates, setPending, type CandidateSet, type PromptKey } from '../state/answers';
import { promptAction } from '../state/history';
import { eraseMask, markStale, setLocked, writeMasks } from '../state/masklets';
import { findObject } from '../state/objects';
import { emptyPrompts, promptedFrames, promptsOn, statePrompts } from '../state/prompts';
import { patch } from '../state/store';
import { CallQueue } from './call-queue';
import type { EngineContext } from './context';
import type { History } from './history';
import type { ModelCommands } from './model-commands';

export class PromptCommands {
  readonly #context: EngineContext;
  readonly #model: ModelCommands;
  readonly #history: History;
  readonly #queue = new CallQueue<PromptKey>();
  /** Candidate masks with their run lengths, which the state does not hold, for as long as it holds the rest. */
  readonly #candidates = new WeakMap<CandidateSet, readonly Candidate[]>();

  constructor(context: EngineContext, model: ModelCommands, history: History) {
    this.#context = context;
    this.#model = model;
    this.#history = history;
  }

  /**
   * Changes the prompts of an object on a frame and asks for its mask there. Waits for the model when it is loading.
   * @throws `no-video`, `unknown-object`, `frame-out-of-range`, `cancelled`, and what loading the model failed with
   */
  async change(
    object: ObjectId,
    frameIndex: number,
    edit: (prompts: FramePrompts) => FramePrompts,
  ): Promise<PromptResult> {
    this.#checkEditable(object);
    this.#context.checkFrame(frameIndex);
    this.#context.dismiss('frame');
    const { store } = this.#context;
    const before = promptsOn(store.getState().prompts, object, frameIndex);
    const after = edit(before);
    const isChanged = after !== before;
    const step = isChanged ? this.#history.begin(promptAction(before, after), { object, frameIndex }) : null;
    if (isChanged) patch(store, 'prompts', statePrompts(store.getState().prompts, object, frameIndex, after));
    try {
      return await this.#ask(object, frameIndex);
    } catch (error) {
      this.#history.forget(step);
      throw error;
    }
  }

  /** Removes the prompts of an object on a frame. */
  async clear(object: ObjectId, frameIndex: number): Promise<PromptResult> {
    return this.change(object, frameIndex, () => emptyPrompts);
  }

  /** Removes the prompts of an object on all frames. @throws as `change` */
  async clearObject(object: ObjectId): Promise<void> {
    this.#context.checkObject(object);
    const frames = promptedFrames(this.#context.store.getState().prompts, object);
    await this.clearAll(frames.map((frameIndex) => ({ object, frameIndex })));
  }

  /** Removes the prompts of several frames in one step. @throws as `change` */
  async clearAll(places: readonly { object: ObjectId; frameIndex: number }[]): Promise<void> {
    if (places.length === 0) return;
    const object = places.every((place) => place.object === places[0]!.object) ? places[0]!.object : null;
    const cleared = this.#history.together('clear-prompts', { object }, () =>
      places.map((place) => this.clear(place.object, place.frameIndex)),
    );
    await Promise.all(cleared);
  }

  /** Takes another mask of an ambiguous prompt. @throws as `change`, and `invalid-argument` */
  async choose(object: ObjectId, frameIndex: number, token: number): Promise<PromptResult> {
    this.#checkEditable(object);
    this.#context.checkFrame(frameIndex);
    const key = promptKey(object, frameIndex);
    const step = this.#history.begin('candidate', { object, frameIndex });
    this.#context.store.setState(({ answers }) => ({ answers: setPending(answers, key, true) }));
    try {
      return await this.#queue.next(key, () =>
        this.#answer(object, frameIndex, async () =>
          this.#context.threads.segment.chooseCandidate(object, frameIndex, token),
        ),
      );
    } catch (error) {
      this.#history.forget(step);
      throw error;
    }
  }

  /**
   * Keeps a tracked mask as it is: no run passes over it. Or lets it go again.
   * @throws `unknown-object`, `frame-out-of-range`, `invalid-argument` where there is no tracked mask
   */
  async lock(object: ObjectId, frameIndex: number, isLocked: boolean): Promise<void> {
    this.#context.checkObject(object);
    this.#context.checkFrame(frameIndex);
    const { store, threads } = this.#context;
    if (store.getState().masklets.byObject[object]?.columns.isTracked[frameIndex] !== 1) {
      throw new MaskletError('invalid-argument', `Frame ${frameIndex} has no tracked mask to lock.`, {
        reason: ['nothing-to-lock', frameIndex],
      });
    }
    const step = this.#history.begin(isLocked ? 'lock' : 'unlock', { object, frameIndex });
    store.setState(({ masklets }) => ({ masklets: setLocked(masklets, object, frameIndex, isLocked) }));
    const { epoch } = this.#history;
    try {
      await Promise.all([this.#context.joined, this.#model.ready(), this.#history.marked()]);
      if (epoch !== this.#history.epoch) throw takenBack();
      await threads.segment.setLocked(object, frameIndex, isLocked);
    } catch (error) {
      if (epoch === this.#history.epoch) {
        store.setState(({ masklets }) => ({ masklets: setLocked(masklets, object, frameIndex, !isLocked) }));
        this.#history.forget(step);
      }
      this.#context.report('frame', error);
      throw error;
    }
  }

  /** The candidates of a frame's last prompt with their masks. */
  candidates(object: ObjectId, frameIndex: number): readonly Candidate[] {
    const set = this.#context.store.getState().answers.candidates[promptKey(object, frameIndex)];
    return (set && this.#candidates.get(set)) ?? [];
  }

  /**
   * States the prompts that differ from what the segment worker was told, one after the other.
   * @param beforeEach stops it by throwing
   */
  async stateUntold(beforeEach: () => void = () => undefined): Promise<void> {
    const { store } = this.#context;
    for (const { id } of store.getState().objects.list) {
      const { prompts } = store.getState();
      const frames = new Set([...promptedFrames(prompts, id), ...promptedFrames(this.#history.told, id)]);
      for (const frameIndex of frames) {
        const isTold = promptsOn(prompts, id, frameIndex) === promptsOn(this.#history.told, id, frameIndex);
        if (isTold) continue;
        beforeEach();
        await this.#ask(id, frameIndex);
      }
    }
  }

  async #ask(object: ObjectId, frameIndex: number): Promise<PromptResult> {
    const key = promptKey(object, frameIndex);
    this.#context.store.setState(({ answers }) => ({ answers: setPending(answers, key, true) }));
    return this.#queue.latest(key, () => this.#answer(object, frameIndex, () => this.#prompt(object, frameIndex)));
  }

  async #prompt(object: ObjectId, frameIndex: number): Promise<PromptResult> {
    const { store, threads } = this.#context;
    const prompts = promptsOn(store.getState().prompts, object, frameIndex);
    const before = promptsOn(this.#history.told, object, frameIndex);
    if (prompts === emptyPrompts && before === emptyPrompts) throw takenBack();
    this.#tell(object, frameIndex, prompts);
    try {
      return await threads.segment.prompt(object, frameIndex, prompts);
    } catch (error) {
      // The worker is where it was, unless another state was restored meanwhile.
      if (promptsOn(this.#history.told, object, frameIndex) === prompts) this.#tell(object, frameIndex, before);
      throw error;
    }
  }

  #tell(object: ObjectId, frameIndex: number, prompts: FramePrompts): void {
    this.#history.told = statePrompts(this.#history.told, object, frameIndex, prompts);
  }

  async #answer(object: ObjectId, frameIndex: number, ask: () => Promise<PromptResult>): Promise<PromptResult> {
    const key = promptKey(object, frameIndex);
    const { generation } = this.#context;
    let { epoch } = this.#history;
    try {
      await Promise.all([this.#context.joined, this.#model.ready(), this.#history.marked()]);
      ({ epoch } = this.#history);
      const result = await this.#model.withRecovery(ask);
      this.#checkStillThere(object, generation, epoch);
      this.#write(object, frameIndex, result);
      return result;
    } catch (error) {
      this.#checkStillThere(object, generation, epoch);
      // After a failed worker the prompts are stated anew by a restart.
      const isLost = asMaskletError(error).code === 'worker-failed';
      if (!isLost && !this.#queue.hasWaiting(key)) this.#putBack(object, frameIndex);
      this.#context.report('frame', error);
      throw error;
    } finally {
      if (generation === this.#context.generation && !this.#queue.hasWaiting(key)) {
        const { store } = this.#context;
        store.setState(({ answers }) => ({ answers: setPending(answers, key, false) }));
      }
    }
  }

  #write(object: ObjectId, frameIndex: number, { mask, candidates, token }: PromptResult): void {
    const key = promptKey(object, frameIndex);
    let set: CandidateSet | null = null;
    const taken = candidates.find((candidate) => candidate.token === token);
    const offered = distinctMasks(candidates, taken);
    if (offered.length > 1) {
      set = { token, candidates: offered.map(({ rle: _rle, ...summary }) => summary) };
      this.#candidates.set(set, offered);
    }
    this.#context.store.setState(({ masklets, answers }) => {
      const others = markStale(masklets, object, frameIndex);
      return {
        masklets: mask ? writeMasks(others, [mask]) : eraseMask(others, object, frameIndex),
        answers: setCandidates(answers, key, set),
      };
    });
  }

  #putBack(object: ObjectId, frameIndex: number): void {
    const { store } = this.#context;
    const told = promptsOn(this.#history.told, object, frameIndex);
    patch(store, 'prompts', statePrompts(store.getState().prompts, object, frameIndex, told));
  }

  /** @throws `unknown-object`, `invalid-argument` when it is locked */
  #checkEditable(object: ObjectId): void {
    this.#context.checkObject(object);
    const entry = findObject(this.#context.store.getState().objects, object);
    if (!entry?.isLocked) return;
    const error = new MaskletError('invalid-argument', `${entry.name} is locked. Unlock it to change it.`, {
      reason: ['object-locked', entry.name],
    });
    this.#context.report('frame', error);
    throw error;
  }

  #checkStillThere(object: ObjectId, generation: number, epoch: number): void {
    this.#context.checkGeneration(generation);
    if (epoch !== this.#history.epoch) throw takenBack();
    if (!findObject(this.#context.store.getState().objects, object)) {
      throw new MaskletError('cancelled', 'The object was removed.');
    }
  }
}

function takenBack(): MaskletError {
  return new MaskletError('cancelled', 'It was taken back.');
}
