/** From prompts in the video's normalised coordinates to what the decoder takes: the one conversion to model space. */
import type { MaskRle } from '../../protocol/mask';
import type { FramePrompts } from '../../protocol/prompt';
import { resizePlane, triangle } from '../../resample/antialiased-resize';
import { decodeRle } from '../../rle/rle';

/** Points in model pixels, x and y in turn, and their labels. */
export type PointTensors = { points: number[]; labels: number[] };

/** What the reference feeds when there is no prompt. Source: `_forward_sam_heads`, sam2_base.py@2b90b9f L316. */
export const noPoints: PointTensors = { points: [0, 0], labels: [-1] };

/**
 * A box is two corner points, labels 2 and 3, before the others.
 * Source: `add_new_points_or_box`, sam2_video_predictor.py@2b90b9f L197-L217.
 */
export function pointTensors({ box, points }: FramePrompts, imageSize: number): PointTensors {
  const tensors: PointTensors = { points: [], labels: [] };
  if (box) {
    tensors.points.push(box.x0Norm, box.y0Norm, box.x1Norm, box.y1Norm);
    tensors.labels.push(2, 3);
  }
  for (const { xNorm, yNorm, label } of points) {
    tensors.points.push(xNorm, yNorm);
    tensors.labels.push(label);
  }
  tensors.points = tensors.points.map((norm) => norm * imageSize);
  return tensors;
}

/** Points or a box on top of a mask: the decoder refines the mask. A mask alone is its own answer. */
export function refinesMask({ mask, points, box }: FramePrompts): boolean {
  return mask !== null && (points.length > 0 || box !== null);
}

export type MaskPromptTensors = {
  /** float[S/4 · S/4]: the mask's own logits, ±10 shrunk by four. */
  maskLogits: Float32Array;
  /** float[S/4 · S/4]: what the decoder sees of it when it makes the object pointer. */
  maskInput: Float32Array;
  isEmpty: boolean;
};

/**
 * A mask prompt at any size.
 * Source: `add_new_mask` and `_use_mask_as_output`, sam2_base.py@2b90b9f L415-L465.
 */
export function maskPromptTensors(
  mask: MaskRle,
  imageSize: number,
  downsample: { weight: readonly number[]; bias: number },
): MaskPromptTensors {
  const resized = resizePlane(decodeRle(mask), mask.width, mask.height, imageSize, imageSize, triangle);
  const binary = resized.map((value) => (value >= 0.5 ? 1 : 0));
  const lowSize = imageSize / 4;
  const low = resizePlane(binary, imageSize, imageSize, lowSize, lowSize, triangle);
  return {
    maskLogits: low.map((share) => share * 20 - 10),
    maskInput: convolve4(binary, imageSize, downsample),
    isEmpty: !binary.includes(1),
  };
}

/** The 4×4 convolution with stride 4 and one channel. Source: `mask_downsample`, sam2_base.py@2b90b9f L121. */
function convolve4(
  mask: Float32Array,
  size: number,
  { weight, bias }: { weight: readonly number[]; bias: number },
): Float32Array {
  const lowSize = size / 4;
  const out = new Float32Array(lowSize * lowSize).fill(bias);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      out[(y >> 2) * lowSize + (x >> 2)]! += mask[y * size + x]! * weight[(y & 3) * 4 + (x & 3)]!;
    }
  }
  return out;
}

/** Previous logits as the decoder takes them back. Source: sam2_video_predictor.py@2b90b9f L262. */
export function previousMaskInput(maskLogits: Float32Array): Float32Array {
  return maskLogits.map((logit) => Math.min(32, Math.max(-32, logit)));
}
