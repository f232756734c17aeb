"""Prompts out of ground-truth masks, on the device: clicks, boxes, and corrective clicks from the error region.

Source: SAM 2 §5 and appendix D ("interactively prompted"); sam2/modeling/sam2_utils.py@2b90b9f `sample_box_points`,
`sample_random_points_from_errors`. Coordinates are model pixels (x, y), as `VideoModel.decode_masks` takes them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

NEGATIVE, POSITIVE, BOX_FIRST, BOX_SECOND = 0, 1, 2, 3


@dataclass(frozen=True)
class PointPrompts:
    """The same number of points for every object of a batch, so that no padding is needed."""

    points_bp2: Tensor
    """float [B,P,2]."""
    labels_bp: Tensor
    """int [B,P]."""

    def joined(self, other: PointPrompts) -> PointPrompts:
        """These points, then the other ones."""
        return PointPrompts(
            torch.cat([self.points_bp2, other.points_bp2], 1), torch.cat([self.labels_bp, other.labels_bp], 1)
        )


def sample_clicks(masks_bss: Tensor, generator: torch.Generator, *, interior_chance: float = 0.5) -> PointPrompts:
    """One positive click per mask: uniform over its pixels, or (with `interior_chance`) more likely deep inside.

    The paper samples uniformly; people click the middle, so part of the clicks favour it. An empty mask gives a
    random pixel labelled positive: callers leave such objects out.
    """
    weight = masks_bss.float()
    deep = _depth(masks_bss) ** 2 * weight
    noise = torch.rand(masks_bss.shape, generator=generator, device=masks_bss.device)
    is_deep = torch.rand(len(masks_bss), generator=generator, device=masks_bss.device) < interior_chance
    score = torch.where(is_deep[:, None, None], noise * (deep + 1e-3 * weight), noise * weight)
    points = _pixels(_argmax(score, noise), masks_bss.shape[-1])
    return PointPrompts(points, torch.ones(points.shape[:2], dtype=torch.int32, device=points.device))


def sample_near_misses(masks_bss: Tensor, generator: torch.Generator, *, margin: float = 0.12) -> PointPrompts:
    """One negative click per mask, outside of it but within `margin` of the canvas: what a person would exclude."""
    size = masks_bss.shape[-1]
    radius = max(1, round(size * margin))
    grown = F.max_pool2d(masks_bss[:, None].float(), 2 * radius + 1, 1, radius)[:, 0] > 0
    ring = (grown & ~masks_bss).float()
    noise = torch.rand(masks_bss.shape, generator=generator, device=masks_bss.device)
    points = _pixels(_argmax(noise * ring, noise * ~masks_bss), size)
    return PointPrompts(points, torch.zeros(points.shape[:2], dtype=torch.int32, device=points.device))


def sample_boxes(
    masks_bss: Tensor, generator: torch.Generator, *, noise: float = 0.1, noise_bound: float = 20 / 1024
) -> PointPrompts:
    """The mask's box with each side moved by at most `noise` of the box's and `noise_bound` of the canvas' side.

    Two points with labels 2 and 3. Sides run through the outermost pixels' centres, as in the reference.
    """
    boxes = mask_boxes(masks_bss)
    size = masks_bss.shape[-1]
    extent = torch.stack([boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]], 1).repeat(1, 2)
    reach = (extent * noise).clamp(max=noise_bound * size)
    shift = torch.rand(boxes.shape, generator=generator, device=boxes.device) * 2 - 1
    corners = (boxes + shift * reach).clamp(0, size - 1).view(-1, 2, 2)
    labels = torch.tensor([BOX_FIRST, BOX_SECOND], dtype=torch.int32, device=boxes.device)
    return PointPrompts(corners, labels.expand(len(boxes), 2))


def sample_corrections(
    predicted_bss: Tensor, masks_bss: Tensor, generator: torch.Generator, *, interior_chance: float = 0.5
) -> PointPrompts:
    """One click per object in the error region: positive where the mask was missed, negative where it was exceeded.

    A perfect prediction gets a negative click on the background, as in the reference.
    """
    wrong = predicted_bss != masks_bss
    is_perfect = ~wrong.flatten(1).any(1)[:, None, None]
    region = wrong | (is_perfect & ~masks_bss)
    noise = torch.rand(masks_bss.shape, generator=generator, device=masks_bss.device)
    is_deep = torch.rand(len(masks_bss), generator=generator, device=masks_bss.device) < interior_chance
    depth = torch.where(is_deep[:, None, None], _depth(region) ** 2 + 1e-3, torch.ones_like(noise))
    index = _argmax(noise * depth * region, noise)
    labels = masks_bss.flatten(1).gather(1, index).to(torch.int32)
    return PointPrompts(_pixels(index, masks_bss.shape[-1]), labels)


def mask_boxes(masks_bss: Tensor) -> Tensor:
    """(x0, y0, x1, y1) of the outermost pixels, float [B,4]; an empty mask gives the whole canvas."""
    size = masks_bss.shape[-1]
    position = torch.arange(size, device=masks_bss.device)
    sides = []
    for axis in (1, 2):
        line = masks_bss.any(dim=axis)
        is_empty = ~line.any(1)
        low = torch.where(line, position, size).amin(1).masked_fill(is_empty, 0)
        high = torch.where(line, position, -1).amax(1).masked_fill(is_empty, size - 1)
        sides.append((low, high))
    return torch.stack([sides[0][0], sides[1][0], sides[0][1], sides[1][1]], 1).float()


def _depth(region_bss: Tensor) -> Tensor:
    """A cheap stand-in for the distance to the region's border: a box-blurred copy, 0..1."""
    depth = region_bss[:, None].float()
    for _ in range(2):
        depth = F.avg_pool2d(depth, 9, 1, 4)
    return depth[:, 0] * region_bss


def _argmax(score_bss: Tensor, fallback_bss: Tensor) -> Tensor:
    """Flat index [B,1] of the best score, of the fallback where no score is positive."""
    score = score_bss.flatten(1)
    is_empty = (score.amax(1) <= 0)[:, None]
    return torch.where(is_empty, fallback_bss.flatten(1), score).argmax(1, keepdim=True)


def _pixels(index_b1: Tensor, size: int) -> Tensor:
    return torch.stack([index_b1 % size, index_b1 // size], dim=-1).float()
