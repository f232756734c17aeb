/**
 * Bounds the bytes of all spatial memories together. A memory is a function of the frame's features and the mask
 * logits, so the least recently used ones are dropped and made again when they are attended to: exactly the same, at
 * the price of a memory encoder run (and an image encoder run where the features are gone as well).
 */
import { sizeBytes } from '../runtime/tensor-memory';
import type { FrameOutput } from './frame-output';

export class MemoryBudget {
  readonly #limitBytes: number;
  /** Least recently used first. */
  readonly #held = new Map<FrameOutput, number>();
  bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Call after an output's memory was made or used, with all outputs of the current frame's context last. */
  touch(output: FrameOutput): void {
    if (!output.spatialMemory) return;
    const known = this.#held.get(output);
    const bytes = known ?? sizeBytes(output.spatialMemory);
    this.#held.delete(output);
    this.#held.set(output, bytes);
    if (known === undefined) this.bytes += bytes;
  }

  forget(output: FrameOutput): void {
    this.bytes -= this.#held.get(output) ?? 0;
    this.#held.delete(output);
  }

  /** Call between frames: what a frame attends to must not go while it runs. */
  evict(): void {
    for (const output of this.#held.keys()) {
      if (this.bytes <= this.#limitBytes) return;
      this.forget(output);
      output.spatialMemory?.dispose();
      output.spatialMemory = null;
    }
  }
}
