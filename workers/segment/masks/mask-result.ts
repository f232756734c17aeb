/** From the logits that the tracker keeps to the masks that cross a thread. */
import type { Candidate, MaskResult, MaskRle, MaskSummary } from '../../protocol/mask';
import type { ObjectId } from '../../protocol/prompt';
import { resizeLogits, type MaskAtVideoSize } from './resize-logits';
import { measureRle } from './rle';

/** What a mask is made from. */
export type MaskLike = Omit<MaskSummary, 'object' | 'area' | 'box'> & {
  maskLogits: Float32Array;
  promptMask: MaskRle | null;
};

export type VideoSize = { width: number; height: number };

export function maskResult(object: ObjectId, mask: MaskLike, size: VideoSize): MaskResult {
  const { frameIndex, occlusionScore, predictedIou, origin, version } = mask;
  return { object, frameIndex, occlusionScore, predictedIou, origin, version, ...pixelsOf(mask, size) };
}

export function maskSummary(object: ObjectId, mask: MaskLike, size: VideoSize): MaskSummary {
  const { rle: _, ...summary } = maskResult(object, mask, size);
  return summary;
}

export function candidateMask(token: number, predictedIou: number, logits: Float32Array, size: VideoSize): Candidate {
  const { rle, area } = squareLogits(logits, size);
  return { token, predictedIou, area, rle };
}

/** A mask prompt at the video's size is shown to the pixel as it was given; the reference shows it shrunk and enlarged. */
function pixelsOf({ maskLogits, promptMask }: MaskLike, size: VideoSize): MaskAtVideoSize {
  if (promptMask && promptMask.width === size.width && promptMask.height === size.height) {
    return { rle: promptMask, ...measureRle(promptMask) };
  }
  return squareLogits(maskLogits, size);
}

function squareLogits(logits: Float32Array, { width, height }: VideoSize): MaskAtVideoSize {
  const side = Math.sqrt(logits.length);
  return resizeLogits(logits, side, side, width, height);
}
