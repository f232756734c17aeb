"""Neck of the nano model: trunk maps → the three levels of image features the mask decoder and memory use."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from masklet_export.model.conv_trunk import ResidualBlock
from masklet_export.model.lite_trunk import lite_channels
from masklet_export.model.nano_config import NanoConfig


@dataclass(frozen=True)
class ImageFeatures:
    """One encoder pass. Batch is that of the images; D is the hidden size, h = S/16."""

    stride4: Tensor
    """[B,D/8,S/4,S/4], the decoder's `conv_s0` applied."""
    stride8: Tensor
    """[B,D/4,S/8,S/8], the decoder's `conv_s1` applied."""
    stride16: Tensor
    """[B,D,h,h], without the no-memory embedding."""


class FeatureNeck(nn.Module):
    """Top level = stage 3 + upsampled stage 4; strides 4 and 8 are plain 1x1 projections.

    As in SAM 2, no top-down path reaches the two finer levels (SAM 2 §4, "image encoder"). Beside a pretrained trunk
    the detail path's maps are added: to strides 4 and 8, and from stride 8 to the top level.
    """

    def __init__(self, config: NanoConfig) -> None:
        super().__init__()
        hidden = config.hidden_size
        channels = config.trunk_channels
        self.detail: nn.ModuleList | None = None
        self.detail_stride16: nn.Conv2d | None = None
        if config.trunk != "conv":
            first, second, _, coarsest = config.trunk_channels
            channels = (*lite_channels(config.trunk)[:3], coarsest)
            self.detail = nn.ModuleList(
                [nn.Conv2d(first, hidden // 8, 1, bias=False), nn.Conv2d(second, hidden // 4, 1, bias=False)]
            )
            self.detail_stride16 = nn.Conv2d(second, hidden, 3, 2, 1, bias=False)
        self.conv_stride4 = nn.Conv2d(channels[0], hidden // 8, 1)
        self.conv_stride8 = nn.Conv2d(channels[1], hidden // 4, 1)
        self.lateral_stride16 = nn.Conv2d(channels[2], hidden, 1)
        self.lateral_stride32 = nn.Conv2d(channels[3], hidden, 1)
        self.fuse = ResidualBlock(hidden) if config.has_neck_fusion else None

    def forward(self, maps: tuple[Tensor, ...]) -> ImageFeatures:
        """Maps at strides 4, 8, 16 and 32, and those of the detail path where the trunk has one."""
        stride4, stride8, stride16, stride32, *details = maps
        coarse = F.interpolate(self.lateral_stride32(stride32), scale_factor=2.0, mode="nearest")
        top = self.lateral_stride16(stride16) + coarse
        fine, middle = self.conv_stride4(stride4), self.conv_stride8(stride8)
        if self.detail is not None and self.detail_stride16 is not None:
            detail4, detail8 = details
            fine, middle = fine + self.detail[0](detail4), middle + self.detail[1](detail8)
            top = top + self.detail_stride16(detail8)
        return ImageFeatures(stride4=fine, stride8=middle, stride16=top if self.fuse is None else self.fuse(top))
