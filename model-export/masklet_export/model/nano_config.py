"""Sizes of a nano model. Everything that changes a weight's shape stands here, and nothing else."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

STRIDE16 = 16
"""Stride of the features that memory and mask decoder work on (SAM 2's stride)."""


@dataclass(frozen=True)
class NanoConfig:
    """Sizes of `NanoModel`; the defaults are those of the first embedded model (7.4 M parameters).

    `trunk` is our own convolutional one, or EfficientNet-Lite of that size (`lite_trunk`); beside the latter,
    `trunk_channels` and `trunk_blocks` are those of the detail path (the first two) and of the coarsest map (the last).

    `image_size` is the size the tables are built for at first; `NanoModel.set_image_size` changes it without
    touching a weight. `hidden_size` must be a multiple of `memory_channels` (an object pointer is split into
    tokens of that width) and larger than it.
    """

    image_size: int = 256
    trunk: Literal["conv", "lite0", "lite1", "lite2"] = "conv"
    hidden_size: int = 128
    memory_channels: int = 64
    stem_channels: int = 24
    trunk_channels: tuple[int, int, int, int] = (32, 64, 128, 256)
    trunk_blocks: tuple[int, int, int, int] = (2, 2, 4, 2)
    attention_blocks: int = 2
    attention_heads: int = 8
    attention_grid: int = 8
    has_neck_fusion: bool = True
    memory_attention_layers: int = 2
    memory_attention_mlp: int = 512
    decoder_mlp: int = 512
    iou_head_size: int = 128
    memory_fuser_layers: int = 2
    memory_fuser_mlp: int = 512
    num_spatial_memories: int = 7

    def __post_init__(self) -> None:
        check_image_size(self.image_size)
        if self.hidden_size % self.memory_channels != 0 or self.hidden_size <= self.memory_channels:
            raise ValueError(
                f"hidden_size must be a multiple of memory_channels and larger: {self.hidden_size}, "
                f"{self.memory_channels}"
            )
        if self.memory_channels != 64:
            raise ValueError(f"memory_channels must be 64 (transformers' memory attention), got {self.memory_channels}")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a checkpoint's header."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> NanoConfig:
        """Inverse of `to_dict`; raises `ValueError` on a key that this version does not know."""
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ValueError(f"unknown model configuration: {', '.join(unknown)}")
        return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})


def check_image_size(image_size: int) -> None:
    """Raise `ValueError` unless the trunk's coarsest stride (32) divides the model's input size."""
    if image_size < 32 or image_size % 32 != 0:
        raise ValueError(f"image size must be a positive multiple of 32, got {image_size}")
