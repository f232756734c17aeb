import type { Tensor } from '../runtime/ort';
import type { GraphSession } from '../runtime/runtime';
import type { TensorMemory } from '../runtime/tensor-memory';
import type { ImageFeatures } from './image-encoder';

/** What one object slot attends to. At least one memory; pointers may be none. */
export type MemoryContext = {
  /** `spatialMemory` float32[1, L, 64], L the same in all; `row` of the temporal position table. */
  memories: readonly { row: number; output: { spatialMemory: Tensor | null } }[];
  /** `objectPointer` float32[1, D]; `time` = signed distance over the normaliser. */
  pointers: readonly { time: number; output: { objectPointer: Tensor } }[];
};

/**
 * Conditions one frame's features on the memory bank of each slot (axis B). Slots with fewer memories (N) or pointers
 * (K) than the fullest are padded and masked.
 *
 * @param maxSlots how many slots one run may have; more are attended for in several runs
 * out: float32[B, D, S/16, S/16], owned by the caller.
 */
export async function runMemoryAttention(
  session: GraphSession,
  tensors: TensorMemory,
  features: ImageFeatures,
  slots: readonly MemoryContext[],
  maxSlots = Infinity,
): Promise<Tensor> {
  if (slots.length <= maxSlots) return attend(session, tensors, features, slots);
  const parts: Tensor[] = [];
  try {
    for (let start = 0; start < slots.length; start += maxSlots) {
      const part = await attend(session, tensors, features, slots.slice(start, start + maxSlots));
      parts.push(...tensors.unstack(part));
    }
    return tensors.stack(parts, [slots.length, ...features.stride16.dims.slice(1)]);
  } finally {
    for (const part of parts) part.dispose();
  }
}

async function attend(
  session: GraphSession,
  tensors: TensorMemory,
  features: ImageFeatures,
  slots: readonly MemoryContext[],
): Promise<Tensor> {
  const [, hiddenSize = 0] = features.stride16.dims;
  const batch = slots.length;
  const memoryCount = Math.max(...slots.map((slot) => slot.memories.length));
  // The graph needs at least one row, masked when there is none.
  const pointerCount = Math.max(1, ...slots.map((slot) => slot.pointers.length));

  const rows = new Int32Array(batch * memoryCount);
  const memoryMask = new Float32Array(batch * memoryCount);
  const times = new Float32Array(batch * pointerCount);
  const pointerMask = new Float32Array(batch * pointerCount);
  const memories: (Tensor | null)[] = [];
  // As many as a memory has positions, or as a perceiver makes of them.
  const [, tokenCount = 0] = slots.flatMap((slot) => slot.memories)[0]!.output.spatialMemory!.dims;
  const pointers: (Tensor | null)[] = [];
  slots.forEach((slot, b) => {
    for (let n = 0; n < memoryCount; n++) {
      const memory = slot.memories[n];
      memories.push(memory ? memory.output.spatialMemory : null);
      rows[b * memoryCount + n] = memory?.row ?? 0;
      memoryMask[b * memoryCount + n] = memory ? 1 : 0;
    }
    for (let k = 0; k < pointerCount; k++) {
      const pointer = slot.pointers[k];
      pointers.push(pointer ? pointer.output.objectPointer : null);
      times[b * pointerCount + k] = pointer?.time ?? 0;
      pointerMask[b * pointerCount + k] = pointer ? 1 : 0;
    }
  });

  const spatialMemories = tensors.stack(memories, [batch, memoryCount, tokenCount, 64]);
  const objectPointers = tensors.stack(pointers, [batch, pointerCount, hiddenSize]);
  try {
    const outputs = await session.run({
      features_stride16: features.stride16,
      spatial_memories: spatialMemories,
      temporal_rows: tensors.int(rows, [batch, memoryCount]),
      memory_mask: tensors.float(memoryMask, [batch, memoryCount]),
      object_pointers: objectPointers,
      pointer_times: tensors.float(times, [batch, pointerCount]),
      pointer_mask: tensors.float(pointerMask, [batch, pointerCount]),
    });
    return outputs['conditioned_features']!;
  } finally {
    spatialMemories.dispose();
    objectPointers.dispose();
  }
}
