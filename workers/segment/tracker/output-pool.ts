/** Who holds which output: the bank, a frame's history, and snapshots may hold the same one. The last to let go frees it. */
import { disposeOutput, type FrameOutput } from './frame-output';
import type { MemoryBudget } from './memory-budget';

export class OutputPool {
  readonly #holders = new Map<FrameOutput, number>();
  #memories: MemoryBudget | null = null;

  /**
   * Outputs held from now on belong to the model with these memories; null when it is gone. What the model before left
   * must have been released, or its device is lost and there is nothing to free.
   */
  useMemories(memories: MemoryBudget | null): void {
    this.#holders.clear();
    this.#memories = memories;
  }

  retain(output: FrameOutput): void {
    this.#holders.set(output, (this.#holders.get(output) ?? 0) + 1);
  }

  release(output: FrameOutput): void {
    const holders = this.#holders.get(output);
    // Of a model that is no longer there.
    if (holders === undefined) return;
    if (holders > 1) {
      this.#holders.set(output, holders - 1);
      return;
    }
    this.#holders.delete(output);
    this.#memories?.forget(output);
    disposeOutput(output);
  }
}
