"""Video frame → the image encoder's input: squashed to S x S (the aspect is not kept), normalised.

The reference and the app resize with Pillow's bicubic on bytes; a triangle filter on floats is the alternative. On
the reference's clips the two give logits up to 0.4 standard deviations apart, so compare only with the same filter.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from PIL import Image

from masklet_export.pack.manifest import PackManifest
from masklet_export.reference.resize_logits import resize_antialiased


class ResizeFilter(StrEnum):
    """How a frame gets to the model's size."""

    BICUBIC = "bicubic"
    TRIANGLE = "triangle"


def resize_frame(frame_rgb: np.ndarray, size: int, resize_filter: ResizeFilter) -> np.ndarray:
    """uint8 [H,W,3] → float32 [size,size,3], 0..255."""
    if resize_filter is ResizeFilter.BICUBIC:
        image = Image.fromarray(frame_rgb).resize((size, size), Image.Resampling.BICUBIC)
        return np.asarray(image).astype(np.float32)
    return resize_antialiased(frame_rgb, size, size)


def preprocess_frame(
    frame_rgb: np.ndarray, manifest: PackManifest, resize_filter: ResizeFilter = ResizeFilter.BICUBIC
) -> np.ndarray:
    """uint8 RGB [H,W,3] → float32 [1,3,S,S]. Raises `ValueError` for any other shape or type."""
    if frame_rgb.ndim != 3 or frame_rgb.shape[2] != 3 or frame_rgb.dtype != np.uint8:
        raise ValueError(f"a frame must be uint8 [H,W,3], got {frame_rgb.dtype} {frame_rgb.shape}")
    resized = resize_frame(frame_rgb, manifest.image_size, resize_filter) / np.float32(255)
    mean, deviation = np.array(manifest.image_mean, np.float32), np.array(manifest.image_std, np.float32)
    return np.ascontiguousarray(((resized - mean) / deviation).transpose(2, 0, 1)[None])
