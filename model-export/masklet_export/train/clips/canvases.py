"""What is pasted: canvases of premultiplied RGBA from instances of other pictures, cut-outs, and random shapes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator
from torch import Tensor

from masklet_export.train.banks import Banks, PictureBank
from masklet_export.train.clips.settings import LayerSettings

_OUTLINE_HARMONICS = 5
_TEXTURE_OCTAVES = (4, 8, 16, 32)


@dataclass(frozen=True)
class Canvases:
    """M square canvases and, per pasted object and frame, which one shows."""

    rgba_m4qq: Tensor
    """Premultiplied, 0..1."""
    rows_nt: np.ndarray
    """int [n,T] into M; constant over time unless the object turns."""


def draw_canvases(
    banks: Banks, rng: Generator, count: int, frames: int, settings: LayerSettings, *, solid: np.ndarray | None = None
) -> Canvases:
    """Canvases for `count` pasted objects. Where `solid` [n] is set, a textured disc-like shape without holes."""
    kinds = _draw_kinds(banks, rng, count, settings)
    if solid is not None:
        kinds = np.where(solid, 2, kinds)
    rows = np.zeros((count, frames), np.int64)
    parts: list[Tensor] = []
    filled = 0
    for kind in range(3):
        chosen = np.flatnonzero(kinds == kind)
        if chosen.size == 0:
            continue
        if kind == 0:
            part, local = instance_canvases(banks, rng, chosen.size), np.arange(chosen.size)[:, None]
        elif kind == 1:
            part, local = cutout_canvases(banks, rng, chosen.size, frames)
        else:
            flags = None if solid is None else solid[chosen]
            part, local = shape_canvases(banks, rng, chosen.size, flags), np.arange(chosen.size)[:, None]
        rows[chosen] = filled + local
        parts.append(part)
        filled += part.shape[0]
    rgba = torch.cat(parts)
    return Canvases(_recolour(rgba, rows, rng, settings.recolour_chance), rows)


def instance_canvases(banks: Banks, rng: Generator, count: int) -> Tensor:
    """Instances cut from their pictures, centred, long side = canvas side: [n,4,Q,Q]."""
    bank, side = banks.pictures, banks.cutouts.views_v4qq.shape[-1]
    chances = bank.paste_weight / bank.paste_weight.sum()
    table = bank.instance_table[rng.choice(len(chances), count, p=chances)]
    rows = table[:, 0].astype(np.int64)
    centre = np.stack([table[:, 2] + table[:, 4], table[:, 3] + table[:, 5]], 1) / 2
    half = np.maximum(table[:, 4] - table[:, 2], table[:, 5] - table[:, 3]) / 2
    device = bank.images_n3hw.device
    index = torch.as_tensor(rows, device=device)
    ids = torch.as_tensor(table[:, 1], device=device)[:, None, None]
    alpha = (bank.instances_nhw[index] == ids)[:, None].float()
    source = torch.cat([bank.images_n3hw[index].float() / 255 * alpha, alpha], dim=1)
    return F.grid_sample(source, _square_grid(bank, rows, centre, half, side), align_corners=False)


def cutout_canvases(banks: Banks, rng: Generator, count: int, frames: int) -> tuple[Tensor, np.ndarray]:
    """Cut-outs; an orbit's view may change over the frames. Returns canvases [m,4,Q,Q] and rows [n,T] into them."""
    bank = banks.cutouts
    chosen = rng.choice(len(bank.weight), count, p=bank.weight / bank.weight.sum())
    views = bank.count[chosen][:, None]
    direction = rng.choice([0.0, 0.5, -0.5, 1.0, -1.0], (count, 1))
    start = np.floor(rng.random((count, 1)) * views)
    # Orbits of a few views are too coarse to turn through; they only give a random view.
    turned = np.where(views > 3, np.floor(start + direction * np.arange(frames)), start)
    rows = bank.first[chosen][:, None] + np.mod(turned, views).astype(np.int64)
    unique, inverse = np.unique(rows, return_inverse=True)
    rgba = bank.views_v4qq[torch.as_tensor(unique, device=bank.views_v4qq.device)].float() / 255
    return torch.cat([rgba[:, :3] * rgba[:, 3:], rgba[:, 3:]], dim=1), inverse.reshape(count, frames)


def shape_canvases(banks: Banks, rng: Generator, count: int, solid: np.ndarray | None = None) -> Tensor:
    """Blobs and polygons filled with a piece of a picture or with coloured noise: [n,4,Q,Q]."""
    device, side = banks.pictures.images_n3hw.device, banks.cutouts.views_v4qq.shape[-1]
    solid = np.zeros(count, bool) if solid is None else solid
    axis = (torch.arange(side, dtype=torch.float32, device=device) + 0.5) / side * 2 - 1
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    angle = torch.atan2(y, x)
    harmonics = torch.as_tensor(_outlines(rng, count, solid), dtype=torch.float32, device=device)
    radius = torch.ones((count, side, side), device=device)
    for k in range(_OUTLINE_HARMONICS):
        radius += harmonics[:, k, 0, None, None] * torch.cos((k + 1) * angle + harmonics[:, k, 1, None, None])
    radius = radius.clamp(min=0.2)
    radius = radius / radius.amax(dim=(1, 2), keepdim=True)
    softness = side / 2
    alpha = ((radius - (x**2 + y**2).sqrt()) * softness + 0.5).clamp(0, 1)[:, None]
    texture = _picture_textures(banks.pictures, rng, count, side)
    noisy = rng.random(count) < 0.45
    if noisy.any():
        texture[torch.as_tensor(noisy, device=device)] = _noise_textures(rng, int(noisy.sum()), side, device)
    return torch.cat([texture * alpha, alpha], dim=1)


def low_passed(rgba_m4qq: Tensor, level: int) -> Tensor:
    """The canvases without the detail that shrinking by 2^level would alias; size kept."""
    if level == 0:
        return rgba_m4qq
    side = rgba_m4qq.shape[-1]
    small = F.avg_pool2d(rgba_m4qq, 2**level, ceil_mode=True)
    return F.interpolate(small, size=(side, side), mode="bilinear", align_corners=False)


def _draw_kinds(banks: Banks, rng: Generator, count: int, settings: LayerSettings) -> np.ndarray:
    has_instances = banks.pictures.paste_weight.sum() > 0
    has_cutouts = banks.cutouts.weight.sum() > 0
    shares = np.array([settings.instance_share * has_instances, settings.cutout_share * has_cutouts, 0.0])
    shares[2] = 1 - settings.instance_share - settings.cutout_share + (1e-3 if shares.sum() == 0 else 0)
    return rng.choice(3, count, p=shares / shares.sum())


def _square_grid(bank: PictureBank, rows: np.ndarray, centre: np.ndarray, half: np.ndarray, side: int) -> Tensor:
    """Sampling grid [n,Q,Q,2] over squares of stored pixels, upright again where the picture is transposed."""
    device = bank.images_n3hw.device
    height, width = bank.images_n3hw.shape[-2:]
    axis = (torch.arange(side, dtype=torch.float32, device=device) + 0.5) / side * 2 - 1
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    grid = torch.stack([x, y], -1).expand(len(rows), -1, -1, -1)
    turned = torch.as_tensor(bank.is_transposed_n[rows], device=device)[:, None, None, None]
    grid = torch.where(turned, grid.flip(-1), grid)
    middle = torch.as_tensor(centre, dtype=torch.float32, device=device)[:, None, None]
    reach = torch.as_tensor(half, dtype=torch.float32, device=device)[:, None, None, None]
    return (middle + grid * reach) * torch.tensor([2 / width, 2 / height], device=device) - 1


def _outlines(rng: Generator, count: int, solid: np.ndarray) -> np.ndarray:
    """Amplitude and phase of each harmonic [n,5,2]; solid shapes are nearly round."""
    order = np.arange(1, _OUTLINE_HARMONICS + 1)
    amplitude = rng.normal(size=(count, _OUTLINE_HARMONICS)) * 0.28 / order
    amplitude = np.where(solid[:, None], amplitude * 0.15, amplitude)
    return np.stack([amplitude, rng.uniform(0, 2 * np.pi, amplitude.shape)], -1)


def _picture_textures(bank: PictureBank, rng: Generator, count: int, side: int) -> Tensor:
    rows = rng.integers(0, len(bank.sizes_n2), count)
    size = bank.sizes_n2[rows]
    half = size.min(1) * rng.uniform(0.15, 0.5, count)
    centre = half[:, None] + rng.random((count, 2)) * (size - 2 * half[:, None])
    index = torch.as_tensor(rows, device=bank.images_n3hw.device)
    return F.grid_sample(
        bank.images_n3hw[index].float() / 255, _square_grid(bank, rows, centre, half, side), align_corners=False
    )


def _noise_textures(rng: Generator, count: int, side: int, device: torch.device) -> Tensor:
    texture = torch.zeros((count, 3, side, side), device=device)
    for octave in _TEXTURE_OCTAVES:
        gain = np.where(rng.random((count, 1, 1, 1)) < 0.6, octave**-0.5, 0.0)
        coarse = torch.as_tensor(rng.normal(size=(count, 3, octave, octave)) * gain, dtype=torch.float32, device=device)
        texture += F.interpolate(coarse, size=(side, side), mode="bicubic", align_corners=False)
    contrast = torch.as_tensor(rng.uniform(0.08, 0.35, (count, 1, 1, 1)), dtype=torch.float32, device=device)
    colour = torch.as_tensor(rng.uniform(0.08, 0.92, (count, 3, 1, 1)), dtype=torch.float32, device=device)
    return (texture * contrast + colour).clamp(0, 1)


def _recolour(rgba: Tensor, rows_nt: np.ndarray, rng: Generator, chance: float) -> Tensor:
    """Contrast and tint per object; premultiplied colours stay within their alpha."""
    count = len(rows_nt)
    changed = rng.random((count, 1)) < chance
    gain_n = np.where(changed, np.exp(rng.normal(size=(count, 1)) * 0.14 + rng.normal(size=(count, 3)) * 0.06), 1.0)
    shift_n = np.where(changed, rng.normal(size=(count, 1)) * 0.07 + rng.normal(size=(count, 3)) * 0.02, 0.0)
    gain, shift = np.ones((len(rgba), 3)), np.zeros((len(rgba), 3))
    for frame in range(rows_nt.shape[1]):
        gain[rows_nt[:, frame]], shift[rows_nt[:, frame]] = gain_n, shift_n
    gain_t = torch.as_tensor(gain, dtype=torch.float32, device=rgba.device)[..., None, None]
    shift_t = torch.as_tensor(shift, dtype=torch.float32, device=rgba.device)[..., None, None]
    alpha = rgba[:, 3:]
    colour = torch.minimum((rgba[:, :3] * gain_t + shift_t * alpha).clamp(min=0), alpha)
    return torch.cat([colour, alpha], dim=1)
