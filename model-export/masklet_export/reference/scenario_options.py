"""Constructor arguments of the reference, as the conformance suite's files state them, in our terms."""

from __future__ import annotations

from typing import Any

from masklet_export.pack.manifest import TrackerSettings
from masklet_export.reference.tracker_options import TrackerOptions

Json = dict[str, Any]

REFERENCE_OPTIONS: Json = {
    "version": "2.1",
    "num_maskmem": 7,
    "max_cond_frames_in_attn": -1,
    "memory_temporal_stride_for_eval": 1,
    "max_obj_ptrs_in_encoder": 16,
    "add_all_frames_to_correct_as_cond": False,
    "clear_non_cond_mem_around_input": False,
    "multimask_output_in_sam": True,
    "multimask_output_for_tracking": True,
    "multimask_min_pt_num": 0,
    "multimask_max_pt_num": 1,
    "binarize_mask_from_pts_for_mem_enc": True,
    "only_obj_ptrs_in_the_past_for_eval": True,
}
"""What a scenario leaves out is the reference's default, not ours."""


def options_from_scenario(scenario: Json) -> TrackerOptions:
    """The reference's constructor arguments as our options."""
    version = {"version": scenario["version"]} if "version" in scenario else {}
    options = REFERENCE_OPTIONS | version | scenario["options"]
    return TrackerOptions(
        settings=TrackerSettings(
            num_spatial_memories=options["num_maskmem"],
            max_conditioning_frames=options["max_cond_frames_in_attn"],
            memory_stride=options["memory_temporal_stride_for_eval"],
            max_object_pointers=options["max_obj_ptrs_in_encoder"],
            multimask_min_points=options["multimask_min_pt_num"],
            multimask_max_points=options["multimask_max_pt_num"],
            multimask_for_tracking=options["multimask_output_for_tracking"],
        ),
        architecture=f"sam{options['version']}",
        corrections_are_conditioning=options["add_all_frames_to_correct_as_cond"],
        clear_around_prompts=options["clear_non_cond_mem_around_input"],
        multimask_on_prompts=options["multimask_output_in_sam"],
        binarize_prompted_masks=options["binarize_mask_from_pts_for_mem_enc"],
        only_past_pointers=options["only_obj_ptrs_in_the_past_for_eval"],
    )
