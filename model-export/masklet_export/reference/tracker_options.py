"""Choices of the tracker: a pack's constants, and the reference's switches with our defaults."""

from __future__ import annotations

from dataclasses import dataclass, field

from masklet_export.pack.manifest import TrackerSettings


class TrackerError(Exception):
    """A call the tracker cannot answer.

    `code` is one of `no-objects` (nothing to propagate), `no-prompts` (an object without a conditioning frame),
    `empty-bank` (a correction with nothing to attend to), `bad-prompt`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class TrackerOptions:
    """Everything that decides which networks run on what. Names of the reference in brackets."""

    settings: TrackerSettings = field(default_factory=TrackerSettings)
    architecture: str = "sam2.1"
    corrections_are_conditioning: bool = True
    """[add_all_frames_to_correct_as_cond] Differs from sam2, whose default is False: there a corrected frame is
    recomputed without its click as soon as propagation passes it (sam2 issue 731)."""
    clear_around_prompts: bool = False
    """[clear_non_cond_mem_around_input]"""
    multimask_on_prompts: bool = True
    """[multimask_output_in_sam]"""
    binarize_prompted_masks: bool = True
    """[binarize_mask_from_pts_for_mem_enc]"""
    only_past_pointers: bool = True
    """[only_obj_ptrs_in_the_past_for_eval]"""

    @property
    def has_pointer_times(self) -> bool:
        """2.0 and EdgeTAM do not encode when a pointer was made."""
        return self.architecture == "sam2.1"

    @property
    def has_occlusion_embedding(self) -> bool:
        """2.0 and EdgeTAM add nothing to the memory of a frame without the object."""
        return self.architecture == "sam2.1"
