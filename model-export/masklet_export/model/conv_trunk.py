"""Image trunk of the nano model: residual 3x3 convolutions at strides 4 to 32, global attention on the last.

In: normalised image [B,3,S,S]. Out: one feature map per stage. Batch norms fold into the convolutions at export.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from masklet_export.model.nano_config import NanoConfig


class ConvNorm(nn.Module):
    """3x3 convolution without bias, then batch norm: [B,C_in,H,W] → [B,C_out,H/stride,W/stride]."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.norm = nn.BatchNorm2d(out_channels)

    def forward(self, x_bchw: Tensor) -> Tensor:
        return self.norm(self.conv(x_bchw))


class ResidualBlock(nn.Module):
    """Two convolutions around a skip, shape kept."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvNorm(channels, channels)
        self.second = ConvNorm(channels, channels)
        # A half-weighted branch keeps the variance of a deep stack near one at the start of training.
        nn.init.constant_(self.second.norm.weight, 0.5)

    def forward(self, x_bchw: Tensor) -> Tensor:
        return F.relu(x_bchw + self.second(F.relu(self.first(x_bchw))))


class TrunkStage(nn.Module):
    """Halves the picture (not the first stage: the stem did), then residual blocks."""

    def __init__(self, in_channels: int | None, channels: int, num_blocks: int) -> None:
        super().__init__()
        self.downsample = None if in_channels is None else ConvNorm(in_channels, channels, stride=2)
        self.blocks = nn.ModuleList(ResidualBlock(channels) for _ in range(num_blocks))

    def forward(self, x_bchw: Tensor) -> Tensor:
        if self.downsample is not None:
            x_bchw = F.relu(self.downsample(x_bchw))
        for block in self.blocks:
            x_bchw = block(x_bchw)
        return x_bchw


class GlobalAttentionBlock(nn.Module):
    """Pre-norm transformer block over all positions of the coarsest map: [B,N,C] → [B,N,C]."""

    def __init__(self, channels: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.attention_norm = nn.LayerNorm(channels)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.output = nn.Linear(channels, channels)
        self.mlp_norm = nn.LayerNorm(channels)
        self.mlp_in = nn.Linear(channels, 2 * channels)
        self.mlp_out = nn.Linear(2 * channels, channels)

    def forward(self, x_bnc: Tensor) -> Tensor:
        batch, tokens, channels = x_bnc.shape
        qkv = self.qkv(self.attention_norm(x_bnc)).view(batch, tokens, 3, self.num_heads, channels // self.num_heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(query, key, value)
        x_bnc = x_bnc + self.output(attended.transpose(1, 2).reshape(batch, tokens, channels))
        return x_bnc + self.mlp_out(F.gelu(self.mlp_in(self.mlp_norm(x_bnc))))


class AttentionTrunk(nn.Module):
    """What the trunks share: attention blocks on the coarsest map, with learned positions."""

    attention_blocks: nn.ModuleList
    attention_positions: nn.Parameter

    def _build_attention(self, config: NanoConfig) -> None:
        channels, grid = config.trunk_channels[-1], config.attention_grid
        self.attention_blocks = nn.ModuleList(
            GlobalAttentionBlock(channels, config.attention_heads) for _ in range(config.attention_blocks)
        )
        self.attention_positions = nn.Parameter(torch.randn(1, channels, grid, grid) * 0.02)

    def positions_at(self, height: int, width: int) -> Tensor:
        """Learned positions of the attention blocks, resampled to the map's size: [1,C,height,width]."""
        if (height, width) == tuple(self.attention_positions.shape[-2:]):
            return self.attention_positions
        return F.interpolate(self.attention_positions, size=(height, width), mode="bilinear", align_corners=False)

    def attend(self, x_bchw: Tensor) -> Tensor:
        """The attention blocks over all positions of the map, shape kept."""
        if len(self.attention_blocks) == 0:
            return x_bchw
        batch, channels, height, width = x_bchw.shape
        x_bnc = (x_bchw + self.positions_at(height, width)).flatten(2).transpose(1, 2)
        for block in self.attention_blocks:
            x_bnc = block(x_bnc)
        return x_bnc.transpose(1, 2).reshape(batch, channels, height, width)


class ConvTrunk(AttentionTrunk):
    """Stem to stride 4, four stages at strides 4, 8, 16, 32, attention blocks on the last."""

    def __init__(self, config: NanoConfig) -> None:
        super().__init__()
        channels = config.trunk_channels
        self.stem = nn.ModuleList(
            [ConvNorm(3, config.stem_channels, stride=2), ConvNorm(config.stem_channels, channels[0], stride=2)]
        )
        inputs = (None, *channels[:-1])
        self.stages = nn.ModuleList(
            TrunkStage(previous, width, blocks)
            for previous, width, blocks in zip(inputs, channels, config.trunk_blocks, strict=True)
        )
        self._build_attention(config)

    def forward(self, image_b3hw: Tensor) -> tuple[Tensor, ...]:
        """Feature maps at strides 4, 8, 16 and 32, channels as in `NanoConfig.trunk_channels`."""
        x_bchw = image_b3hw
        for layer in self.stem:
            x_bchw = F.relu(layer(x_bchw))
        maps = []
        for stage in self.stages:
            x_bchw = stage(x_bchw)
            maps.append(x_bchw)
        return *maps[:3], self.attend(maps[3])
