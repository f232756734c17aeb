"""Resampling of masks and logits: model size → video size to show them, and with antialiasing the other way."""

from __future__ import annotations

import numpy as np


def resize_logits(logits: np.ndarray, height: int, width: int) -> np.ndarray:
    """Bilinear, half-pixel centres, no antialiasing: float32 [h,w] → [height,width].

    Straight from the low-resolution logits to the video's size, as the reference does.
    Source: sam2_video_predictor.py@2b90b9f `_get_orig_video_res_output`.
    """
    y0, y1, wy = _neighbours(logits.shape[0], height)
    x0, x1, wx = _neighbours(logits.shape[1], width)
    rows = logits[:, x0] * (1 - wx) + logits[:, x1] * wx
    return rows[y0] * (1 - wy)[:, None] + rows[y1] * wy[:, None]


def logits_to_mask(logits: np.ndarray, height: int, width: int) -> np.ndarray:
    """Binary mask, bool [height,width]: logit > 0 at the video's size."""
    return resize_logits(logits, height, width) > 0


def resize_antialiased(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Triangle filter that widens when shrinking: float32 [h,w,...] → [height,width,...].

    The same numbers as `torch.nn.functional.interpolate(mode="bilinear", antialias=True)`, rows of weights included.
    """
    columns = triangle_weights(image.shape[1], width)
    rows = triangle_weights(image.shape[0], height)
    narrow = np.tensordot(columns, image.astype(np.float32), axes=(1, 1))
    return np.tensordot(rows, narrow, axes=(1, 1)).astype(np.float32)


def triangle_weights(source: int, target: int) -> np.ndarray:
    """Weights of every source sample in every target sample, float32 [target,source]; rows sum to 1."""
    scale = source / target
    support = max(scale, 1.0)
    centres = (np.arange(target) + 0.5) * scale
    distances = np.abs(np.arange(source)[None] + 0.5 - centres[:, None]) / support
    weights = np.maximum(0.0, 1.0 - distances)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _neighbours(source: int, target: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lower and upper source index of each target sample, and the upper one's weight."""
    positions = ((np.arange(target, dtype=np.float32) + np.float32(0.5)) * np.float32(source / target)) - np.float32(
        0.5
    )
    positions = np.maximum(positions, 0).astype(np.float32)
    lower = np.minimum(positions.astype(np.int64), source - 1)
    return lower, np.minimum(lower + 1, source - 1), positions - lower.astype(np.float32)
