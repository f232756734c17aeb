"""The person of an evaluation: given truth and prediction, where to click next, and which box to draw.

Deterministic. Source: SAM 2 appendix ("center" sampling); sam2/modeling/sam2_utils.py@2b90b9f
`sample_one_point_from_error_center`.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Click:
    """A pixel of the video; its centre is at (x + 0.5, y + 0.5)."""

    x: int
    y: int
    is_positive: bool


def next_click(truth_hw: Mask, predicted_hw: Mask | None = None) -> Click:
    """The pixel deepest inside the larger error region: missed (positive) or exceeded (negative).

    Depth is the exact Euclidean distance to the region's border, the picture's border included. A tie, and a
    perfect prediction, give a negative click, as in the reference.
    """
    predicted = np.zeros_like(truth_hw) if predicted_hw is None else predicted_hw
    missed, exceeded = _depth(truth_hw & ~predicted), _depth(predicted & ~truth_hw)
    is_positive = bool(missed.max() > exceeded.max())
    depth = missed if is_positive else exceeded
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    return Click(x=int(x), y=int(y), is_positive=is_positive)


def tight_box(truth_hw: Mask) -> tuple[int, int, int, int]:
    """(x0, y0, x1, y1), the outermost pixels, both inclusive. Raises `ValueError` for an empty mask.

    Source: sam2/utils/misc.py@2b90b9f `mask_to_box`.
    """
    rows, columns = np.flatnonzero(truth_hw.any(axis=1)), np.flatnonzero(truth_hw.any(axis=0))
    if rows.size == 0:
        raise ValueError("an empty mask has no box")
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


def _depth(region_hw: Mask) -> NDArray[np.float32]:
    padded = np.pad(region_hw, 1).astype(np.uint8)
    return cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
