"""RepViT, EdgeTAM's image backbone, as it is trained: every branch of its own, attributes named as timm names them.

transformers takes this backbone from timm, which needs torchvision; both are left out of this package. The names and
numbers were compared with timm's `repvit_m1` (tests/edgetam_test.py). Source: Wang et al., "RepViT" (CVPR 2024) §3.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

_SQUEEZE, _SQUEEZE_MULTIPLE = 4, 8
_EXPANSION = 2


class ConvNorm(nn.Module):
    """A convolution without bias and its batch norm, NCHW."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.c = nn.Conv2d(in_channels, out_channels, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.c(x))


class TokenMixer(nn.Module):
    """Depthwise 3x3, 1x1 and identity side by side; one depthwise convolution once the weights are known."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = ConvNorm(channels, channels, 3, groups=channels)
        self.conv1 = ConvNorm(channels, channels, 1, groups=channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x) + self.conv1(x) + x


class SqueezeExcite(nn.Module):
    """Scales every channel by a function of all channels' means."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        squeezed = squeezed_channels(channels)
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        means = x.mean((2, 3), keepdim=True)
        return x * self.fc2(F.relu(self.fc1(means))).sigmoid()


class ChannelMixer(nn.Module):
    """Two pointwise layers with a GELU between them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = ConvNorm(channels, _EXPANSION * channels)
        self.conv2 = ConvNorm(_EXPANSION * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv2(F.gelu(self.conv1(x)))


class RepVitBlock(nn.Module):
    def __init__(self, channels: int, *, has_squeeze: bool) -> None:
        super().__init__()
        self.token_mixer = TokenMixer(channels)
        self.se = SqueezeExcite(channels) if has_squeeze else nn.Identity()
        self.channel_mixer = ChannelMixer(channels)

    def forward(self, x: Tensor) -> Tensor:
        x = self.se(self.token_mixer(x))
        return x + self.channel_mixer(x)


class RepVitDownsample(nn.Module):
    """Halves height and width between two stages."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.pre_block = RepVitBlock(in_channels, has_squeeze=False)
        self.spatial_downsample = ConvNorm(in_channels, in_channels, 3, stride=2, groups=in_channels)
        self.channel_downsample = ConvNorm(in_channels, out_channels)
        self.ffn = ChannelMixer(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        x = self.channel_downsample(self.spatial_downsample(self.pre_block(x)))
        return x + self.ffn(x)


class RepVitStage(nn.Module):
    """Blocks at one resolution; every other one squeezes, the first included."""

    def __init__(self, in_channels: int, out_channels: int, depth: int) -> None:
        super().__init__()
        has_downsample = in_channels != out_channels
        self.downsample = RepVitDownsample(in_channels, out_channels) if has_downsample else nn.Identity()
        self.blocks = nn.Sequential(*(RepVitBlock(out_channels, has_squeeze=i % 2 == 0) for i in range(depth)))

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks(self.downsample(x))


class RepVitStem(nn.Module):
    """To stride 4."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = ConvNorm(3, channels // 2, 3, stride=2)
        self.conv2 = ConvNorm(channels // 2, channels, 3, stride=2)

    def forward(self, image: Tensor) -> Tensor:
        return self.conv2(F.gelu(self.conv1(image)))


class RepVit(nn.Module):
    """Pictures [B,3,S,S] → maps at strides 4, 8, 16 and 32.

    Args:
        widths: channels of each stage, all different.
        depths: blocks of each stage.
    """

    def __init__(self, widths: Sequence[int], depths: Sequence[int]) -> None:
        super().__init__()
        self.stem = RepVitStem(widths[0])
        self.stage_names = [f"stages_{index}" for index in range(len(widths))]
        inputs = [widths[0], *widths[:-1]]
        for name, *sizes in zip(self.stage_names, inputs, widths, depths, strict=True):
            self.add_module(name, RepVitStage(*sizes))

    @property
    def stages(self) -> list[RepVitStage]:
        return [self.get_submodule(name) for name in self.stage_names]

    def forward(self, image: Tensor) -> list[Tensor]:
        x, maps = self.stem(image), []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps


def squeezed_channels(channels: int) -> int:
    """A quarter of the channels to the nearest multiple of 8, raised where that would lose more than a tenth."""
    quarter = channels / _SQUEEZE
    multiple = _SQUEEZE_MULTIPLE
    rounded = max(multiple, int(quarter + multiple / 2) // multiple * multiple)
    return rounded + multiple if rounded < 0.9 * quarter else rounded
