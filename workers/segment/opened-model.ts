import type { Precision } from '../protocol/segment-contract';
import type { ModelPack } from './model-pack/download';

/** A model in every form that a device may take it in. */
export type OpenedModel = {
  title: string;
  imageSize: number;
  /** Sizes that it could be opened for, ascending. */
  imageSizes: number[];
  /** Fastest first; float32 is always there. */
  precisions: readonly Precision[];
  /** Of any weight or intermediate tensor, for one object with a full memory bank; null where it is not known. */
  largestBufferBytes: ((imageSize: number, precision: Precision) => number) | null;
  pack(precision: Precision): Promise<ModelPack>;
  /** The same model at a small input size, which the processor computes soon; null where there is none. */
  reduced: ((precision: Precision) => Promise<ModelPack>) | null;
};
