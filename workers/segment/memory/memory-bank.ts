/**
 * One object's memory bank: which frames condition, which were tracked, and what was prompted but not yet committed.
 * Pure bookkeeping: `Output` is whatever the networks left for a frame (mask, object pointer, spatial memory), unread here.
 */
import type { FramePrompts } from '../../protocol/prompt';
import type { TrackerOptions } from './tracker-options';

/** How a prompt on a frame is to be decoded, and where its result is staged. */
export type PromptPlan<Output> = {
  /** The frame was not tracked: it is decoded from the image alone, without memories. */
  isInitial: boolean;
  /** Direction of the memories attended to: that in which the frame was tracked. */
  isReverse: boolean;
  asConditioning: boolean;
  /** Whose mask logits are fed back. */
  previous: Output | null;
};

/** Told of every place in a bank that an output comes to and goes from. */
export type OutputHolder<Output> = { retain(output: Output): void; release(output: Output): void };

/** A bank's contents at one time. */
export type BankState<Output> = {
  outputs: readonly ReadonlyMap<number, Output>[];
  tracked: ReadonlyMap<number, boolean>;
  prompts: ReadonlyMap<number, FramePrompts>;
  locked: ReadonlySet<number>;
};

/** As `MemoryBank.shown`, at the time of the capture. */
export function shownIn<Output>({ outputs }: BankState<Output>, frameIndex: number): Output | undefined {
  const [conditioning, nonConditioning, stagedConditioning, stagedNonConditioning] = outputs;
  return [stagedConditioning, stagedNonConditioning, conditioning, nonConditioning]
    .map((captured) => captured?.get(frameIndex))
    .find((output) => output !== undefined);
}

/** What propagation attends to: results by frame. */
export type HeldOutputs<Output> = {
  /** In order of insertion, which breaks ties in `selectConditioning`. */
  readonly conditioning: ReadonlyMap<number, Output>;
  readonly nonConditioning: ReadonlyMap<number, Output>;
};

export class MemoryBank<Output> implements HeldOutputs<Output> {
  readonly #holder: OutputHolder<Output>;
  readonly conditioning = new Map<number, Output>();
  readonly nonConditioning = new Map<number, Output>();
  /** Results of prompts wait here until the next propagation commits them; no other prompt sees them before. */
  readonly stagedConditioning = new Map<number, Output>();
  readonly stagedNonConditioning = new Map<number, Output>();
  /** Frames passed by a propagation, and whether in reverse. */
  readonly tracked = new Map<number, boolean>();
  readonly prompts = new Map<number, FramePrompts>();
  /** Tracked frames that a person declared right: they condition, and no run passes over them. */
  readonly locked = new Set<number>();

  constructor(holder: OutputHolder<Output>) {
    this.#holder = holder;
  }

  /** Source: `add_new_points_or_box`, sam2_video_predictor.py@2b90b9f L229-L262. */
  planPrompt(frameIndex: number, options: TrackerOptions): PromptPlan<Output> {
    const wasTracked = this.tracked.get(frameIndex);
    const lost = this.conditioning.size === 0 && options.emptyBank === 'decode-without-memory';
    const isInitial = wasTracked === undefined || lost;
    const asConditioning = isInitial || options.correctionsCondition;
    const staged = asConditioning ? this.stagedConditioning : this.stagedNonConditioning;
    return {
      isInitial,
      isReverse: isInitial ? false : wasTracked,
      asConditioning,
      previous: staged.get(frameIndex) ?? this.committed(frameIndex) ?? null,
    };
  }

  stage(frameIndex: number, output: Output, asConditioning: boolean): void {
    this.#put(asConditioning ? this.stagedConditioning : this.stagedNonConditioning, frameIndex, output);
  }

  /** A frame passed by a propagation. */
  record(frameIndex: number, output: Output, isReverse: boolean): void {
    this.#put(this.nonConditioning, frameIndex, output);
    this.tracked.set(frameIndex, isReverse);
  }

  /**
   * Moves what is staged into the bank, non-conditioning first; a conditioning frame then has no tracked result.
   * @param encode makes the spatial memory of a staged output
   * @returns the frames that moved
   * Source: `propagate_in_video_preflight`, sam2_video_predictor.py@2b90b9f L486-L545.
   */
  async commit(encode: (output: Output) => Promise<void>): Promise<number[]> {
    const moved: number[] = [];
    for (const [staged, target] of [
      [this.stagedNonConditioning, this.nonConditioning],
      [this.stagedConditioning, this.conditioning],
    ] as const) {
      for (const [frameIndex, output] of staged) {
        await encode(output);
        this.#put(target, frameIndex, output);
        this.#remove(staged, frameIndex);
        moved.push(frameIndex);
      }
    }
    for (const frameIndex of this.conditioning.keys()) this.#remove(this.nonConditioning, frameIndex);
    return moved;
  }

  /** What propagation uses of a frame. */
  committed(frameIndex: number): Output | undefined {
    return this.conditioning.get(frameIndex) ?? this.nonConditioning.get(frameIndex);
  }

  /** What a person sees of a frame: the newest prompt's result before anything committed. */
  shown(frameIndex: number): Output | undefined {
    return (
      this.stagedConditioning.get(frameIndex) ??
      this.stagedNonConditioning.get(frameIndex) ??
      this.committed(frameIndex)
    );
  }

  /** @returns the frame has a prompt's result, committed or not */
  isConditioning(frameIndex: number): boolean {
    return this.stagedConditioning.has(frameIndex) || this.conditioning.has(frameIndex);
  }

  get hasPrompts(): boolean {
    return this.conditioning.size > 0 || this.stagedConditioning.size > 0;
  }

  /**
   * Takes a frame's prompts back. A conditioning frame becomes an ordinary one and counts as not tracked.
   * Source: `clear_all_prompts_in_frame`, sam2_video_predictor.py@2b90b9f L633-L654.
   */
  clearFrame(frameIndex: number): void {
    this.prompts.delete(frameIndex);
    this.#remove(this.stagedConditioning, frameIndex);
    this.#remove(this.stagedNonConditioning, frameIndex);
    if (this.locked.has(frameIndex) || !this.#downgrade(frameIndex)) return;
    this.tracked.delete(frameIndex);
  }

  /**
   * Makes a tracked frame a conditioning frame as it is, or an ordinary one again. A frame with prompts conditions
   * anyway.
   * @returns whether the frame has a committed mask that could be locked
   */
  setLocked(frameIndex: number, isLocked: boolean): boolean {
    const output = this.committed(frameIndex);
    if (output === undefined) return false;
    if (isLocked) {
      this.locked.add(frameIndex);
      this.#put(this.conditioning, frameIndex, output);
      this.#remove(this.nonConditioning, frameIndex);
    } else {
      this.locked.delete(frameIndex);
      if (!this.prompts.has(frameIndex)) this.#downgrade(frameIndex);
    }
    return true;
  }

  /** Forgets frames from `frameCount` on: the video has turned out to end there. */
  endAt(frameCount: number): void {
    for (const outputs of this.#all) {
      for (const frameIndex of outputs.keys()) if (frameIndex >= frameCount) this.#remove(outputs, frameIndex);
    }
    for (const known of [this.tracked, this.prompts, this.locked]) {
      for (const frameIndex of known.keys()) if (frameIndex >= frameCount) known.delete(frameIndex);
    }
  }

  /** Source: the intent of `_clear_obj_non_cond_mem_around_input`, which fails at sam2@2b90b9f. */
  forgetAround(frameIndex: number, options: TrackerOptions): void {
    const reach = options.memoryStride * options.numSpatialMemories;
    for (let near = frameIndex - reach; near <= frameIndex + reach; near++) {
      this.#remove(this.nonConditioning, near);
    }
  }

  capture(): BankState<Output> {
    return {
      outputs: this.#all.map((outputs) => new Map(outputs)),
      tracked: new Map(this.tracked),
      prompts: new Map(this.prompts),
      locked: new Set(this.locked),
    };
  }

  /** Replaces everything by what was captured. */
  restore({ outputs, tracked, prompts, locked }: BankState<Output>): void {
    // First, so that nothing that stays is let go in between.
    for (const captured of outputs) for (const output of captured.values()) this.#holder.retain(output);
    this.clear();
    this.#all.forEach((target, n) => {
      for (const [frameIndex, output] of outputs[n]!) target.set(frameIndex, output);
    });
    for (const [frameIndex, isReverse] of tracked) this.tracked.set(frameIndex, isReverse);
    for (const [frameIndex, stated] of prompts) this.prompts.set(frameIndex, stated);
    for (const frameIndex of locked) this.locked.add(frameIndex);
  }

  /** Forgets everything. */
  clear(): void {
    for (const outputs of this.#all) {
      for (const frameIndex of outputs.keys()) this.#remove(outputs, frameIndex);
    }
    this.tracked.clear();
    this.prompts.clear();
    this.locked.clear();
  }

  get #all(): Map<number, Output>[] {
    return [this.conditioning, this.nonConditioning, this.stagedConditioning, this.stagedNonConditioning];
  }

  /** Turns a conditioning frame into an ordinary one. */
  #downgrade(frameIndex: number): boolean {
    const output = this.conditioning.get(frameIndex);
    if (output === undefined) return false;
    this.#put(this.nonConditioning, frameIndex, output);
    this.#remove(this.conditioning, frameIndex);
    return true;
  }

  #put(outputs: Map<number, Output>, frameIndex: number, output: Output): void {
    const before = outputs.get(frameIndex);
    this.#holder.retain(output);
    outputs.set(frameIndex, output);
    if (before !== undefined) this.#holder.release(before);
  }

  #remove(outputs: Map<number, Output>, frameIndex: number): void {
    const output = outputs.get(frameIndex);
    if (output === undefined) return;
    outputs.delete(frameIndex);
    this.#holder.release(output);
  }
}
