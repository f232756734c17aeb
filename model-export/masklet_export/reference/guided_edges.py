"""Mask edges that follow the picture: the logits of a coarse grid, refined by a colour guided filter.

The filter's coefficients are solved on the logits' own grid and applied at the size of the model's input picture, four
times as fine a side. For what is shown and saved only: memories, pointers and fed-back masks keep the model's logits.
Source: He, Sun & Tang, "Guided Image Filtering" (TPAMI 2013) §3.5 (colour guide); He & Sun, "Fast Guided Filter"
(1505.00996) for solving on a coarser grid.
"""

from __future__ import annotations

import numpy as np

STEPS_PER_CELL = 4
"""Picture pixels in a cell of the logits, a side (SAM 2's masks have a quarter of the input's size)."""
EPSILON = 1e-5
"""Of the filter, for colours in [0,1]: below this variance a neighbourhood counts as flat."""
_MIN_RADIUS, _MAX_RADIUS = 1, 3
_RADIUS_SHARE = 0.1


def guide_edges(logits_gg: np.ndarray, picture_ss3: np.ndarray) -> np.ndarray:
    """Signed values [S,S], float32: positive inside, in [-0.5, 0.5] but for overshoot.

    Args:
        logits_gg: mask logits [G,G].
        picture_ss3: uint8 RGB [S,S,3], the frame as the image encoder sees it; S = 4 G.

    Raises `ValueError` for a picture of another size.
    """
    grid = logits_gg.shape[0]
    if picture_ss3.shape != (grid * STEPS_PER_CELL, grid * STEPS_PER_CELL, 3):
        raise ValueError(f"a grid of {grid} cells needs a picture of {grid * STEPS_PER_CELL} pixels a side")
    colours = picture_ss3.astype(np.float64) / 255
    guide_gg3 = colours.reshape(grid, STEPS_PER_CELL, grid, STEPS_PER_CELL, 3).mean(axis=(1, 3))
    with np.errstate(over="ignore"):
        probability = 1 / (1 + np.exp(-logits_gg.astype(np.float64)))
    radius = edge_radius(int((logits_gg > 0).sum()))
    coefficients = _coefficients(guide_gg3, probability, radius)
    enlarged = enlarge(coefficients, STEPS_PER_CELL)
    values = (enlarged[..., :3] * colours).sum(axis=2) + enlarged[..., 3] - 0.5
    return values.astype(np.float32)


def edge_radius(cells_inside: int) -> int:
    """Cells to each side that an edge may look at: fewer for small objects, which a wide window would wash away."""
    return int(np.clip(np.floor(_RADIUS_SHARE * np.sqrt(cells_inside) + 0.5), _MIN_RADIUS, _MAX_RADIUS))


def box_mean(values: np.ndarray, radius: int) -> np.ndarray:
    """Mean over the (2r+1)² cells around each, those outside the grid left out; [H,W,...]."""
    for axis in (0, 1):
        length = values.shape[axis]
        totals = np.concatenate([np.zeros_like(values.take([0], axis)), values.cumsum(axis)], axis)
        low = np.maximum(np.arange(length) - radius, 0)
        high = np.minimum(np.arange(length) + radius + 1, length)
        counts = (high - low).reshape([-1 if n == axis else 1 for n in range(values.ndim)])
        values = (totals.take(high, axis) - totals.take(low, axis)) / counts
    return values


def enlarge(values_hwc: np.ndarray, factor: int) -> np.ndarray:
    """Bilinear, half-pixel centres, edges repeated: [h,w,C] → [factor h, factor w, C]."""
    for axis in (0, 1):
        length = values_hwc.shape[axis]
        positions = np.clip((np.arange(length * factor) + 0.5) / factor - 0.5, 0, length - 1)
        lower = positions.astype(int)
        upper = np.minimum(lower + 1, length - 1)
        share = (positions - lower).reshape(-1, *[1] * (2 - axis))
        values_hwc = values_hwc.take(lower, axis) * (1 - share) + values_hwc.take(upper, axis) * share
    return values_hwc


def _coefficients(guide_gg3: np.ndarray, probability_gg: np.ndarray, radius: int) -> np.ndarray:
    """Of the linear model p = a·I + b, averaged over the windows that a cell is in: [G,G,4]."""
    colour = box_mean(guide_gg3, radius)
    mean = box_mean(probability_gg, radius)
    products = box_mean(guide_gg3[..., :, None] * guide_gg3[..., None, :], radius)
    covariance = products - colour[..., :, None] * colour[..., None, :] + EPSILON * np.eye(3)
    shared = box_mean(guide_gg3 * probability_gg[..., None], radius) - colour * mean[..., None]
    slope = np.linalg.solve(covariance, shared[..., None])[..., 0]
    offset = mean - (slope * colour).sum(axis=2)
    return box_mean(np.concatenate([slope, offset[..., None]], axis=2), radius)
