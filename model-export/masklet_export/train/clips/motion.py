"""Where things are over a clip: smooth random paths, affine maps per frame, elastic deformation.

Numbers are drawn on the host (small, and no waiting for the device); dense fields are made on the device.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

FloatArray = NDArray[np.float64]
_ELASTIC_KNOTS = 5
_JITTER = 0.08
_BEND = 0.4


def smooth_paths(rng: Generator, frames: int, speed_n: FloatArray, dimensions: int) -> FloatArray:
    """Random paths [n,T,dimensions] that start at 0: constant velocity, constant acceleration, a little jitter.

    `speed_n` is the standard deviation of the step per frame.
    """
    count, speed = len(speed_n), speed_n[:, None, None]
    time = np.arange(frames)[None, :, None]
    velocity = rng.normal(size=(count, 1, dimensions))
    acceleration = rng.normal(size=(count, 1, dimensions)) * _BEND
    jitter = rng.normal(size=(count, frames, dimensions)) * _JITTER * (time > 0)
    return speed * (velocity * time + acceleration * time**2 / max(frames, 1) + jitter)


def rotation_matrices(angles: FloatArray) -> FloatArray:
    """[...] radians → [...,2,2]."""
    cosine, sine = np.cos(angles), np.sin(angles)
    return np.stack([np.stack([cosine, -sine], -1), np.stack([sine, cosine], -1)], -2)


def centred_pixels(size: int, device: torch.device) -> Tensor:
    """Pixel centres of an S x S canvas relative to its middle, in pixels, (x, y): [S,S,2]."""
    axis = torch.arange(size, dtype=torch.float32, device=device) + (0.5 - size / 2)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return torch.stack([x, y], dim=-1)


def elastic_fields(rng: Generator, amplitude_n: FloatArray, size: int, device: torch.device) -> Tensor:
    """Smooth random displacements [n,S,S,2] in pixels; amplitude is the knots' standard deviation at 256 px."""
    knots = rng.normal(size=(len(amplitude_n), 2, _ELASTIC_KNOTS, _ELASTIC_KNOTS))
    knots *= (amplitude_n * size / 256)[:, None, None, None]
    coarse = torch.as_tensor(knots, dtype=torch.float32, device=device)
    return F.interpolate(coarse, size=(size, size), mode="bicubic", align_corners=True).permute(0, 2, 3, 1)


def map_points(points: Tensor, matrices: FloatArray) -> Tensor:
    """Apply affine maps [n,T,2,3] to points [S,S,2] or [n,T,S,S,2] → [n,T,S,S,2]."""
    maps = torch.as_tensor(matrices, dtype=torch.float32, device=points.device)[:, :, None, None]
    x, y = points[..., 0], points[..., 1]
    return torch.stack([maps[..., row, 0] * x + maps[..., row, 1] * y + maps[..., row, 2] for row in (0, 1)], dim=-1)


def deformed_points(points: Tensor, field_nss2: Tensor, frames: int) -> Tensor:
    """Canvas points with an elastic field that grows over the clip: [n,T,S,S,2]."""
    growth = 0.4 + 0.6 * torch.arange(frames, dtype=torch.float32, device=points.device)
    return points + field_nss2[:, None] * growth[None, :, None, None, None]
