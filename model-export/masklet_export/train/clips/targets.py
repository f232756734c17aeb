"""Which objects of a clip are to be segmented, and where they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from masklet_export.train.clips.layers import FIRST_LAYER_ID

_MIN_AREA = 0.004
_MAX_AREA = 0.85
_NATIVE_WEIGHT = 1.6
"""Instances with their natural surroundings are worth more than pasted ones."""


@dataclass(frozen=True)
class Targets:
    """K owner ids per sample; invalid ones (nothing big enough on the first frame) must not be trained on."""

    ids_bk: Tensor
    is_valid_bk: Tensor


def choose_targets(owner_btss: Tensor, rng: Generator, objects: int) -> Targets:
    """Draw K visible objects of the first frame, native ones preferred; fewer than K repeat the first draw."""
    first = owner_btss[:, 0].flatten(1).long()
    areas = torch.zeros((len(first), 256), device=first.device)
    areas.scatter_add_(1, first, torch.ones_like(first, dtype=torch.float32))
    share = areas / first.shape[1]
    ids = torch.arange(256, device=first.device)
    usable = (share > _MIN_AREA) & (share < _MAX_AREA) & (ids > 0)
    # Gumbel noise turns "the K largest scores" into K weighted draws without replacement.
    noise = torch.as_tensor(rng.gumbel(size=share.shape), dtype=torch.float32, device=first.device)
    weight = torch.where(ids < FIRST_LAYER_ID, _NATIVE_WEIGHT, 1.0).log()
    scores = torch.where(usable, noise + weight, -torch.inf)
    best, chosen = scores.topk(objects, dim=1)
    found = torch.isfinite(best)
    chosen = torch.where(found, chosen, chosen[:, :1])
    return Targets(ids_bk=chosen.to(torch.uint8), is_valid_bk=found[:, :1].expand(-1, objects))


def target_masks(owner_btss: Tensor, targets: Targets) -> Tensor:
    """bool [B,K,T,S,S]."""
    return owner_btss[:, None] == targets.ids_bk[:, :, None, None, None]


def boxes_of(masks_ntss: Tensor) -> np.ndarray:
    """Centred pixel boxes (x0, y0, x1, y1) of bool [n,T,S,S], on the host; a frame without it takes the first frame's.

    Waits for the device; the only step of the generator that does.
    """
    size = masks_ntss.shape[-1]
    position = torch.arange(size, device=masks_ntss.device)
    sides = []
    for axis in (-2, -1):
        line = masks_ntss.any(dim=axis)
        low = torch.where(line, position, size).amin(-1)
        high = torch.where(line, position, -1).amax(-1) + 1
        sides.append((low, high))
    boxes = torch.stack([sides[0][0], sides[1][0], sides[0][1], sides[1][1]], -1).float() - size / 2
    present = masks_ntss.flatten(2).any(-1)
    boxes = torch.where(present[..., None], boxes, boxes[:, :1])
    return boxes.cpu().numpy().astype(np.float64)
