"""What a model has to beat: trackers that know nothing of objects. They answer to the same interface.

`copy` keeps the first mask; `flow` carries it along dense optical flow (DIS); both answer a box or clicks with
GrabCut, or with the filled box.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from masklet_export.evaluate.video_segmenter import Box, FramePrompt, Mask, Prediction
from masklet_export.train.readers.records import Image

_CERTAIN = 10.0
_CLICK_BOX = 0.3
"""Side of the box that a bare click stands for, as a share of the frame."""
_GRABCUT_ROUNDS = 4


class Baseline:
    """State and prompts of all baselines; a subclass says how a mask moves from one frame to the next.

    Args:
        box_answer: `grabcut` or `filled`.
    """

    def __init__(self, box_answer: str = "grabcut") -> None:
        if box_answer not in ("grabcut", "filled"):
            raise ValueError(f"box_answer must be grabcut or filled, got {box_answer!r}")
        self._box_answer = box_answer
        self._frames: Sequence[Image] = ()
        self._masks: dict[int, dict[int, Mask]] = {}

    def set_video(self, frames: Sequence[Image]) -> None:
        self._frames = frames
        self.reset()

    def reset(self) -> None:
        self._masks = {}

    def prompt(self, object_id: int, frame_index: int, prompt: FramePrompt) -> Prediction:
        mask = prompt.mask if prompt.mask is not None else self._answer(frame_index, prompt)
        self._masks.setdefault(object_id, {})[frame_index] = mask
        return as_prediction(mask)

    def propagate(
        self, start: int, *, reverse: bool = False, max_frames: int | None = None
    ) -> Iterator[tuple[int, dict[int, Prediction]]]:
        step = -1 if reverse else 1
        last = 0 if reverse else len(self._frames) - 1
        if max_frames is not None:
            last = max(start - max_frames, 0) if reverse else min(start + max_frames, last)
        current: dict[int, Mask] = {}
        for index in range(start, last + step, step):
            for object_id, prompted in self._masks.items():
                if index in prompted:
                    current[object_id] = prompted[index]
                elif object_id in current:
                    current[object_id] = self._carry(current[object_id], index - step, index)
            yield index, {object_id: as_prediction(mask) for object_id, mask in current.items()}

    @abstractmethod
    def _carry(self, mask: Mask, source: int, target: int) -> Mask: ...

    def _answer(self, frame_index: int, prompt: FramePrompt) -> Mask:
        frame = self._frames[frame_index]
        height, width = frame.shape[:2]
        box = prompt.box
        if box is None:
            click = prompt.clicks[-1]
            reach_x, reach_y = width * _CLICK_BOX / 2, height * _CLICK_BOX / 2
            box = (click.x - reach_x, click.y - reach_y, click.x + reach_x, click.y + reach_y)
        return fill_box(box, height, width) if self._box_answer == "filled" else grab_cut(frame, box)


class CopyFirstMask(Baseline):
    """The object never moves."""

    def _carry(self, mask: Mask, source: int, target: int) -> Mask:
        return mask


class OpticalFlow(Baseline):
    """The mask follows dense inverse search flow, computed backwards (from the new frame to the old one)."""

    def __init__(self, box_answer: str = "grabcut") -> None:
        super().__init__(box_answer)
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)

    def _carry(self, mask: Mask, source: int, target: int) -> Mask:
        old, new = (cv2.cvtColor(self._frames[index], cv2.COLOR_RGB2GRAY) for index in (source, target))
        flow: NDArray[np.float32] = self._flow.calc(new, old, None)
        y, x = np.indices(mask.shape, dtype=np.float32)
        moved = cv2.remap(mask.astype(np.float32), x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR)
        return moved > 0.5


BASELINES: dict[str, type[Baseline]] = {"copy": CopyFirstMask, "flow": OpticalFlow}


def fill_box(box: Box, height: int, width: int) -> Mask:
    """The box as a mask, cut at the frame."""
    mask = np.zeros((height, width), bool)
    left, top, right, bottom = (round(side) for side in box)
    mask[max(top, 0) : max(bottom + 1, 0), max(left, 0) : max(right + 1, 0)] = True
    return mask


def grab_cut(frame: Image, box: Box) -> Mask:
    """OpenCV's GrabCut from a box; the filled box where it finds nothing or the box leaves no background."""
    height, width = frame.shape[:2]
    filled = fill_box(box, height, width)
    rows, columns = np.flatnonzero(filled.any(1)), np.flatnonzero(filled.any(0))
    if rows.size == 0 or filled.all():
        return filled
    rectangle = (int(columns[0]), int(rows[0]), int(columns.size), int(rows.size))
    labels = np.zeros((height, width), np.uint8)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    cv2.grabCut(frame, labels, rectangle, *models, _GRABCUT_ROUNDS, cv2.GC_INIT_WITH_RECT)
    mask = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    return mask if mask.any() else filled


def as_prediction(mask: Mask) -> Prediction:
    """A mask without scores of its own."""
    logits = np.where(mask, _CERTAIN, -_CERTAIN).astype(np.float32)
    return Prediction(logits_hw=logits, occlusion_score=_CERTAIN if mask.any() else -_CERTAIN, predicted_iou=1.0)
