"""The ground of a clip: a still seen by a moving camera, or frames of a real clip, with their own instances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator
from torch import Tensor

from masklet_export.train.banks import PictureBank
from masklet_export.train.clips.motion import (
    FloatArray,
    centred_pixels,
    deformed_points,
    elastic_fields,
    map_points,
    rotation_matrices,
    smooth_paths,
)
from masklet_export.train.clips.settings import CameraSettings, ClipShape


@dataclass(frozen=True)
class Ground:
    """Pictures in 0..1 and who owns each pixel (0 = nobody, 1..199 = the picture's own instances)."""

    frames_bt3ss: Tensor
    owner_btss: Tensor


def pick_rows(bank: PictureBank, rng: Generator, shape: ClipShape) -> np.ndarray:
    """Rows of the bank per sample and frame [B,T]: one still, or frames of a sequence at a random stride."""
    chances = bank.sequence_weight / bank.sequence_weight.sum()
    sequences = rng.choice(len(chances), shape.batch, p=chances)
    length, start = bank.sequence_length[sequences], bank.sequence_start[sequences]
    stride = np.minimum(rng.integers(1, 4, shape.batch), np.maximum(1, (length - 1) // max(1, shape.frames - 1)))
    room = np.maximum(1, length - (shape.frames - 1) * stride)
    first = np.floor(rng.random(shape.batch) * room).astype(np.int64)
    offsets = np.minimum(first[:, None] + np.arange(shape.frames) * stride[:, None], length[:, None] - 1)
    # Played backwards as often as forwards.
    reverse = rng.random(shape.batch) < 0.5
    offsets = np.where(reverse[:, None], offsets[:, ::-1], offsets)
    return start[:, None] + offsets


def camera_maps(
    bank: PictureBank, rows_bt: np.ndarray, rng: Generator, shape: ClipShape, camera: CameraSettings
) -> FloatArray:
    """Affine maps [B,T,2,3] from centred canvas pixels to stored picture pixels, transposition included."""
    batch, rows = shape.batch, rows_bt[:, 0]
    is_transposed = bank.is_transposed_n[rows]
    size = np.where(is_transposed[:, None], bank.sizes_n2[rows][:, ::-1], bank.sizes_n2[rows])
    zoom = rng.uniform(1, camera.max_zoom, batch)
    if shape.frames == 1:
        zoom = np.where(rng.random(batch) < camera.whole_picture_chance, 1.0, zoom)
    aspect = np.exp(rng.normal(size=batch) * camera.aspect)
    # A square canvas squashes the crop: width and height are scaled separately, as the app does with a frame.
    width = size[:, 0] / zoom
    height = np.minimum(size[:, 1] / zoom * aspect, size[:, 1])
    centre = _crop_centres(bank, rows, rng, size, np.stack([width, height], 1), camera.aim_chance)
    is_still = rng.random(batch) < camera.still_chance
    speed = np.where(is_still, camera.speed * 0.25, camera.speed)
    path = smooth_paths(rng, shape.frames, speed, 4)
    scale = np.exp(0.6 * path[..., 2])
    angle = rng.normal(size=(batch, 1)) * camera.rotation + 0.8 * path[..., 3]
    per_pixel = np.stack([width, height], 1)[:, None] / shape.size * scale[..., None]
    linear = per_pixel[..., :, None] * rotation_matrices(angle)
    mirrored = rng.random(batch) < 0.5
    linear[..., 0] *= np.where(mirrored, -1.0, 1.0)[:, None, None]
    offset = np.clip(centre[:, None] + path[..., :2] * np.stack([width, height], 1)[:, None], 0, size[:, None])
    maps = np.concatenate([linear, offset[..., None]], axis=-1)
    return np.where(is_transposed[:, None, None, None], maps[:, :, ::-1], maps)


def render_ground(
    bank: PictureBank, rows_bt: np.ndarray, maps: FloatArray, rng: Generator, shape: ClipShape, elastic_chance: float
) -> Ground:
    """Sample pictures (mirrored beyond their border) and instance maps (nearest; nothing beyond the border)."""
    device = bank.images_n3hw.device
    points = centred_pixels(shape.size, device)
    bent = rng.random(shape.batch) < elastic_chance
    if bent.any():
        amplitude = np.where(bent, rng.uniform(1, 4, shape.batch), 0.0)
        points = deformed_points(points, elastic_fields(rng, amplitude, shape.size, device), shape.frames)
    coordinates = map_points(points, maps).flatten(0, 1)
    rows = torch.as_tensor(rows_bt.reshape(-1), device=device)
    extent = torch.as_tensor(bank.sizes_n2[rows_bt.reshape(-1)], dtype=torch.float32, device=device)
    height, width = bank.images_n3hw.shape[-2:]
    mirrored = _mirror(coordinates, extent[:, None, None])
    pictures = F.grid_sample(
        bank.images_n3hw[rows].float() / 255,
        _normalise(mirrored, width, height),
        padding_mode="border",
        align_corners=False,
    )
    owner = F.grid_sample(
        bank.instances_nhw[rows][:, None].float(),
        _normalise(coordinates, width, height),
        mode="nearest",
        align_corners=False,
    )
    canvas = (shape.batch, shape.frames)
    return Ground(pictures.unflatten(0, canvas), owner[:, 0].round().to(torch.uint8).unflatten(0, canvas))


def _crop_centres(
    bank: PictureBank, rows: np.ndarray, rng: Generator, size: FloatArray, crop: FloatArray, aim_chance: float
) -> FloatArray:
    """Uniform inside the picture, or near one of its instances."""
    free = np.maximum(size - crop, 0)
    centre = (size - free) / 2 + rng.random(size.shape) * free
    first, last = bank.instance_first[rows], bank.instance_first[rows + 1]
    aimed = (last > first) & (rng.random(len(rows)) < aim_chance)
    if not aimed.any():
        return centre
    chosen = bank.instance_table[np.where(aimed, first + (rng.random(len(rows)) * (last - first)).astype(int), 0)]
    middle = np.stack([chosen[:, 2] + chosen[:, 4], chosen[:, 3] + chosen[:, 5]], 1) / 2
    middle = np.where(bank.is_transposed_n[rows][:, None], middle[:, ::-1], middle)
    target = middle + rng.normal(size=size.shape) * crop * 0.2
    return np.where(aimed[:, None], np.clip(target, crop / 2, size - crop / 2), centre)


def _mirror(coordinates: Tensor, extent: Tensor) -> Tensor:
    """Fold back once at each border; what lies more than a picture's size outside takes the border's colour."""
    folded = extent - (extent - coordinates.abs()).abs()
    return torch.minimum(folded.clamp_(min=0.5), extent - 0.5)


def _normalise(coordinates: Tensor, width: int, height: int) -> Tensor:
    scale = torch.tensor([2 / width, 2 / height], device=coordinates.device)
    return coordinates * scale - 1
