"""What an evaluation asks of a tracker. The app's native twin implements it; so do the baselines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, overload

import numpy as np
from numpy.typing import NDArray

from masklet_export.evaluate.click_oracle import Click
from masklet_export.train.readers.records import Image, VideoSequence

Mask = NDArray[np.bool_]
Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in video pixels."""


@dataclass(frozen=True)
class FramePrompt:
    """Prompts that are added at once: clicks, or a box, or a mask."""

    clicks: tuple[Click, ...] = ()
    box: Box | None = None
    mask: Mask | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Prediction:
    """One object on one frame."""

    logits_hw: NDArray[np.float32]
    """At the video's size; the mask is where they are positive. An absent object's are all negative."""
    occlusion_score: float
    """Positive means visible."""
    predicted_iou: float

    @property
    def mask(self) -> Mask:
        """bool [H,W]."""
        return self.logits_hw > 0


class VideoSegmenter(Protocol):
    """A tracker with one video at a time; frame indices and pixels are the video's own."""

    def set_video(self, frames: Sequence[Image]) -> None:
        """Begin with a video (frames are read when needed) and forget everything before it."""
        ...

    def reset(self) -> None:
        """Forget all objects; what was computed from the frames alone may be kept."""
        ...

    def prompt(self, object_id: int, frame_index: int, prompt: FramePrompt) -> Prediction:
        """Add prompts to an object (a new one with its first prompt) and answer for that frame.

        Clicks add to the frame's earlier ones; a box or a mask replaces them.
        """
        ...

    def propagate(
        self, start: int, *, reverse: bool = False, max_frames: int | None = None
    ) -> Iterator[tuple[int, dict[int, Prediction]]]:
        """Track all objects from a frame on (that frame included) and yield frame by frame."""
        ...


class FrameList(Sequence[Image]):
    """The frames of a sequence as a list that reads on access, optionally cut off."""

    def __init__(self, sequence: VideoSequence, max_frames: int | None = None) -> None:
        self._sequence = sequence
        self._length = sequence.num_frames if max_frames is None else min(max_frames, sequence.num_frames)

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Image: ...

    @overload
    def __getitem__(self, index: slice) -> list[Image]: ...

    def __getitem__(self, index: int | slice) -> Image | list[Image]:
        if isinstance(index, slice):
            return [self._sequence.frame(i) for i in range(*index.indices(self._length))]
        if not -self._length <= index < self._length:
            raise IndexError(f"frame {index} of {self._length}")
        return self._sequence.frame(index % self._length)
