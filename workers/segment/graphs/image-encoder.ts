import { sizeBytes } from '../runtime/tensor-memory';
import type { Tensor } from '../runtime/ort';
import type { GraphSession } from '../runtime/runtime';

/** One frame's features, shared by all objects. S = model input size, D = hidden size. */
export type ImageFeatures = {
  /** float32[1, D/8, S/4, S/4] */
  stride4: Tensor;
  /** float32[1, D/4, S/8, S/8] */
  stride8: Tensor;
  /** float32[1, D, S/16, S/16] */
  stride16: Tensor;
  /** float32[1, D, S/16, S/16]: stride16 plus the no-memory embedding, for frames decoded without a memory bank. */
  noMemory: Tensor;
};

/** in: image float32[1, 3, S, S]. out: features, owned by the caller. */
export async function runImageEncoder(session: GraphSession, image: Tensor): Promise<ImageFeatures> {
  const outputs = await session.run({ image });
  return {
    stride4: outputs['features_stride4']!,
    stride8: outputs['features_stride8']!,
    stride16: outputs['features_stride16']!,
    noMemory: outputs['features_no_memory']!,
  };
}

export function featuresBytes(features: ImageFeatures): number {
  return Object.values(features).reduce((sum, tensor) => sum + sizeBytes(tensor), 0);
}

export function disposeFeatures(features: ImageFeatures): void {
  for (const tensor of Object.values(features)) tensor.dispose();
}
