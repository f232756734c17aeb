"""Region similarity J and boundary accuracy F of two masks, as DAVIS 2017 and SA-V define them.

Source: Perazzi et al., "A benchmark dataset and evaluation methodology for video object segmentation" (CVPR 2016) §4;
davisvideochallenge/davis2017-evaluation davis2017/metrics.py, sam2/sav_dataset/utils/sav_benchmark.py. The boundary
map is Martin's `seg2bmap`; matching within a disc is done here by row-wise dilation, which gives the same set.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

BOUNDARY_TOLERANCE = 0.008
"""Matching distance as a share of the picture's diagonal, rounded up to whole pixels."""


def region_similarity(predicted_hw: Mask, truth_hw: Mask, void_hw: Mask | None = None) -> float:
    """J: intersection over union; 1 when both are empty. Void pixels count for nothing.

    Raises `ValueError` when the masks differ in size.
    """
    _check_sizes(predicted_hw, truth_hw)
    if void_hw is not None:
        predicted_hw, truth_hw = predicted_hw & ~void_hw, truth_hw & ~void_hw
    union = np.count_nonzero(predicted_hw | truth_hw)
    return np.count_nonzero(predicted_hw & truth_hw) / union if union else 1.0


def boundary_accuracy(
    predicted_hw: Mask, truth_hw: Mask, void_hw: Mask | None = None, tolerance: float = BOUNDARY_TOLERANCE
) -> float:
    """F: harmonic mean of the boundaries' precision and recall within a tolerance; 1 when neither has a boundary.

    One empty boundary gives 0. `tolerance` ≥ 1 is in pixels. Raises `ValueError` when the masks differ in size.
    """
    _check_sizes(predicted_hw, truth_hw)
    if void_hw is not None:
        predicted_hw, truth_hw = predicted_hw & ~void_hw, truth_hw & ~void_hw
    radius = tolerance if tolerance >= 1 else math.ceil(tolerance * math.hypot(*truth_hw.shape))
    predicted, truth = boundary_map(predicted_hw), boundary_map(truth_hw)
    num_predicted, num_truth = np.count_nonzero(predicted), np.count_nonzero(truth)
    if num_predicted == 0 and num_truth == 0:
        return 1.0
    if num_predicted == 0 or num_truth == 0:
        return 0.0
    precision = np.count_nonzero(predicted & dilate_by_disc(truth, int(radius))) / num_predicted
    recall = np.count_nonzero(truth & dilate_by_disc(predicted, int(radius))) / num_truth
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0


def boundary_map(mask_hw: Mask) -> Mask:
    """Pixels that differ from their right, lower or lower-right neighbour: a line one pixel wide, half a pixel off."""
    right, below, diagonal = np.zeros_like(mask_hw), np.zeros_like(mask_hw), np.zeros_like(mask_hw)
    right[:, :-1] = mask_hw[:, 1:]
    below[:-1] = mask_hw[1:]
    diagonal[:-1, :-1] = mask_hw[1:, 1:]
    boundary = (mask_hw ^ right) | (mask_hw ^ below) | (mask_hw ^ diagonal)
    boundary[-1] = mask_hw[-1] ^ right[-1]
    boundary[:, -1] = mask_hw[:, -1] ^ below[:, -1]
    boundary[-1, -1] = False
    return boundary


def dilate_by_disc(mask_hw: Mask, radius: int) -> Mask:
    """Every pixel within Euclidean distance `radius` of a set one: a disc is a stack of rows of known width."""
    height, width = mask_hw.shape
    result = np.zeros_like(mask_hw)
    # Counting set pixels up to each column turns "any within ±w" into one subtraction.
    counts = np.zeros((height, width + 1), np.int32)
    np.cumsum(mask_hw, axis=1, out=counts[:, 1:])
    columns = np.arange(width)
    for offset in range(-min(radius, height - 1), min(radius, height - 1) + 1):
        reach = math.isqrt(radius * radius - offset * offset)
        left, right = np.maximum(columns - reach, 0), np.minimum(columns + reach + 1, width)
        near = counts[:, right] > counts[:, left]
        if offset >= 0:
            result[offset:] |= near[: height - offset]
        else:
            result[:offset] |= near[-offset:]
    return result


def _check_sizes(predicted_hw: Mask, truth_hw: Mask) -> None:
    if predicted_hw.shape != truth_hw.shape:
        raise ValueError(f"prediction {predicted_hw.shape} and truth {truth_hw.shape} differ in size")
