"""Turns a person's prompts (points, box, mask in video pixels) into what the mask decoder's graph takes.

Source: sam2_video_predictor.py@2b90b9f `add_new_points_or_box`, `add_new_mask`; sam2_base.py@2b90b9f
`_use_mask_as_output`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from masklet_export.reference.resize_logits import resize_antialiased
from masklet_export.reference.tracker_options import TrackerError

BOX_LABELS = (2, 3)
NO_PROMPT_LABEL = -1
UNUSED_LABEL = -2
MASK_LOGIT = 10.0
"""A mask prompt is shown as logits of ±10."""
PREVIOUS_LOGIT_LIMIT = 32.0

Point = tuple[float, float]


@dataclass(frozen=True, eq=False)
class FramePrompt:
    """All prompts of one object on one frame: points and box corners, or a mask; never both."""

    points: tuple[Point, ...] = ()
    """Video pixels, box corners first."""
    labels: tuple[int, ...] = ()
    mask: np.ndarray | None = None
    """uint8 [S,S], 0 or 1, already at the model's size."""


@dataclass(frozen=True, eq=False)
class PromptTensors:
    """One object's points for the mask decoder."""

    points: np.ndarray
    """float32 [P,2], model pixels before the +0.5 shift."""
    labels: np.ndarray
    """int32 [P]"""


def make_points_prompt(
    previous: FramePrompt | None,
    points: Sequence[Point] | None,
    labels: Sequence[int] | None,
    box: Sequence[float] | None,
    clear_old: bool,
) -> FramePrompt:
    """A frame's prompt after adding points and/or a box (x0,y0,x1,y1 in video pixels).

    `clear_old` False appends to the frame's earlier points. Raises `TrackerError("bad-prompt")` for points without
    labels, for nothing at all, and for a box after points.
    """
    if (points is None) != (labels is None):
        raise TrackerError("bad-prompt", "points and labels must be given together")
    if points is None and box is None:
        raise TrackerError("bad-prompt", "give points, a box or both")
    if box is not None and not clear_old:
        raise TrackerError("bad-prompt", "a box must come before any point: it replaces the frame's earlier points")
    given = [(float(x), float(y)) for x, y in points or ()]
    kinds = list(labels or ())
    if len(given) != len(kinds):
        raise TrackerError("bad-prompt", f"{len(given)} points have {len(kinds)} labels")
    if box is not None:
        x0, y0, x1, y1 = (float(value) for value in box)
        given, kinds = [(x0, y0), (x1, y1), *given], [*BOX_LABELS, *kinds]
    if not clear_old and previous is not None:
        given, kinds = [*previous.points, *given], [*previous.labels, *kinds]
    return FramePrompt(points=tuple(given), labels=tuple(kinds))


def make_mask_prompt(mask: np.ndarray, model_size: int) -> FramePrompt:
    """A mask of any size, squashed to S x S and cut at one half. Raises `TrackerError` unless it has two axes."""
    if mask.ndim != 2:
        raise TrackerError("bad-prompt", f"a mask prompt must have two axes, got shape {mask.shape}")
    mask = (mask > 0).astype(np.float32)
    if mask.shape != (model_size, model_size):
        mask = (resize_antialiased(mask, model_size, model_size) >= 0.5).astype(np.float32)
    return FramePrompt(mask=mask.astype(np.uint8))


def point_tensors(prompt: FramePrompt | None, video_size: tuple[int, int], model_size: int) -> PromptTensors:
    """Points in model pixels; the single "no prompt" point for None and for mask prompts."""
    if prompt is None or prompt.mask is not None:
        return PromptTensors(np.zeros((1, 2), np.float32), np.array([NO_PROMPT_LABEL], np.int32))
    size = np.array(video_size, np.float32)
    points = np.array(prompt.points, np.float32).reshape(-1, 2) / size * np.float32(model_size)
    return PromptTensors(points, np.array(prompt.labels, np.int32))


def positive_clicks(prompt: FramePrompt, video_size: tuple[int, int], side: int) -> list[Point]:
    """A frame's positive clicks in pixels of its [side,side] logits."""
    width, height = video_size
    return [
        (x / width * side, y / height * side)
        for (x, y), label in zip(prompt.points, prompt.labels, strict=True)
        if label == 1
    ]


def mask_prompt_logits(mask: np.ndarray) -> np.ndarray:
    """Logits that stand for a mask prompt [S,S]: ±10, shrunk to [S/4,S/4] with antialiasing."""
    logits = mask.astype(np.float32) * (2 * MASK_LOGIT) - MASK_LOGIT
    return resize_antialiased(logits, mask.shape[0] // 4, mask.shape[1] // 4)


def mask_prompt_input(mask: np.ndarray, weight: Sequence[float], bias: float) -> np.ndarray:
    """The decoder's mask input for a mask prompt [S,S]: a 4x4 convolution of stride 4, [S/4,S/4]."""
    height, width = mask.shape
    cells = mask.astype(np.float32).reshape(height // 4, 4, width // 4, 4)
    kernel = np.array(weight, np.float32).reshape(4, 4)
    return np.einsum("yaxb,ab->yx", cells, kernel) + np.float32(bias)


def previous_mask_input(mask_logits: np.ndarray) -> np.ndarray:
    """The decoder's mask input from earlier logits [S/4,S/4]."""
    return mask_logits.clip(-PREVIOUS_LOGIT_LIMIT, PREVIOUS_LOGIT_LIMIT)
