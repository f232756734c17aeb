"""Pasted objects on their way through a clip: where they are on each frame, and painting them with occlusion."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator
from torch import Tensor

from masklet_export.train.clips.background import Ground
from masklet_export.train.clips.canvases import Canvases, low_passed
from masklet_export.train.clips.motion import (
    FloatArray,
    centred_pixels,
    deformed_points,
    elastic_fields,
    map_points,
    rotation_matrices,
    smooth_paths,
)
from masklet_export.train.clips.settings import ClipShape, LayerSettings

FIRST_LAYER_ID = 200
"""Owner id of the first pasted object; lower ids are instances of the ground's own picture."""
_MAX_LOW_PASS = 3


@dataclass(frozen=True)
class LayerPath:
    """Pose of n objects on T frames; lengths in pixels of the S x S canvas."""

    centre_nt2: FloatArray
    """From the canvas' middle."""
    size_nt: FloatArray
    """Long side."""
    angle_nt: FloatArray
    aspect_n: FloatArray
    """Stretch of the height; negative values mirror the object."""

    def maps(self) -> FloatArray:
        """Affine maps [n,T,2,3] from centred canvas pixels to the object's square (-1..1)."""
        inverse = rotation_matrices(self.angle_nt)
        stretch = np.stack([np.sign(self.aspect_n), 1 / np.abs(self.aspect_n)], -1)[:, None]
        linear = inverse * (stretch * 2 / self.size_nt[..., None])[..., None]
        offset = -np.einsum("ntij,ntj->nti", linear, self.centre_nt2)
        return np.concatenate([linear, offset[..., None]], axis=-1)


def draw_paths(rng: Generator, count: int, shape: ClipShape, settings: LayerSettings) -> LayerPath:
    """Random poses: slow, normal or fast; some leave the frame for a while."""
    size = shape.size * np.exp(rng.uniform(np.log(settings.min_size), np.log(settings.max_size), count))
    speed = rng.choice(settings.speeds, count, p=settings.speed_chances)
    path = smooth_paths(rng, shape.frames, speed, 4)
    centre = (rng.uniform(-0.45, 0.45, (count, 1, 2)) + path[..., :2]) * shape.size
    if shape.frames > 1:
        for index in np.flatnonzero(rng.random(count) < settings.leave_chance):
            centre[index] = _leave_frame(centre[index], size[index], shape.size, rng)
    return LayerPath(
        centre_nt2=centre,
        size_nt=size[:, None] * np.exp(1.2 * path[..., 2]),
        angle_nt=rng.normal(size=(count, 1)) * 0.35 + 1.5 * path[..., 3],
        aspect_n=np.exp(rng.normal(size=count) * 0.15) * rng.choice([-1.0, 1.0], count),
    )


def covering_paths(rng: Generator, boxes_nt4: FloatArray, hidden_nt: np.ndarray, solid_n: np.ndarray) -> LayerPath:
    """Poses of occluders that sit on the target's box (x0, y0, x1, y1; centred pixels) where `hidden` and pass by else.

    `hidden` is one run of frames per row. A solid occluder is as large as the box's diagonal, so it covers all of it.
    """
    width, height = boxes_nt4[..., 2] - boxes_nt4[..., 0], boxes_nt4[..., 3] - boxes_nt4[..., 1]
    diagonal = (np.hypot(width, height) * hidden_nt).max(1)
    size = diagonal * np.where(solid_n, 1.25, rng.uniform(1.3, 2.2, len(diagonal))) + 6
    middle = np.stack([boxes_nt4[..., 0] + boxes_nt4[..., 2], boxes_nt4[..., 1] + boxes_nt4[..., 3]], -1) / 2
    first = hidden_nt.argmax(1)
    last = hidden_nt.shape[1] - 1 - hidden_nt[:, ::-1].argmax(1)
    time = np.arange(hidden_nt.shape[1])[None]
    anchor = np.clip(time, first[:, None], last[:, None])
    centre = np.take_along_axis(middle, anchor[..., None], axis=1)
    direction = rng.normal(size=(len(size), 1, 2))
    direction /= np.maximum(np.linalg.norm(direction, axis=-1, keepdims=True), 1e-6)
    centre = centre + direction * ((time - anchor) * size[:, None] * 1.1)[..., None]
    ones = np.ones(hidden_nt.shape)
    return LayerPath(centre, size[:, None] * ones, rng.normal(size=(len(size), 1)) * 0.1 * ones, np.ones(len(size)))


def paint_layer(
    ground: Ground,
    samples: np.ndarray,
    canvases: Canvases,
    path: LayerPath,
    visible_nt: np.ndarray,
    owner_id: int,
    rng: Generator,
    elastic_chance: float,
) -> Ground:
    """Paint one object over each of the listed samples; it then owns the pixels that it covers by more than half.

    Args:
        samples: int [n], distinct samples of the batch.
        visible_nt: bool [n,T], False where the object is not there at all (behind a scene cut).
    """
    device, size = ground.frames_bt3ss.device, ground.frames_bt3ss.shape[-1]
    frames = ground.frames_bt3ss.shape[1]
    points = centred_pixels(size, device)
    bent = rng.random(len(samples)) < elastic_chance
    if bent.any():
        amplitude = np.where(bent, rng.uniform(1, 6, len(samples)), 0.0)
        points = deformed_points(points, elastic_fields(rng, amplitude, size, device), frames)
    grid = map_points(points, path.maps()).flatten(0, 1)
    source = _sources(canvases, path)[torch.as_tensor(canvases.rows_nt.reshape(-1), device=device)]
    painted = F.grid_sample(source, grid, align_corners=False).unflatten(0, (len(samples), frames))
    painted = painted * torch.as_tensor(visible_nt, dtype=torch.float32, device=device)[:, :, None, None, None]
    index = torch.as_tensor(samples, device=device)
    colour, alpha = painted[:, :, :3], painted[:, :, 3:]
    pictures, owner = ground.frames_bt3ss, ground.owner_btss
    pictures[index] = torch.addcmul(pictures[index] + colour, pictures[index], alpha, value=-1)
    owner[index] = torch.where(alpha[:, :, 0] > 0.5, torch.full_like(owner[index], owner_id), owner[index])
    return replace(ground, frames_bt3ss=pictures, owner_btss=owner)


def _sources(canvases: Canvases, path: LayerPath) -> Tensor:
    """Canvases with the detail removed that the object's size on the canvas cannot show."""
    rgba = canvases.rgba_m4qq
    ratio = rgba.shape[-1] / np.maximum(np.exp(np.log(np.maximum(path.size_nt, 1)).mean(1)), 1)
    levels = np.clip(np.floor(np.log2(np.maximum(ratio, 1)) + 0.3), 0, _MAX_LOW_PASS).astype(int)
    result = rgba.clone() if levels.any() else rgba
    for level in np.unique(levels[levels > 0]):
        rows = torch.as_tensor(np.unique(canvases.rows_nt[levels == level]), device=rgba.device)
        result[rows] = low_passed(rgba[rows], int(level))
    return result


def _leave_frame(centre_t2: FloatArray, size: float, canvas: int, rng: Generator) -> FloatArray:
    frames = len(centre_t2)
    first = int(rng.integers(1, frames))
    last = int(rng.integers(first, frames))
    direction = rng.normal(size=2)
    direction /= max(np.abs(direction).max(), 1e-6)
    outside = direction * (canvas / 2 + size * 0.8)
    result = centre_t2.copy()
    result[first : last + 1] = outside
    if first > 1:
        result[first - 1] = (result[first - 1] + outside) / 2
    return result
