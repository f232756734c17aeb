/** Masks as they cross a thread: run lengths at the video's size. Pixels of a mask never do. */
import type { ObjectId } from './prompt';

/** Uncompressed COCO RLE: runs in column-major order, the first one counts background. Sums to width × height. */
export type MaskRle = { width: number; height: number; counts: Uint32Array };

/** Pixel rectangle, half-open: x0 ≤ x < x1. */
export type PixelBox = { x0: number; y0: number; x1: number; y1: number };

export type MaskOrigin = 'prompt' | 'track';

/** All that the page keeps of one object's mask on one frame. */
export type MaskSummary = {
  object: ObjectId;
  frameIndex: number;
  /** Pixels at the video's size; 0 where the object is absent. */
  area: number;
  box: PixelBox | null;
  /** Separate parts, counted at the model's resolution. */
  pieces: number;
  /** Logit; the object is visible where it is positive. */
  occlusionScore: number;
  /** The decoder's own estimate, [0,1]. */
  predictedIou: number;
  origin: MaskOrigin;
  /** Grows with every new mask of this object and frame: the key under which pixels may be cached. */
  version: number;
};

/** A summary with its pixels' run lengths. */
export type MaskResult = MaskSummary & { rle: MaskRle };

/** One of the decoder's answers to an ambiguous prompt. `token` 0 is the single-mask answer, 1 to 3 the three others. */
export type Candidate = { token: number; predictedIou: number; area: number; rle: MaskRle };
