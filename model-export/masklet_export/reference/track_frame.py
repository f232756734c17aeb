"""One object on one frame: what it attends to, which prompt it gets, how its mask is chosen.

Pure policy. An `Evaluation` says all that a run of the networks needs; a `FrameRunner` makes it a `FrameResult`.
Source: SAM 2 §4; sam2_base.py@2b90b9f `track_step`, sam2_video_predictor.py@2b90b9f `_run_single_frame_inference`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

import numpy as np

from masklet_export.reference.memory_bank import FrameResult, MemoryBank
from masklet_export.reference.object_pointers import SelectedPointer, pointer_normaliser, select_pointers
from masklet_export.reference.prompt_tensors import FramePrompt
from masklet_export.reference.select_memories import SelectedMemory, choose_conditioning, select_memories
from masklet_export.reference.tracker_options import TrackerError, TrackerOptions


class Features(StrEnum):
    """Which stride-16 features the mask decoder gets."""

    NO_MEMORY = "no-memory"
    MEMORY = "memory"
    RAW = "raw"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """One evaluation of the networks for one object on one frame."""

    object_id: int
    frame_index: int
    is_initial: bool
    """A prompt on a frame this object was not tracked on: segmented as a picture, without memory."""
    reverse: bool
    features: Features
    prompt: FramePrompt | None
    """None when tracking."""
    previous: FrameResult | None
    """Whose logits are fed back with a further click."""
    multimask: bool
    """Best of tokens 1..3; else token 0."""
    stores_conditioning: bool
    memories: tuple[SelectedMemory, ...] = ()
    pointers: tuple[SelectedPointer, ...] = ()
    pointer_normaliser: int | None = None
    """None in SAM 2.0."""

    @property
    def mask_prompt(self) -> np.ndarray | None:
        return None if self.prompt is None else self.prompt.mask


@dataclass(frozen=True, eq=False)
class MemoryEncoding:
    """One run of the memory encoder for one object on one frame."""

    object_id: int
    frame_index: int
    result: FrameResult
    binarize: bool
    stores_conditioning: bool


class FrameRunner(Protocol):
    """Runs networks. All evaluations of a call are of one frame and may be batched."""

    def evaluate(self, frame_index: int, evaluations: Sequence[Evaluation]) -> list[FrameResult]:
        """Masks, scores and pointers; a tracked frame's result has its spatial memory too."""
        ...

    def encode_memories(self, frame_index: int, encodings: Sequence[MemoryEncoding]) -> list[np.ndarray]:
        """Spatial memories [L,64]."""
        ...


def plan_prompt(
    object_id: int, frame_index: int, prompt: FramePrompt, bank: MemoryBank, num_frames: int, options: TrackerOptions
) -> Evaluation:
    """An evaluation caused by a person.

    On a frame that was not tracked it stands alone; on a tracked one it is a correction and attends to the bank in
    the direction the frame was last tracked in. Staged results of other prompts are not in the bank yet.
    Raises `TrackerError("empty-bank")` for a correction without any conditioning frame.
    """
    is_initial = frame_index not in bank.tracked
    reverse = bank.tracked.get(frame_index, False)
    stores_conditioning = is_initial or options.corrections_are_conditioning
    is_mask = prompt.mask is not None
    multimask = not is_mask and _use_multimask(len(prompt.labels), is_initial, options)
    attended = Features.RAW if is_mask else Features.NO_MEMORY if is_initial else Features.MEMORY
    evaluation = Evaluation(
        object_id=object_id,
        frame_index=frame_index,
        is_initial=is_initial,
        reverse=reverse,
        features=attended,
        prompt=prompt,
        previous=None if is_mask else bank.shown(frame_index, stores_conditioning),
        multimask=multimask,
        stores_conditioning=stores_conditioning,
    )
    return _with_memory(evaluation, bank, num_frames, options) if attended is Features.MEMORY else evaluation


def plan_tracking(
    object_id: int, frame_index: int, reverse: bool, bank: MemoryBank, num_frames: int, options: TrackerOptions
) -> Evaluation:
    """An evaluation without a prompt, from memory alone."""
    evaluation = Evaluation(
        object_id=object_id,
        frame_index=frame_index,
        is_initial=False,
        reverse=reverse,
        features=Features.MEMORY,
        prompt=None,
        previous=None,
        multimask=_use_multimask(0, False, options),
        stores_conditioning=False,
    )
    return _with_memory(evaluation, bank, num_frames, options)


def _with_memory(evaluation: Evaluation, bank: MemoryBank, num_frames: int, options: TrackerOptions) -> Evaluation:
    frame, reverse, settings = evaluation.frame_index, evaluation.reverse, options.settings
    if not bank.conditioning:
        raise TrackerError("empty-bank", f"object {evaluation.object_id} has no conditioning frame to attend to")
    choice = choose_conditioning(bank, frame, settings.max_conditioning_frames)
    pointers = select_pointers(bank, choice, frame, reverse, num_frames, settings, options.only_past_pointers)
    return replace(
        evaluation,
        memories=select_memories(bank, choice, frame, reverse, settings),
        pointers=pointers,
        pointer_normaliser=pointer_normaliser(num_frames, settings) if options.has_pointer_times else None,
    )


def _use_multimask(num_points: int, is_initial: bool, options: TrackerOptions) -> bool:
    """Box corners count as points; tracking has none. Source: sam2_base.py@2b90b9f `_use_multimask`."""
    settings = options.settings
    is_allowed = options.multimask_on_prompts and (is_initial or settings.multimask_for_tracking)
    return is_allowed and settings.multimask_min_points <= num_points <= settings.multimask_max_points
