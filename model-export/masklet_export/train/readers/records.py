"""What every reader yields: labelled pictures, cut-outs and clips for training, whole videos for evaluation."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""uint8 [H,W,3], RGB."""
InstanceMap = NDArray[np.uint8]
"""uint8 [H,W], 0 = background or unknown, 1..n = instances."""
Mask = NDArray[np.bool_]
"""bool [H,W]."""


@dataclass(frozen=True)
class StillRecord:
    """A photograph with instance labels. Unlabelled area is no statement: labels need not be exhaustive."""

    name: str
    set_name: str
    image: Image
    instances: InstanceMap


@dataclass(frozen=True)
class CutoutRecord:
    """An object on a transparent ground, seen from one or several neighbouring views (an orbit, in order)."""

    name: str
    set_name: str
    views: tuple[NDArray[np.uint8], ...]
    """uint8 [H,W,4] each, straight (not premultiplied) RGBA."""


@dataclass(frozen=True)
class ClipRecord:
    """Consecutive frames of one size, with an instance map per frame or without any."""

    name: str
    set_name: str
    frames: tuple[Image, ...]
    instances: tuple[InstanceMap, ...] | None


class VideoSequence(ABC):
    """A video on disk with ground truth on some frames; frames are read when asked for."""

    name: str

    @property
    @abstractmethod
    def num_frames(self) -> int:
        """Frames in the video, annotated or not."""

    @property
    @abstractmethod
    def object_ids(self) -> tuple[int, ...]:
        """Every object that has a mask somewhere, ascending."""

    @abstractmethod
    def annotated_frames(self, object_id: int) -> tuple[int, ...]:
        """Frame indices that say where this object is, an empty mask (absent) included, ascending."""

    @abstractmethod
    def frame(self, index: int) -> Image:
        """One frame at full size."""

    @abstractmethod
    def mask(self, index: int, object_id: int) -> Mask:
        """The object's mask on an annotated frame. Raises `KeyError` on a frame without annotation."""

    def void(self, index: int) -> Mask | None:
        """Pixels to leave out of every score on this frame, or None."""
        return None

    def frame_name(self, index: int) -> str:
        """File stem under which results of this frame are written."""
        return f"{index:05d}"


def is_held_out(name: str, percent: int) -> bool:
    """Whether a record belongs to the validation slice: a fixed function of its name, so it never changes sides.

    The hash falls into twenty slices of five percent each and is divided further for
    other percentages; growing the percentage only ever adds records to the slice.
    """
    value = int(hashlib.md5(name.encode(), usedforsecurity=False).hexdigest(), 16)
    return value % 20 * 5 + value // 20 % 5 < percent
