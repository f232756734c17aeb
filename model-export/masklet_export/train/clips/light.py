"""What light, lens and codec do to a finished clip. Each change touches only the samples drawn for it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator
from torch import Tensor

from masklet_export.train.clips.settings import LightSettings

_GREY = (0.299, 0.587, 0.114)
_BLUR_SIZE = 5
_MOTION_SIZE = 7
_JPEG_LUMA = (
    (16, 11, 10, 16, 24, 40, 51, 61), (12, 12, 14, 19, 26, 58, 60, 55), (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62), (18, 22, 37, 56, 68, 109, 103, 77), (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101), (72, 92, 95, 98, 112, 100, 103, 99),
)  # fmt: skip
"""Luminance quantisation table of ITU-T T.81 annex K.1."""
_JPEG_CHROMA = (
    (17, 18, 24, 47, 99, 99, 99, 99), (18, 21, 26, 66, 99, 99, 99, 99), (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99), *(((99,) * 8,) * 4),
)  # fmt: skip
"""Chrominance table, annex K.2."""
_LEVEL_SHIFT = 128 / 255


def light_clips(frames_bt3ss: Tensor, rng: Generator, noise: torch.Generator, settings: LightSettings) -> Tensor:
    """Apply all changes to pictures in 0..1; returns them in 0..1."""
    batch = len(frames_bt3ss)
    frames = _tone(frames_bt3ss, rng, settings)
    changes: list[tuple[float, Callable[[Tensor], Tensor]]] = [
        (settings.blur_chance, lambda clips: _gaussian_blur(clips, rng)),
        (settings.motion_blur_chance, lambda clips: _motion_blur(clips, rng)),
        (settings.low_resolution_chance, lambda clips: _low_resolution(clips, rng)),
        (settings.noise_chance, lambda clips: _sensor_noise(clips, rng, noise)),
        (settings.compression_chance, lambda clips: compress_blocks(clips, rng.uniform(25, 90, len(clips)))),
    ]
    for chance, change in changes:
        chosen = np.flatnonzero(rng.random(batch) < chance)
        if chosen.size > 0:
            index = torch.as_tensor(chosen, device=frames.device)
            frames[index] = change(frames[index])
    return frames.clamp_(0, 1)


def compress_blocks(clips_nt3ss: Tensor, quality_n: np.ndarray) -> Tensor:
    """JPEG's loss: 8x8 cosine transform of Y, Cb and Cr, rounding to the quality's steps, and back.

    Sides that are no multiple of 8 keep their last rows and columns as they are.
    """
    device = clips_nt3ss.device
    height, width = (side // 8 * 8 for side in clips_nt3ss.shape[-2:])
    scale = np.where(quality_n < 50, 5000 / quality_n, 200 - 2 * quality_n) / 100
    tables = np.array([_JPEG_LUMA, _JPEG_CHROMA, _JPEG_CHROMA])
    tables = np.maximum(np.round(tables[None] * scale[:, None, None, None]), 1) / 255
    # Blocks are laid out as [n,T,3,rows,8,columns,8].
    steps = torch.as_tensor(tables, dtype=torch.float32, device=device)[:, None, :, None, :, None, :]
    basis = _cosine_basis(device)
    colour = _ycc_matrix(device)
    ycc = torch.einsum("dc,ntchw->ntdhw", colour, clips_nt3ss[..., :height, :width] - _LEVEL_SHIFT)
    blocks = ycc.unflatten(-1, (width // 8, 8)).unflatten(-3, (height // 8, 8))
    spectrum = torch.einsum("ik,...kxl,jl->...ixj", basis, blocks, basis)
    spectrum = (spectrum / steps).round() * steps
    blocks = torch.einsum("ik,...ixj,jl->...kxl", basis, spectrum, basis)
    rgb = torch.einsum("dc,ntchw->ntdhw", torch.linalg.inv(colour), blocks.flatten(-4, -3).flatten(-2))
    result = clips_nt3ss.clone()
    result[..., :height, :width] = (rgb + _LEVEL_SHIFT).clamp(0, 1)
    return result


def _tone(frames: Tensor, rng: Generator, settings: LightSettings) -> Tensor:
    """Gamma, contrast and brightness (a little different per channel), saturation, and flicker per frame."""
    batch, time = frames.shape[:2]
    device = frames.device

    def column(values: np.ndarray) -> Tensor:
        return torch.as_tensor(values, dtype=torch.float32, device=device)

    gamma = np.exp(rng.normal(size=(batch, 1, 1, 1, 1)) * settings.gamma)
    contrast = np.exp(rng.normal(size=(batch, 1, 1)) * settings.contrast + rng.normal(size=(batch, 1, 3)) * 0.08)
    brightness = rng.normal(size=(batch, 1, 1)) * settings.brightness + rng.normal(size=(batch, 1, 3)) * 0.03
    flicker = rng.random((batch, time, 1)) < settings.flicker_chance * (time > 1)
    contrast = contrast * np.where(flicker, np.exp(rng.normal(size=(batch, time, 1)) * 0.05), 1.0)
    brightness = brightness + np.where(flicker, rng.normal(size=(batch, time, 1)) * 0.016, 0.0)
    saturation = np.exp(rng.normal(size=batch) * settings.saturation)
    saturation = np.where(rng.random(batch) < settings.grey_chance, 0.0, saturation)
    result = frames.clamp(1e-4, 1) ** column(gamma)
    grey = torch.einsum("c,btchw->bthw", torch.tensor(_GREY, device=device), result)[:, :, None]
    result = torch.lerp(grey.expand_as(result), result, column(saturation)[:, None, None, None, None])
    return (result - 0.5) * column(contrast)[..., None, None] + (column(brightness) + 0.5)[..., None, None]


def _gaussian_blur(clips: Tensor, rng: Generator) -> Tensor:
    sigma = rng.uniform(0.4, 1.6, len(clips))[:, None]
    offsets = np.arange(_BLUR_SIZE) - _BLUR_SIZE // 2
    line = np.exp(-0.5 * (offsets / sigma) ** 2)
    line /= line.sum(1, keepdims=True)
    return _filter(clips, line[:, :, None] * line[:, None, :])


def _motion_blur(clips: Tensor, rng: Generator) -> Tensor:
    """The same streak on all frames: the camera's own movement."""
    kernels = np.zeros((len(clips), _MOTION_SIZE, _MOTION_SIZE))
    middle = _MOTION_SIZE // 2
    for kernel, angle in zip(kernels, rng.uniform(0, np.pi, len(clips)), strict=True):
        reach = rng.uniform(1, middle)
        for step in np.linspace(-reach, reach, 4 * _MOTION_SIZE):
            kernel[round(middle + step * np.sin(angle)), round(middle + step * np.cos(angle))] += 1
        kernel /= kernel.sum()
    return _filter(clips, kernels)


def _filter(clips: Tensor, kernels_nkk: np.ndarray) -> Tensor:
    count, time, channels = clips.shape[:3]
    side = kernels_nkk.shape[-1]
    weight = torch.as_tensor(kernels_nkk, dtype=torch.float32, device=clips.device)
    weight = weight.repeat_interleave(time * channels, 0)[:, None]
    planes = F.pad(clips.reshape(1, count * time * channels, *clips.shape[-2:]), (side // 2,) * 4, mode="reflect")
    return F.conv2d(planes, weight, groups=count * time * channels).reshape(clips.shape)


def _low_resolution(clips: Tensor, rng: Generator) -> Tensor:
    size = clips.shape[-1]
    small = max(8, round(size * rng.uniform(0.4, 0.9)))
    flat = clips.flatten(0, 1)
    shrunk = F.interpolate(flat, size=(small, small), mode="area")
    return F.interpolate(shrunk, size=(size, size), mode="bilinear", align_corners=False).view_as(clips)


def _sensor_noise(clips: Tensor, rng: Generator, noise: torch.Generator) -> Tensor:
    strength = rng.uniform(2, 12, len(clips)) / 255
    grain = torch.randn(clips.shape, generator=noise, device=clips.device, dtype=clips.dtype)
    return clips + grain * torch.as_tensor(strength, dtype=clips.dtype, device=clips.device)[:, None, None, None, None]


def _cosine_basis(device: torch.device) -> Tensor:
    k, n = torch.arange(8.0)[:, None], torch.arange(8.0)[None]
    basis = torch.cos((2 * n + 1) * k * torch.pi / 16) / 2
    basis[0] /= 2**0.5
    return basis.to(device)


def _ycc_matrix(device: torch.device) -> Tensor:
    """RGB → Y, Cb, Cr (ITU-T T.871), without the offset of Cb and Cr."""
    rows = (_GREY, (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
    return torch.tensor(rows, device=device)
