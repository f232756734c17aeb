/** One object: its memory bank, what was prompted on each frame, and what an earlier model left behind. */
import type { MaskResult } from '../../protocol/mask';
import type { FramePrompts, ObjectId } from '../../protocol/prompt';
import { encodeRle } from '../../rle/rle';
import { gridShares } from '../../rle/rle-grid';
import { MemoryBank, shownIn, type BankState } from '../memory/memory-bank';
import type { FrameMask, FrameOutput } from './frame-output';
import type { OutputPool } from './output-pool';
import type { PromptStep } from './prompt-history';
import type { Bank } from './track-frame';

export type FrameHistory = {
  /** The frame's mask before any of its prompts. */
  base: FrameMask | null;
  steps: PromptStep[];
};

/** An object at one time. Holds its outputs until it is released. */
export type ObjectSnapshot = {
  id: ObjectId;
  bank: BankState<FrameOutput>;
  history: ReadonlyMap<number, FrameHistory>;
  archive: ReadonlyMap<number, FrameMask>;
  replay: ReadonlyMap<number, FramePrompts>;
};

export class TrackedObject {
  readonly id: ObjectId;
  readonly bank: Bank;
  readonly history = new Map<number, FrameHistory>();
  /** Masks made by a model that is no longer there: shown until they are tracked again. */
  readonly archive = new Map<number, FrameMask>();
  /** Prompts that the present model has not decoded yet. */
  readonly replay = new Map<number, FramePrompts>();
  readonly #pool: OutputPool;

  constructor(id: ObjectId, pool: OutputPool) {
    this.id = id;
    this.bank = new MemoryBank<FrameOutput>(pool);
    this.#pool = pool;
  }

  mask(frameIndex: number): FrameMask | null {
    return this.bank.shown(frameIndex) ?? this.archive.get(frameIndex) ?? null;
  }

  /** Makes the last step the frame's mask, until the next run commits it. */
  stage(frameIndex: number, base: FrameMask | null, steps: PromptStep[], asConditioning: boolean): void {
    const { prompts, result } = steps.at(-1)!;
    this.bank.prompts.set(frameIndex, prompts);
    this.bank.stage(frameIndex, result.output, asConditioning);
    this.archive.delete(frameIndex);
    this.#setHistory(frameIndex, { base, steps });
  }

  clearFrame(frameIndex: number): void {
    this.#setHistory(frameIndex, null);
    this.bank.clearFrame(frameIndex);
  }

  /** As `MemoryBank.setLocked`, also for a tracked mask of which only the pixels are left. */
  setLocked(frameIndex: number, isLocked: boolean): boolean {
    const { bank, archive, replay } = this;
    if (bank.setLocked(frameIndex, isLocked)) return true;
    const staged = bank.locked.has(frameIndex) ? bank.shown(frameIndex) : undefined;
    if (staged) {
      if (isLocked) return true;
      archive.set(frameIndex, withoutTensors(staged));
      bank.locked.delete(frameIndex);
      bank.clearFrame(frameIndex);
      return true;
    }
    const kept = archive.get(frameIndex);
    if (kept?.origin !== 'track') return false;
    if (isLocked) replay.set(frameIndex, asMaskPrompt(kept));
    else replay.delete(frameIndex);
    return true;
  }

  /** A locked mask was told to the model as a prompt: it is locked again, and no prompt. */
  lockStaged(frameIndex: number): void {
    this.#setHistory(frameIndex, null);
    this.bank.prompts.delete(frameIndex);
    this.bank.locked.add(frameIndex);
  }

  /** Forgets frames from `frameCount` on. */
  endAt(frameCount: number): void {
    for (const frameIndex of this.history.keys()) if (frameIndex >= frameCount) this.#setHistory(frameIndex, null);
    this.bank.endAt(frameCount);
    for (const known of [this.archive, this.replay]) {
      for (const frameIndex of known.keys()) if (frameIndex >= frameCount) known.delete(frameIndex);
    }
  }

  /** Lets go of everything that the present model made. */
  forget(): void {
    for (const frameIndex of this.history.keys()) this.#setHistory(frameIndex, null);
    this.bank.clear();
  }

  /** The model goes: masks stay to be shown, prompts to be decoded again. */
  archiveAll(): void {
    const { bank, archive, replay } = this;
    const stages = [bank.nonConditioning, bank.conditioning, bank.stagedNonConditioning, bank.stagedConditioning];
    for (const outputs of stages) {
      for (const [frameIndex, output] of outputs) archive.set(frameIndex, withoutTensors(output));
    }
    for (const frameIndex of bank.locked) replay.set(frameIndex, asMaskPrompt(archive.get(frameIndex)!));
    for (const [frameIndex, prompts] of bank.prompts) replay.set(frameIndex, prompts);
    this.forget();
  }

  capture(): ObjectSnapshot {
    const snapshot: ObjectSnapshot = {
      id: this.id,
      bank: this.bank.capture(),
      history: new Map(this.history),
      archive: new Map(this.archive),
      replay: new Map(this.replay),
    };
    for (const output of outputsOf(snapshot)) this.#pool.retain(output);
    return snapshot;
  }

  restore({ bank, history, archive, replay }: ObjectSnapshot): void {
    this.bank.restore(bank);
    for (const frameIndex of this.history.keys()) {
      if (!history.has(frameIndex)) this.#setHistory(frameIndex, null);
    }
    for (const [frameIndex, frame] of history) this.#setHistory(frameIndex, frame);
    replaceAll(this.archive, archive);
    replaceAll(this.replay, replay);
  }

  #setHistory(frameIndex: number, frame: FrameHistory | null): void {
    const before = this.history.get(frameIndex);
    if (frame) this.history.set(frameIndex, frame);
    else this.history.delete(frameIndex);
    for (const { result } of frame?.steps ?? []) this.#pool.retain(result.output);
    for (const { result } of before?.steps ?? []) this.#pool.release(result.output);
  }
}

/** As `TrackedObject.mask`, at the time of the snapshot. */
export function capturedMask({ bank, archive }: ObjectSnapshot, frameIndex: number): FrameMask | null {
  return shownIn(bank, frameIndex) ?? archive.get(frameIndex) ?? null;
}

/** Every place in a snapshot that holds an output. */
export function outputsOf({ bank, history }: ObjectSnapshot): FrameOutput[] {
  const banked = bank.outputs.flatMap((outputs) => [...outputs.values()]);
  const decoded = [...history.values()].flatMap(({ steps }) => steps.map(({ result }) => result.output));
  return [...banked, ...decoded];
}

function withoutTensors(output: FrameOutput): FrameMask {
  const { frameIndex, maskLogits, promptMask, occlusionScore, predictedIou, origin, version } = output;
  return { frameIndex, maskLogits, promptMask, occlusionScore, predictedIou, origin, version };
}

/** A mask that was locked, as a prompt for a model that does not know it. */
function asMaskPrompt({ maskLogits, promptMask }: FrameMask): FramePrompts {
  const side = Math.sqrt(maskLogits.length);
  const inside = Array.from(maskLogits, (logit) => (logit > 0 ? 1 : 0));
  return { points: [], box: null, mask: promptMask ?? encodeRle(inside, side, side) };
}

/** A mask of which only the pixels are left, to be shown as they are. */
export function asFrameMask({ frameIndex, rle, occlusionScore, predictedIou, origin, version }: MaskResult): FrameMask {
  const maskLogits = gridShares(rle, archivedSide).map((share) => share * 20 - 10);
  return { frameIndex, maskLogits, promptMask: rle, occlusionScore, predictedIou, origin, version };
}

/** Of its logits, which serve comparisons and clicks on it. */
const archivedSide = 64;

function replaceAll<Value>(target: Map<number, Value>, source: ReadonlyMap<number, Value>): void {
  target.clear();
  for (const [key, value] of source) target.set(key, value);
}
