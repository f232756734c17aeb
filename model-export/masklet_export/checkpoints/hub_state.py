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
from masklet_export.checkpoints.state_dict import Layout, unwrap_names
from masklet_export.model.edgetam_configuration import edgetam_configuration
from masklet_export.model.hub_configurations import HUB_SIZES, hub_configuration
from masklet_export.model.hub_model import HubConfig, HubModel, build_hub_module

_TABLE = {"transformers": "vision_encoder.backbone.pos_embed", "meta": "image_encoder.trunk.pos_embed"}
_PATCHES = {
    "transformers": "vision_encoder.backbone.patch_embed.projection.weight",
    "meta": "image_encoder.trunk.patch_embed.proj.weight",
}
_EDGETAM = re.compile(r"^spatial_perceiver\.|^(vision_encoder\.backbone\.timm_model|image_encoder\.trunk\.body)\.")
"""Tensors that only EdgeTAM has."""
_COUNTERS = re.compile(r"\.num_batches_tracked$")
"""Of batch norms; nothing reads them."""
_21_ONLY = (
    "occlusion_spatial_embedding_parameter",
    "no_obj_embed_spatial",
    "temporal_positional_encoding_projection_layer.weight",
    "obj_ptr_tpos_proj.weight",
)
_SHARED_CODE = ("prompt_encoder.shared_embedding.positional_embedding", "shared_image_embedding.positional_embedding")
_BLOCK = re.compile(r"^(?:image_encoder\.trunk|vision_encoder\.backbone)\.blocks\.(\d+)\.")
_SHOWN = 3


def load_hub_state(
    state: Mapping[str, Tensor], image_size: int | None = None, settings: HubConfig | None = None
) -> HubModel:
    """Model for the tensors of a released SAM 2 or EdgeTAM, named as transformers or as Meta names them.

    Args:
        state: float tensors by key, without prefixes (`unwrap_names`).
        image_size: input size S (default: the configuration's own).
        settings: configuration, where the weights are not of a released size.

    Raises `ValueError` when the size is none of the released ones, or a tensor is missing, unexpected or misshapen.
    """
    layout = _layout(state)
    settings = settings or recognise_configuration(state)
    set_config_image_size(settings, image_size or settings.image_size)
    hub = build_hub_module(settings)
    shapes = {key: tensor.shape for key, tensor in hub.state_dict().items() if not _COUNTERS.search(key)}
    state = {key: tensor for key, tensor in state.items() if not _COUNTERS.search(key)}
    named = _from_meta(state, shapes) if layout == "meta" else _with_shared_code(state)
    _check(named, shapes, state, layout)
    # Not strict about the counters alone: `_check` was strict about all else.
    hub.load_state_dict({key: tensor.float() for key, tensor in named.items()}, strict=False)
    return HubModel(hub)


def recognise_configuration(state: Mapping[str, Tensor]) -> HubConfig:
    """The released model by its trunk's width and depth and by the tensors that 2.1 or EdgeTAM added.

    A file that lacks a tensor is recognised by the others, so that the one that it lacks can be named.
    """
    if any(_EDGETAM.match(key) for key in state):
        return edgetam_configuration()
    layout = _layout(state)
    table, patches = state.get(_TABLE[layout]), state.get(_PATCHES[layout])
    if table is None and patches is None:
        raise ValueError(f"the weights are not whole: {_TABLE[layout]} is missing")
    width = patches.shape[0] if table is None else table.shape[1]
    depth = 1 + max((int(match[1]) for key in state if (match := _BLOCK.match(key))), default=-1)
    architecture = "sam2.1" if any(key in state for key in _21_ONLY) else "sam2.0"
    for size in HUB_SIZES:
        settings = hub_configuration(size, architecture)
        backbone = settings.vision_config.backbone_config
        if (backbone.hidden_size, sum(backbone.blocks_per_stage)) == (width, depth):
            return settings
    raise ValueError(
        f"no released SAM 2 has a trunk {width} wide with {depth} blocks; put the model's config.json beside the file"
    )


def _layout(state: Mapping[str, Tensor]) -> Layout:
    layout = unwrap_names(state)[0]
    if layout is None:
        raise ValueError("these are no weights of SAM 2, SAM 2.1 or EdgeTAM")
    return layout


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


def _check(
    named: Mapping[str, Tensor], shapes: Mapping[str, torch.Size], state: Mapping[str, Tensor], layout: Layout
) -> None:
    """Every tensor is called by the name that the file's own layout has for it."""

    def own(key: str) -> list[str]:
        return meta_keys(key) if layout == "meta" else [key]

    missing = [name for key in shapes if key not in named for name in own(key) if name not in state]
    problems = {
        "missing": list(dict.fromkeys(missing)),
        "unexpected": [key for key in named if key not in shapes],
        "misshapen": [
            f"{' + '.join(own(key))} {tuple(named[key].shape)} instead of {tuple(shape)}"
            for key, shape in shapes.items()
            if key in named and named[key].shape != shape
        ],
    }
    found = [f"{len(keys)} {what}: {', '.join(keys[:_SHOWN])}" for what, keys in problems.items() if keys]
    if found:
        raise ValueError(f"the weights do not fit the model ({'; '.join(found)})")
