"""Fixed position codes of SAM 2: 2-D sine (features and memories) and 1-D sine (time of object pointers)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_TEMPERATURE = 10000.0


def sine_positions_2d(channels: int, size: int) -> Tensor:
    """Normalised 2-D sine code of a size x size map, float32 [size·size, channels], row-major positions.

    The first half of the channels codes y, the second x; sine and cosine alternate.
    Source: sam2/modeling/position_encoding.py@2b90b9f `PositionEmbeddingSine`.
    """
    half = channels // 2
    steps = torch.arange(1, size + 1, dtype=torch.float32)
    steps = steps / (steps[-1] + 1e-6) * (2 * math.pi)
    angles = steps[:, None] / _frequencies(half)
    code = torch.stack((angles[:, 0::2].sin(), angles[:, 1::2].cos()), dim=2).flatten(1)
    rows = code[:, None].expand(size, size, half)
    columns = code[None].expand(size, size, half)
    return torch.cat((rows, columns), dim=2).reshape(size * size, channels)


def sine_positions_1d(times: Tensor, channels: int) -> Tensor:
    """Sine code of signed, normalised times: [...] → [..., channels]; all sines first, then all cosines.

    Source: sam2/modeling/sam2_utils.py@2b90b9f `get_1d_sine_pe`.
    """
    angles = times[..., None] / _frequencies(channels // 2).to(times.device)
    return torch.cat((angles.sin(), angles.cos()), dim=-1)


def _frequencies(count: int) -> Tensor:
    indices = torch.arange(count, dtype=torch.float32)
    return _TEMPERATURE ** (2 * torch.div(indices, 2, rounding_mode="floor") / count)
