"""Weights of SAM 2 or EdgeTAM without a configuration beside them: which model they are of, and loading them strictly.

Heads, windows and global blocks leave no trace in the tensors' shapes, so only the released models are recognised.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from masklet_export.checkpoints.hub_folder import set_config_image_size
from masklet_export.checkpoints.meta_keys import meta_keys, meta_rows
from masklet_export.model.edgetam_configuration import edgetam_configuration
from masklet_export.model.hub_configurations import HUB_SIZES, hub_configuration
from masklet_export.model.hub_model import HubConfig, HubModel, build_hub_module

_HUB_WIDTH, _META_WIDTH = "vision_encoder.backbone.pos_embed", "image_encoder.trunk.pos_embed"
_EDGETAM = {"spatial_perceiver.latents_1d": "hub", "spatial_perceiver.latents": "meta"}
"""A tensor that only EdgeTAM has, and the layout it tells."""
_COUNTERS = re.compile(r"\.num_batches_tracked$")
"""Of batch norms; nothing reads them."""
_21_ONLY = ("occlusion_spatial_embedding_parameter", "no_obj_embed_spatial")
_SHARED_CODE = ("prompt_encoder.shared_embedding.positional_embedding", "shared_image_embedding.positional_embedding")
_BLOCK = re.compile(r"\.blocks\.(\d+)\.attn\.qkv\.weight$")
_SHOWN = 3


def is_meta_state(state: Mapping[str, object]) -> bool:
    return _META_WIDTH in state or _edgetam_layout(state) == "meta"


def is_hub_state(state: Mapping[str, object]) -> bool:
    return _HUB_WIDTH in state or _edgetam_layout(state) == "hub"


def _edgetam_layout(state: Mapping[str, object]) -> str | None:
    return next((layout for key, layout in _EDGETAM.items() if key in state), None)


def load_hub_state(
    state: Mapping[str, Tensor], image_size: int | None = None, settings: HubConfig | None = None
) -> HubModel:
    """Model for the tensors of a released SAM 2 or EdgeTAM, named as transformers or as Meta names them.

    Args:
        state: float tensors by key.
        image_size: input size S (default: the configuration's own).
        settings: configuration, where the weights are not of a released size.

    Raises `ValueError` when the size is none of the released ones, or a tensor is missing, unexpected or misshapen.
    """
    settings = settings or recognise_configuration(state)
    set_config_image_size(settings, image_size or settings.image_size)
    hub = build_hub_module(settings)
    shapes = {key: tensor.shape for key, tensor in hub.state_dict().items() if not _COUNTERS.search(key)}
    state = {key: tensor for key, tensor in state.items() if not _COUNTERS.search(key)}
    named = _from_meta(state, shapes) if is_meta_state(state) else _with_shared_code(state)
    _check(named, shapes)
    # Not strict about the counters alone: `_check` was strict about all else.
    hub.load_state_dict({key: tensor.float() for key, tensor in named.items()}, strict=False)
    return HubModel(hub)


def recognise_configuration(state: Mapping[str, Tensor]) -> HubConfig:
    """The released model by its trunk's width and depth and by the tensors that 2.1 or EdgeTAM added."""
    if _edgetam_layout(state):
        return edgetam_configuration()
    width = state[_META_WIDTH if is_meta_state(state) else _HUB_WIDTH].shape[1]
    depth = 1 + max((int(match[1]) for key in state if (match := _BLOCK.search(key))), default=-1)
    architecture = "sam2.1" if any(key in state for key in _21_ONLY) else "sam2.0"
    for size in HUB_SIZES:
        settings = hub_configuration(size, architecture)
        backbone = settings.vision_config.backbone_config
        if (backbone.hidden_size, sum(backbone.blocks_per_stage)) == (width, depth):
            return settings
    raise ValueError(
        f"no released SAM 2 has a trunk {width} wide with {depth} blocks; put the model's config.json beside the file"
    )


def _from_meta(state: Mapping[str, Tensor], shapes: Mapping[str, torch.Size]) -> dict[str, Tensor]:
    named, used = {}, set()
    for key in shapes:
        theirs = meta_keys(key)
        if all(each in state for each in theirs):
            whole = torch.cat([state[each] for each in theirs]) if len(theirs) > 1 else state[theirs[0]]
            named[key] = whole if (rows := meta_rows(key)) is None else whole.chunk(rows.of)[rows.part]
            used.update(theirs)
    return named | {key: tensor for key, tensor in state.items() if key not in used}


def _with_shared_code(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The point code is one tensor under two names; a file may hold either."""
    named = dict(state)
    for ours, other in (_SHARED_CODE, _SHARED_CODE[::-1]):
        if ours not in named and other in named:
            named[ours] = named[other]
    return named


def _check(state: Mapping[str, Tensor], shapes: Mapping[str, torch.Size]) -> None:
    problems = {
        "missing": [key for key in shapes if key not in state],
        "unexpected": [key for key in state if key not in shapes],
        "misshapen": [
            f"{key} {tuple(state[key].shape)} instead of {tuple(shape)}"
            for key, shape in shapes.items()
            if key in state and state[key].shape != shape
        ],
    }
    found = [f"{len(keys)} {what}: {', '.join(keys[:_SHOWN])}" for what, keys in problems.items() if keys]
    if found:
        raise ValueError(f"the weights do not fit the model ({'; '.join(found)})")
