"""Picks which object pointers a frame attends to and how far away in time each one is.

Pure: no tensor is read. Source: SAM 2 §4; sam2_base.py@2b90b9f `_prepare_memory_conditioned_features`.
"""

from __future__ import annotations

from dataclasses import dataclass

from masklet_export.pack.manifest import TrackerSettings
from masklet_export.reference.memory_bank import FrameResult, MemoryBank
from masklet_export.reference.select_memories import ConditioningChoice


@dataclass(frozen=True)
class SelectedPointer:
    """One pointer to attend to; `distance` counts frames against the direction of travel, negative = ahead."""

    frame_index: int
    distance: int
    result: FrameResult


def select_pointers(
    bank: MemoryBank,
    choice: ConditioningChoice,
    frame_index: int,
    reverse: bool,
    num_frames: int,
    settings: TrackerSettings,
    only_past: bool = True,
) -> tuple[SelectedPointer, ...]:
    """Selected conditioning frames behind (unlimited in number), then the nearest frames before this one.

    The second part stops at the video's ends and looks back at most min(num_frames, max_object_pointers) − 1.
    """
    step = 1 if reverse else -1
    pointers = [
        SelectedPointer(frame, (frame_index - frame) * -step, result)
        for frame, result in choice.selected.items()
        if not only_past or (frame_index - frame) * -step >= 0
    ]
    for distance in range(1, min(num_frames, settings.max_object_pointers)):
        frame = frame_index + step * distance
        if not 0 <= frame < num_frames:
            break
        result = bank.non_conditioning.get(frame, choice.unselected.get(frame))
        if result is not None:
            pointers.append(SelectedPointer(frame, distance, result))
    return tuple(pointers)


def pointer_normaliser(num_frames: int, settings: TrackerSettings) -> int:
    """What distances are divided by before they are encoded; short clips have another scale than long ones."""
    return min(num_frames, settings.max_object_pointers) - 1


def pointer_time(distance: int, normaliser: int) -> float:
    """Differs from sam2: a one-frame clip has normaliser 0 there, and 0/0; here its only distance 0 stays 0."""
    return distance / max(normaliser, 1)
