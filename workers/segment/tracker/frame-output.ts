/** What one object leaves behind on one frame. */
import type { MaskOrigin, MaskRle } from '../../protocol/mask';
import type { Tensor } from '../runtime/ort';

/** The mask of a frame, kept as logits: pixels are made from them when someone asks. */
export type FrameMask = {
  frameIndex: number;
  /** float[S/4 · S/4] on the CPU. */
  maskLogits: Float32Array;
  /** A mask prompt is shown as it was given. */
  promptMask: MaskRle | null;
  /** Logit; positive means visible. */
  occlusionScore: number;
  predictedIou: number;
  origin: MaskOrigin;
  version: number;
};

export type FrameOutput = FrameMask & {
  /** Output token whose mask and pointer these are. */
  token: number;
  /** float32[1, D] on the device. */
  objectPointer: Tensor;
  /** float32[1, HW, 64] on the device; null until it is encoded, and again after it was evicted. */
  spatialMemory: Tensor | null;
};

export function disposeOutput(output: FrameOutput): void {
  output.objectPointer.dispose();
  output.spatialMemory?.dispose();
  output.spatialMemory = null;
}
