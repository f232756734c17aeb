import type { Tensor } from '../runtime/ort';
import type { GraphSession } from '../runtime/runtime';
import type { TensorMemory } from '../runtime/tensor-memory';
import type { ImageFeatures } from './image-encoder';

export type MemoryEncoderSlot = {
  /** float32[1, 1, S/4, S/4] */
  maskLogits: Tensor;
  /** float32[1, 1]; where it is ≤ 0 the occlusion embedding is added (2.1). */
  occlusionScore: Tensor;
  /** Prompted frames: the mask counts, not its confidence. */
  isBinarized: boolean;
};

/**
 * Fuses a frame's features with each slot's mask.
 * @returns one spatial memory float32[1, HW, 64] a slot, owned by the caller
 * Source: SAM 2 §4; `_encode_new_memory`, sam2_base.py@2b90b9f L672-L730.
 */
export async function runMemoryEncoder(
  session: GraphSession,
  tensors: TensorMemory,
  features: ImageFeatures,
  slots: readonly MemoryEncoderSlot[],
): Promise<Tensor[]> {
  const batch = slots.length;
  const [, , height = 0, width = 0] = features.stride4.dims;
  const single = batch === 1;
  // One slot needs no copy.
  const maskLogits = single
    ? slots[0]!.maskLogits
    : tensors.stack(
        slots.map((slot) => slot.maskLogits),
        [batch, 1, height, width],
      );
  const occlusionScore = single
    ? slots[0]!.occlusionScore
    : tensors.stack(
        slots.map((slot) => slot.occlusionScore),
        [batch, 1],
      );
  try {
    const outputs = await session.run({
      features_stride16: features.stride16,
      mask_logits: maskLogits,
      occlusion_score: occlusionScore,
      binarize: tensors.float(
        Float32Array.from(slots, (slot) => (slot.isBinarized ? 1 : 0)),
        [batch],
      ),
    });
    return tensors.unstack(outputs['spatial_memory']!);
  } finally {
    if (!single) {
      maskLogits.dispose();
      occlusionScore.dispose();
    }
  }
}
