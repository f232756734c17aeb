"""Image trunk with ImageNet weights: EfficientNet-Lite to stride 32, beside a convolutional path for fine detail.

In: normalised image [B,3,S,S]. Out: `LiteTrunk.forward`. The published batch norms are folded into the convolutions.
Source: Tan & Le, "EfficientNet" (1905.11946); the Lite variants (no squeeze-and-excite, ReLU6, fixed stem and last
stage) of tensorflow/tpu `models/official/efficientnet/lite` (Apache-2.0).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from masklet_export.model.conv_trunk import AttentionTrunk, ConvNorm, TrunkStage
from masklet_export.model.depthwise_conv import depthwise_conv
from masklet_export.model.nano_config import NanoConfig

STEM_CHANNELS = 32
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Repeats, kernel, stride, expansion, channels out (EfficientNet-B0)."""
_SCALES = {"lite0": (1.0, 1.0), "lite1": (1.0, 1.1), "lite2": (1.1, 1.2)}
"""Width and depth relative to Lite0."""


@dataclass(frozen=True)
class BlockSizes:
    """One inverted residual block."""

    in_channels: int
    out_channels: int
    kernel: int
    stride: int
    expansion: int


def lite_blocks(kind: str) -> list[BlockSizes]:
    """Every block of `lite0`, `lite1` or `lite2`, in order. The first and the last stage are not made deeper."""
    width, depth = _SCALES[kind]
    blocks: list[BlockSizes] = []
    channels = STEM_CHANNELS
    for index, (repeats, kernel, stride, expansion, out) in enumerate(_STAGES):
        count = repeats if index in (0, len(_STAGES) - 1) else math.ceil(repeats * depth)
        out = _rounded(out * width)
        for repeat in range(count):
            blocks.append(BlockSizes(channels, out, kernel, stride if repeat == 0 else 1, expansion))
            channels = out
    return blocks


def lite_channels(kind: str) -> tuple[int, int, int, int]:
    """Channels of the maps at strides 4, 8, 16 and 32."""
    last: dict[int, int] = {}
    stride = 2
    for block in lite_blocks(kind):
        stride *= block.stride
        last[stride] = block.out_channels
    return last[4], last[8], last[16], last[32]


class SameConv(nn.Conv2d):
    """Convolution with bias and TensorFlow's "same" padding of even sizes: at stride 2 less before than after."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        self.before = (kernel - stride) // 2
        self.after = kernel - stride - self.before
        padding = self.before if self.before == self.after else 0
        super().__init__(in_channels, out_channels, kernel, stride, padding, groups=groups)

    def forward(self, x_bchw: Tensor) -> Tensor:
        if self.before != self.after:
            x_bchw = F.pad(x_bchw, (self.before, self.after, self.before, self.after))
        if self.groups > 1 and self.bias is not None:
            return depthwise_conv(x_bchw, self.weight, self.bias, self.stride[0], int(self.padding[0]))
        return super().forward(x_bchw)


class InvertedResidual(nn.Module):
    """Expand (1x1), depthwise, project (1x1, linear); a skip where the shape is kept."""

    def __init__(self, sizes: BlockSizes) -> None:
        super().__init__()
        inner = sizes.in_channels * sizes.expansion
        self.has_skip = sizes.stride == 1 and sizes.in_channels == sizes.out_channels
        self.expand = SameConv(sizes.in_channels, inner, 1) if sizes.expansion != 1 else None
        self.depthwise = SameConv(inner, inner, sizes.kernel, sizes.stride, groups=inner)
        self.project = SameConv(inner, sizes.out_channels, 1)

    def forward(self, x_bchw: Tensor) -> Tensor:
        inner = x_bchw if self.expand is None else F.relu6(self.expand(x_bchw))
        inner = self.project(F.relu6(self.depthwise(inner)))
        return x_bchw + inner if self.has_skip else inner


class DetailPath(nn.Module):
    """The conv trunk's stem and first two stages, for edges that a classifier's early layers do not keep."""

    def __init__(self, config: NanoConfig) -> None:
        super().__init__()
        first, second = config.trunk_channels[:2]
        self.stem = nn.ModuleList(
            [ConvNorm(3, config.stem_channels, stride=2), ConvNorm(config.stem_channels, first, stride=2)]
        )
        self.stages = nn.ModuleList(
            [TrunkStage(None, first, config.trunk_blocks[0]), TrunkStage(first, second, config.trunk_blocks[1])]
        )

    def forward(self, x_bchw: Tensor) -> tuple[Tensor, Tensor]:
        """[B,3,S,S] → maps at strides 4 and 8."""
        for layer in self.stem:
            x_bchw = F.relu(layer(x_bchw))
        stride4 = self.stages[0](x_bchw)
        return stride4, self.stages[1](stride4)


class LiteTrunk(AttentionTrunk):
    """EfficientNet-Lite in groups of blocks, one group a stride; attention on the coarsest map; the detail path."""

    def __init__(self, config: NanoConfig) -> None:
        super().__init__()
        self.detail = DetailPath(config)
        self.stem = SameConv(3, STEM_CHANNELS, 3, 2)
        groups: list[list[InvertedResidual]] = [[]]
        for sizes in lite_blocks(config.trunk):
            if sizes.stride == 2:
                groups.append([])
            groups[-1].append(InvertedResidual(sizes))
        self.stages = nn.ModuleList(nn.Sequential(*group) for group in groups)
        self.reduce = nn.Conv2d(lite_channels(config.trunk)[-1], config.trunk_channels[-1], 1)
        self._build_attention(config)
        for block in self.attention_blocks:
            # Identity at first: the pretrained features reach the neck unchanged.
            for layer in (block.output, block.mlp_out):
                nn.init.zeros_(layer.weight)
                nn.init.zeros_(layer.bias)

    def pretrained_maps(self, image_b3hw: Tensor) -> list[Tensor]:
        """EfficientNet-Lite alone: maps at strides 2, 4, 8, 16, 32."""
        x_bchw = F.relu6(self.stem(image_b3hw))
        maps = []
        for stage in self.stages:
            x_bchw = stage(x_bchw)
            maps.append(x_bchw)
        return maps

    def forward(self, image_b3hw: Tensor) -> tuple[Tensor, ...]:
        """Maps at strides 4, 8, 16 and 32, then the detail path's at strides 4 and 8."""
        _, stride4, stride8, stride16, stride32 = self.pretrained_maps(image_b3hw)
        return stride4, stride8, stride16, self.attend(self.reduce(stride32)), *self.detail(image_b3hw)


def _rounded(channels: float) -> int:
    """To a multiple of 8, never more than a tenth below."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded
