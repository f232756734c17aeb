"""Picks which spatial memories a frame attends to, and the row of the temporal table each one takes.

Pure: no tensor is read. Source: SAM 2 §4; sam2_base.py@2b90b9f `_prepare_memory_conditioned_features`,
sam2_utils.py@2b90b9f `select_closest_cond_frames`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from masklet_export.pack.manifest import TrackerSettings
from masklet_export.reference.memory_bank import FrameResult, MemoryBank


class MemoryKind(StrEnum):
    """Why a memory is attended to."""

    CONDITIONING = "conditioning"
    NON_CONDITIONING = "non-conditioning"
    UNSELECTED = "unselected"
    """A conditioning frame beyond the limit that stands in for a missing tracked frame."""


@dataclass(frozen=True)
class SelectedMemory:
    """One memory to attend to."""

    frame_index: int
    kind: MemoryKind
    temporal_row: int
    result: FrameResult


@dataclass(frozen=True)
class ConditioningChoice:
    """The conditioning frames within the limit, and the others."""

    selected: Mapping[int, FrameResult]
    unselected: Mapping[int, FrameResult]


def choose_conditioning(bank: MemoryBank, frame_index: int, limit: int) -> ConditioningChoice:
    """All conditioning frames (limit −1), or the nearest before, the nearest at or after, then by distance.

    Ties go by insertion order, as Python's stable sort leaves them in the reference. A limit below 2 is a
    `ValueError` once there are more frames than it allows.
    """
    frames = bank.conditioning
    if limit == -1 or len(frames) <= limit:
        return ConditioningChoice(selected=frames, unselected={})
    if limit < 2:
        raise ValueError(f"the limit on conditioning frames must be −1 or at least 2, got {limit}")
    before = max((frame for frame in frames if frame < frame_index), default=None)
    after = min((frame for frame in frames if frame >= frame_index), default=None)
    picked = [frame for frame in (before, after) if frame is not None]
    others = sorted((frame for frame in frames if frame not in picked), key=lambda frame: abs(frame - frame_index))
    picked += others[: limit - len(picked)]
    return ConditioningChoice(
        selected={frame: frames[frame] for frame in picked},
        unselected={frame: result for frame, result in frames.items() if frame not in picked},
    )


def select_memories(
    bank: MemoryBank, choice: ConditioningChoice, frame_index: int, reverse: bool, settings: TrackerSettings
) -> tuple[SelectedMemory, ...]:
    """Selected conditioning frames first, then tracked ones from far to near.

    Every conditioning memory takes the table's last row; a tracked one that is the t-th nearest takes row t − 1.
    """
    last_row = settings.num_spatial_memories - 1
    memories = [
        SelectedMemory(frame, MemoryKind.CONDITIONING, last_row, result) for frame, result in choice.selected.items()
    ]
    for distance, frame in _window(frame_index, reverse, settings):
        if frame in bank.non_conditioning:
            kind, result = MemoryKind.NON_CONDITIONING, bank.non_conditioning[frame]
        elif frame in choice.unselected:
            kind, result = MemoryKind.UNSELECTED, choice.unselected[frame]
        else:
            continue
        memories.append(SelectedMemory(frame, kind, distance - 1, result))
    return tuple(memories)


def _window(frame_index: int, reverse: bool, settings: TrackerSettings) -> Iterable[tuple[int, int]]:
    """(rank, frame) of the rolling window: the neighbour, then every r-th frame beyond it."""
    stride, sign = settings.memory_stride, 1 if reverse else -1
    nearest_multiple = -(-(frame_index + 2) // stride) * stride if reverse else (frame_index - 2) // stride * stride
    for distance in range(settings.num_spatial_memories - 1, 0, -1):
        if distance == 1:
            yield distance, frame_index + sign
        else:
            yield distance, nearest_multiple + sign * (distance - 2) * stride
