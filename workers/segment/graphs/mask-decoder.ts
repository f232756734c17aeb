import type { Tensor } from '../runtime/ort';
import type { GraphSession } from '../runtime/runtime';
import type { TensorMemory } from '../runtime/tensor-memory';
import type { ImageFeatures } from './image-encoder';

/** The graph's `selection` input: which output token's mask is taken. 0 to 3 take that token. */
export const selectBestOfThree = -1;
/** Token 0, or the best of three where token 0's mask is unstable; the object pointer stays token 0's. */
export const selectSingle = -2;

/** What one object slot is decoded from, besides the features. */
export type DecoderSlot = {
  /** Model pixels, x and y in turn. Box corners come first. [0, 0] with label −1 means no prompt. */
  points: readonly number[];
  /** 1 positive, 0 negative, 2 and 3 box corners, −1 none. */
  labels: readonly number[];
  /** float[S/4 · S/4]: previous logits within ±32, or a mask prompt's convolution. */
  maskInput: Float32Array | null;
  selection: number;
  /** False replaces the object pointer by the no-object pointer whatever the decoder says. */
  isPresent: boolean;
};

export type DecodedMask = {
  /** float32[1, 1, S/4, S/4] on the device; −1024 everywhere where the object is absent. */
  maskLogits: Tensor;
  /** float32[1, 1] on the device. */
  occlusionScore: Tensor;
  /** float32[1, D] on the device. */
  objectPointer: Tensor;
  predictedIou: number;
  /** Logit; positive means visible. */
  score: number;
  token: number;
  /** Of token 0: its area at logit +0.05 over its area at −0.05. */
  stability: number;
  /** Of tokens 0 to 3. */
  candidateIous: Float32Array;
  /** float32[1, 4, S/4, S/4] on the device, not gated by the occlusion score; null where it was not asked for. */
  candidateLogits: Tensor | null;
};

const scoresPerSlot = 8;
const unusedLabel = -2;

/**
 * Decodes a mask for each object slot.
 *
 * @param conditioned float32[B, D, S/16, S/16]
 * @returns one result a slot; its tensors belong to the caller
 * Source: SAM 2 §4; `_forward_sam_heads`, sam2_base.py@2b90b9f L233-L413.
 */
export async function runMaskDecoder(
  session: GraphSession,
  tensors: TensorMemory,
  features: ImageFeatures,
  conditioned: Tensor,
  slots: readonly DecoderSlot[],
  wantsCandidates: boolean,
): Promise<DecodedMask[]> {
  const batch = slots.length;
  const pointCount = Math.max(...slots.map((slot) => slot.labels.length));
  const [, , height = 0, width = 0] = features.stride4.dims;
  const points = new Float32Array(batch * pointCount * 2);
  const labels = new Int32Array(batch * pointCount).fill(unusedLabel);
  slots.forEach((slot, b) => {
    points.set(slot.points, b * pointCount * 2);
    labels.set(slot.labels, b * pointCount);
  });
  // Zeros where there is none: on a GPU they need no upload.
  const maskInput = tensors.stack(
    slots.map((slot) => slot.maskInput && tensors.float(slot.maskInput, [1, 1, height, width])),
    [batch, 1, height, width],
  );

  const outputs = await session.run({
    conditioned_features: conditioned,
    features_stride4: features.stride4,
    features_stride8: features.stride8,
    points: tensors.float(points, [batch, pointCount, 2]),
    point_labels: tensors.int(labels, [batch, pointCount]),
    mask_input: maskInput,
    has_mask_input: tensors.float(
      Float32Array.from(slots, (slot) => (slot.maskInput ? 1 : 0)),
      [batch],
    ),
    selection: tensors.int(
      Int32Array.from(slots, (slot) => slot.selection),
      [batch],
    ),
    presence: tensors.float(
      Float32Array.from(slots, (slot) => (slot.isPresent ? 1 : 0)),
      [batch],
    ),
  });
  maskInput.dispose();
  const scores = await tensors.read(outputs['scores']!);
  outputs['scores']!.dispose();
  const maskLogits = tensors.unstack(outputs['mask_logits']!);
  const occlusionScores = tensors.unstack(outputs['occlusion_score']!);
  const objectPointers = tensors.unstack(outputs['object_pointer']!);
  const candidates = outputs['candidate_logits']!;
  const candidateLogits = wantsCandidates ? tensors.unstack(candidates) : [];
  if (!wantsCandidates) candidates.dispose();
  return slots.map((_, b) => {
    const row = scores.subarray(b * scoresPerSlot, (b + 1) * scoresPerSlot);
    return {
      maskLogits: maskLogits[b]!,
      occlusionScore: occlusionScores[b]!,
      objectPointer: objectPointers[b]!,
      predictedIou: row[0]!,
      score: row[1]!,
      token: Math.round(row[2]!),
      stability: row[3]!,
      candidateIous: row.slice(4),
      candidateLogits: candidateLogits[b] ?? null,
    };
  });
}
