"""What is kept per object: results of its frames and where they stand. Immutable; every change is a new bank.

Source: SAM 2 §4 "memory bank"; `output_dict_per_obj` and `temp_output_dict_per_obj`,
sam2_video_predictor.py@2b90b9f.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

V = TypeVar("V")


@dataclass(frozen=True, eq=False)
class FrameResult:
    """Outcome of one evaluation of one object on one frame."""

    mask_logits: np.ndarray
    """float32 [S/4,S/4], gated: −1024 everywhere where the object is absent."""
    object_pointer: np.ndarray
    """float32 [D]"""
    occlusion_score: float
    """Logit; positive means visible."""
    predicted_iou: float = 1.0
    token: int = 0
    """Whose mask this is: 0..3."""
    stability: float = 1.0
    candidate_ious: tuple[float, ...] = ()
    """Predicted IoU of tokens 0..3."""
    spatial_memory: np.ndarray | None = None
    """float32 [L,64], L = h·h or a perceiver's latents; None until the memory encoder has run."""


Results = Mapping[int, FrameResult]


@dataclass(frozen=True)
class MemoryBank:
    """One object's memory. Keys are frame indices; the order of insertion matters where |dt| ties."""

    conditioning: Results = field(default_factory=dict)
    non_conditioning: Results = field(default_factory=dict)
    staged_conditioning: Results = field(default_factory=dict)
    """Results of prompts since the last propagation: not attended to before the next one commits them."""
    staged_non_conditioning: Results = field(default_factory=dict)
    tracked: Mapping[int, bool] = field(default_factory=dict)
    """Frame → whether it was last passed in reverse."""

    def staged(self, is_conditioning: bool) -> Results:
        return self.staged_conditioning if is_conditioning else self.staged_non_conditioning

    def shown(self, frame_index: int, is_conditioning: bool) -> FrameResult | None:
        """The result a person sees: staged in the given store, else committed."""
        for store in (self.staged(is_conditioning), self.conditioning, self.non_conditioning):
            if frame_index in store:
                return store[frame_index]
        return None

    def stage(self, frame_index: int, result: FrameResult, is_conditioning: bool) -> MemoryBank:
        """Put a prompt's result aside until the next propagation."""
        return self._with_staged(is_conditioning, _set(self.staged(is_conditioning), frame_index, result))

    def commit(self, frame_index: int, result: FrameResult, is_conditioning: bool) -> MemoryBank:
        """Enter an encoded result into the bank; `unstage` empties the staged store afterwards."""
        bank = self.stage(frame_index, result, is_conditioning)
        if is_conditioning:
            return replace(bank, conditioning=_set(bank.conditioning, frame_index, result))
        return replace(bank, non_conditioning=_set(bank.non_conditioning, frame_index, result))

    def unstage(self, is_conditioning: bool) -> MemoryBank:
        return self._with_staged(is_conditioning, {})

    def drop_shadowed(self) -> MemoryBank:
        """A frame is conditioning or non-conditioning, never both: the former wins."""
        kept = {frame: result for frame, result in self.non_conditioning.items() if frame not in self.conditioning}
        return replace(self, non_conditioning=kept)

    def track(self, frame_index: int, reverse: bool, result: FrameResult | None) -> MemoryBank:
        """Mark a frame as passed, with its new result unless it is a conditioning frame (None)."""
        bank = replace(self, tracked=_set(self.tracked, frame_index, reverse))
        if result is None:
            return bank
        return replace(bank, non_conditioning=_set(bank.non_conditioning, frame_index, result))

    def clear_prompts(self, frame_index: int) -> MemoryBank:
        """Forget staged results of a frame; a conditioning frame becomes an ordinary, untracked one.

        Source: sam2_video_predictor.py@2b90b9f `clear_all_prompts_in_frame`.
        """
        bank = replace(
            self,
            staged_conditioning=_without(self.staged_conditioning, frame_index),
            staged_non_conditioning=_without(self.staged_non_conditioning, frame_index),
        )
        if frame_index not in bank.conditioning:
            return bank
        return replace(
            bank,
            conditioning=_without(bank.conditioning, frame_index),
            non_conditioning=_set(bank.non_conditioning, frame_index, bank.conditioning[frame_index]),
            tracked=_without(bank.tracked, frame_index),
        )

    def clear_around(self, frame_index: int, reach: int) -> MemoryBank:
        """Forget non-conditioning results up to `reach` frames away: they may show the object as it was mistaken.

        Source: sam2_video_predictor.py@2b90b9f `_clear_non_cond_mem_around_input`, as evidently intended.
        """
        kept = {frame: result for frame, result in self.non_conditioning.items() if abs(frame - frame_index) > reach}
        return replace(self, non_conditioning=kept)

    def _with_staged(self, is_conditioning: bool, results: Results) -> MemoryBank:
        if is_conditioning:
            return replace(self, staged_conditioning=results)
        return replace(self, staged_non_conditioning=results)


def _set(mapping: Mapping[int, V], key: int, value: V) -> dict[int, V]:
    return {**mapping, key: value}


def _without(mapping: Mapping[int, V], key: int) -> dict[int, V]:
    return {other: value for other, value in mapping.items() if other != key}
