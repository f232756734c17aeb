/** The reference's choices that change which memories are attended to and how a prompt is decoded. */

import { maxModelPoints } from '../../protocol/prompt';

/** Source: `SAM2Base.__init__` and `SAM2VideoPredictor.__init__` of sam2@2b90b9f, whose names stand behind each field. */
export type TrackerOptions = {
  /** num_maskmem: spatial memories per frame, conditioning frames beyond it come on top. */
  numSpatialMemories: number;
  /** max_cond_frames_in_attn; -1 = all. */
  maxConditioningFrames: number;
  /** memory_temporal_stride_for_eval. */
  memoryStride: number;
  /** max_obj_ptrs_in_encoder. */
  maxObjectPointers: number;
  /** multimask_output_in_sam. */
  multimask: boolean;
  /** multimask_min_pt_num, multimask_max_pt_num: box corners count as points. */
  multimaskMinPoints: number;
  multimaskMaxPoints: number;
  /** multimask_output_for_tracking. */
  multimaskForTracking: boolean;
  /** Of a frame's points, how many reach the model (`prompts/limit-points.ts`); the reference has no such limit. */
  maxPoints: number;
  /** binarize_mask_from_pts_for_mem_enc. */
  binarizePromptedMasks: boolean;
  /** only_obj_ptrs_in_the_past_for_eval. */
  onlyPastPointers: boolean;
  /** add_tpos_enc_to_obj_ptrs: pointers carry their distance in time (2.1). */
  pointerTimes: boolean;
  /**
   * add_all_frames_to_correct_as_cond: a corrected frame becomes a conditioning frame and stays as corrected.
   * Differs from sam2, where the default is false and propagation overwrites corrections (sam2 issue #731).
   */
  correctionsCondition: boolean;
  /**
   * When the mask before is fed back with a frame's prompts. `while-extending`: when they add to the prompts before;
   * taking one back or moving it decodes from what was there before it, so that the same prompts give the same mask.
   * Differs from sam2, which always feeds it.
   */
  previousMask: 'always' | 'while-extending';
  /** clear_non_cond_mem_around_input: forget tracked frames near a new conditioning frame. */
  forgetAroundConditioning: boolean;
  /** fill_hole_area: holes of at most this many cells of the mask logits are filled in what is shown and fed back. */
  fillHoleArea: number;
  /** Likewise for islands; the reference has no such option. */
  removeIslandArea: number;
  /**
   * What a prompt on a tracked frame does when its object has no conditioning frame left: the reference fails an
   * assertion; decoding it as a first prompt loses nothing.
   */
  emptyBank: 'fail' | 'decode-without-memory';
  /** What a memory's distance in time counts; `tracked frames` on a live source, where most frames pass untracked. */
  time: 'frames' | 'tracked frames';
};

/** Ours where it differs, the released sam2.1 configuration elsewhere. */
export const defaultTrackerOptions: TrackerOptions = {
  numSpatialMemories: 7,
  maxConditioningFrames: -1,
  memoryStride: 1,
  maxObjectPointers: 16,
  multimask: true,
  multimaskMinPoints: 0,
  multimaskMaxPoints: 1,
  multimaskForTracking: true,
  maxPoints: maxModelPoints,
  binarizePromptedMasks: true,
  onlyPastPointers: true,
  pointerTimes: true,
  correctionsCondition: true,
  previousMask: 'while-extending',
  forgetAroundConditioning: false,
  fillHoleArea: 8,
  removeIslandArea: 0,
  emptyBank: 'decode-without-memory',
  time: 'frames',
};
