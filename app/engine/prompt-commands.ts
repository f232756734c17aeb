/**
 * Prompts. What a person says is in the state at once; the mask follows. Calls for one object and frame are made one
 * after the other, each with the latest prompts; a failed one puts back what the model last answered.
 */
import { asMaskletError, MaskletError } from '../../workers/protocol/errors';
import type { Candidate } from '../../workers/protocol/mask';
import type { FramePrompts, ObjectId } from '../../workers/protocol/prompt';
import type { PromptResult } from '../../workers/protocol/segment-contract';
import { promptKey, setCandidates, setPending, type PromptKey } from '../state/answers';
import { eraseMask, markStale, writeMasks } from '../state/masklets';
import { findObject } from '../state/objects';
import { emptyPrompts, promptedFrames, promptsOn, statePrompts } from '../state/prompts';
import { patch } from '../state/store';
import { CallQueue } from './call-queue';
import type { EngineContext } from './context';
import type { ModelCommands } from './model-commands';
import type { TrackCommands } from './track-commands';

export class PromptCommands {
  readonly #context: EngineContext;
  readonly #model: ModelCommands;
  readonly #tracking: TrackCommands;
  readonly #queue = new CallQueue<PromptKey>();
  /** The prompts that the model last answered. */
  readonly #answered = new Map<PromptKey, FramePrompts>();
  /** Candidate masks with their run lengths, which the state does not hold. */
  readonly #candidates = new Map<PromptKey, readonly Candidate[]>();
  #generation = 0;

  constructor(context: EngineContext, model: ModelCommands, tracking: TrackCommands) {
    this.#context = context;
    this.#model = model;
    this.#tracking = tracking;
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
    this.#context.checkObject(object);
    this.#context.checkFrame(frameIndex);
    this.#context.dismiss('frame');
    const key = promptKey(object, frameIndex);
    this.#context.store.setState(({ prompts, answers }) => ({
      prompts: statePrompts(prompts, object, frameIndex, edit(promptsOn(prompts, object, frameIndex))),
      answers: setPending(answers, key, true),
    }));
    return this.#queue.latest(key, () => this.#answer(object, frameIndex, () => this.#prompt(object, frameIndex)));
  }

  /** Removes the prompts of an object on a frame. */
  async clear(object: ObjectId, frameIndex: number): Promise<PromptResult> {
    return this.change(object, frameIndex, () => emptyPrompts);
  }

  /** Removes the prompts of an object on all frames. @throws as `change` */
  async clearObject(object: ObjectId): Promise<void> {
    this.#context.checkObject(object);
    const frames = promptedFrames(this.#context.store.getState().prompts, object);
    await Promise.all(frames.map((frameIndex) => this.clear(object, frameIndex)));
  }

  /** Takes another mask of an ambiguous prompt. @throws as `change`, and `invalid-argument` */
  async choose(object: ObjectId, frameIndex: number, token: number): Promise<PromptResult> {
    this.#context.checkObject(object);
    this.#context.checkFrame(frameIndex);
    const key = promptKey(object, frameIndex);
    this.#context.store.setState(({ answers }) => ({ answers: setPending(answers, key, true) }));
    return this.#queue.next(key, () =>
      this.#answer(object, frameIndex, async () =>
        this.#context.threads.segment.chooseCandidate(object, frameIndex, token),
      ),
    );
  }

  /** The candidates of a frame's last prompt with their masks. */
  candidates(object: ObjectId, frameIndex: number): readonly Candidate[] {
    return this.#generation === this.#context.generation
      ? (this.#candidates.get(promptKey(object, frameIndex)) ?? [])
      : [];
  }

  /** States all prompts anew, to segment workers that know none. */
  async restate(): Promise<void> {
    this.#forgetOtherVideos();
    const { byObject } = this.#context.store.getState().prompts;
    for (const [object, frames] of Object.entries(byObject)) {
      for (const frameIndex of Object.keys(frames)) {
        await this.change(Number(object), Number(frameIndex), (prompts) => prompts);
      }
    }
  }

  async #prompt(object: ObjectId, frameIndex: number): Promise<PromptResult> {
    const { store, threads } = this.#context;
    const prompts = promptsOn(store.getState().prompts, object, frameIndex);
    const result = await threads.segment.prompt(object, frameIndex, prompts);
    this.#answered.set(promptKey(object, frameIndex), prompts);
    return result;
  }

  async #answer(object: ObjectId, frameIndex: number, ask: () => Promise<PromptResult>): Promise<PromptResult> {
    this.#forgetOtherVideos();
    const key = promptKey(object, frameIndex);
    const { generation } = this.#context;
    try {
      await Promise.all([this.#context.joined, this.#model.ready()]);
      const result = await this.#model.withRecovery(ask);
      this.#checkStillThere(object, generation);
      this.#write(object, frameIndex, result);
      return result;
    } catch (error) {
      this.#checkStillThere(object, generation);
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
    this.#candidates.set(key, candidates);
    this.#tracking.noteEdit(object);
    this.#context.store.setState(({ masklets, answers }) => {
      const others = markStale(masklets, object);
      return {
        masklets: mask ? writeMasks(others, [mask]) : eraseMask(others, object, frameIndex),
        answers: setCandidates(
          answers,
          key,
          candidates.length === 0
            ? null
            : {
                token,
                candidates: candidates.map(({ token: of, predictedIou, area }) => ({ token: of, predictedIou, area })),
              },
        ),
      };
    });
  }

  #putBack(object: ObjectId, frameIndex: number): void {
    const answered = this.#answered.get(promptKey(object, frameIndex)) ?? emptyPrompts;
    const { store } = this.#context;
    patch(store, 'prompts', statePrompts(store.getState().prompts, object, frameIndex, answered));
  }

  #checkStillThere(object: ObjectId, generation: number): void {
    this.#context.checkGeneration(generation);
    if (!findObject(this.#context.store.getState().objects, object)) {
      throw new MaskletError('cancelled', 'The object was removed.');
    }
  }

  #forgetOtherVideos(): void {
    if (this.#generation === this.#context.generation) return;
    this.#generation = this.#context.generation;
    this.#answered.clear();
    this.#candidates.clear();
  }
}
