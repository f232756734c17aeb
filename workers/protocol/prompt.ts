/** Prompts as they cross a thread. Coordinates are normalised to the video: [0,1], origin top-left. */
import type { MaskRle } from './mask';

/** An object's id never changes and is never reused. */
export type ObjectId = number;

/** 1 belongs to the object, 0 does not. Source: `prompt_encoder.py`@2b90b9f. */
export type PointLabel = 0 | 1;

/**
 * So many points of a frame reach the model, box corners aside. With more the embedded model loses it: clicks on a plain disc
 * give the disc with 12, up to six times its area with 20, and "absent" from 50. SAM 2 was trained with at most 8 clicks.
 */
export const maxModelPoints = 12;

export type PointPrompt = { xNorm: number; yNorm: number; label: PointLabel };

/** x0 ≤ x1, y0 ≤ y1. */
export type BoxPrompt = { x0Norm: number; y0Norm: number; x1Norm: number; y1Norm: number };

/**
 * All prompts of one object on one frame. A mask alone is its own answer; points and a box beside it refine it: the
 * decoder gets the mask as the one before, as when the reference is given a mask first and clicks after it. A box is
 * two corner points that come first. Empty means that the frame is not prompted.
 */
export type FramePrompts = {
  points: PointPrompt[];
  box: BoxPrompt | null;
  mask: MaskRle | null;
};
