"""Reads the feasibility study's checkpoint, `{ema: state dict, cfg: sizes}`, into a `NanoModel`, key by key."""

from __future__ import annotations

import re
from typing import Any

import torch
from torch import Tensor

from masklet_export.model.nano import NanoModel
from masklet_export.model.nano_config import NanoConfig

_CONV_NORM = {"0": "conv", "1": "norm"}
_RESIDUAL = {"a": "first", "b": "second"}
_ATTENTION = {
    "n1": "attention_norm",
    "qkv": "qkv",
    "o": "output",
    "n2": "mlp_norm",
    "m.0": "mlp_in",
    "m.2": "mlp_out",
}
_EXACT = {
    "no_mem": "no_memory_embedding",
    "tpos": "temporal_positions",
    "no_ptr": "no_object_pointer",
    "occ": "occlusion_embedding",
    "auxs": "prototype_heads.logit_scales",
    "trunk.pos": "trunk.attention_positions",
}
_PREFIXES = {
    "lat2.": "neck.lateral_stride16.",
    "lat3.": "neck.lateral_stride32.",
    "conv_s0.": "neck.conv_stride4.",
    "conv_s1.": "neck.conv_stride8.",
    "prompt.": "prompt_encoder.",
    "dec.": "mask_decoder.",
    "matt.": "memory_attention.",
    "menc.": "memory_encoder.",
    "ptr.": "object_pointer_projection.",
    "ptr_t.": "pointer_time_projection.",
    "mdown.": "mask_downsample.",
    "aux.": "prototype_heads.embed_stride16.",
    "aux1.": "prototype_heads.embed_stride8.",
}
_SHARED_CODE = "pe.positional_embedding"


def is_prototype_checkpoint(content: Any) -> bool:
    """Whether a loaded file is one of the feasibility study's."""
    return isinstance(content, dict) and {"ema", "cfg"} <= content.keys()


def nano_from_prototype(content: dict[str, Any], *, with_prototype_heads: bool = False) -> NanoModel:
    """Build the model the checkpoint describes and fill it; strict in both directions.

    Raises `ValueError` for a key without a place, `RuntimeError` (torch) for a missing key or another shape.
    """
    state = map_prototype_state(content["ema"])
    if not with_prototype_heads:
        state = {key: value for key, value in state.items() if not key.startswith("prototype_heads.")}
    model = NanoModel(_config(content["cfg"]), with_prototype_heads=with_prototype_heads)
    model.load_state_dict(state, strict=True)
    return model.eval()


def map_prototype_state(prototype_state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename every tensor (float32 result); the second copy of the point code must equal the first and is dropped."""
    state = {}
    for key, value in prototype_state.items():
        if key == _SHARED_CODE:
            if not torch.equal(value, prototype_state["prompt.shared_embedding.positional_embedding"]):
                raise ValueError("the checkpoint has two different point codes; the model has one")
            continue
        value = value.float() if value.is_floating_point() else value
        state[map_prototype_key(key)] = value.reshape(1, -1) if key == "occ" else value
    return state


def map_prototype_key(key: str) -> str:
    """Our name of one of the prototype's tensors. Raises `ValueError` when there is none."""
    if key in _EXACT:
        return _EXACT[key]
    for prefix, ours in _PREFIXES.items():
        if key.startswith(prefix):
            return ours + key.removeprefix(prefix)
    if match := re.fullmatch(r"trunk\.stem\.(\d)\.([01])\.(\w+)", key):
        return f"trunk.stem.{match[1]}.{_CONV_NORM[match[2]]}.{match[3]}"
    if match := re.fullmatch(r"trunk\.st\.(\d)\.0\.([01])\.(\w+)", key):
        return f"trunk.stages.{match[1]}.downsample.{_CONV_NORM[match[2]]}.{match[3]}"
    if match := re.fullmatch(r"trunk\.st\.(\d)\.(\d+)\.([ab])\.([01])\.(\w+)", key):
        # Index 0 of every stage but the first is the downsampling layer.
        block = int(match[2]) - (0 if match[1] == "0" else 1)
        return f"trunk.stages.{match[1]}.blocks.{block}.{_RESIDUAL[match[3]]}.{_CONV_NORM[match[4]]}.{match[5]}"
    if match := re.fullmatch(r"fuse\.([ab])\.([01])\.(\w+)", key):
        return f"neck.fuse.{_RESIDUAL[match[1]]}.{_CONV_NORM[match[2]]}.{match[3]}"
    if match := re.fullmatch(r"trunk\.att\.(\d+)\.(n1|qkv|o|n2|m\.0|m\.2)\.(\w+)", key):
        return f"trunk.attention_blocks.{match[1]}.{_ATTENTION[match[2]]}.{match[3]}"
    raise ValueError(f"no place for the prototype's tensor {key!r}")


def _config(sizes: dict[str, Any]) -> NanoConfig:
    hidden = sizes["D"]
    return NanoConfig(
        image_size=sizes["S"],
        hidden_size=hidden,
        memory_channels=sizes["MD"],
        stem_channels=sizes["stem"],
        trunk_channels=tuple(sizes["ch"]),
        trunk_blocks=tuple(sizes["n"]),
        attention_blocks=sizes["natt"],
        memory_attention_layers=sizes["L"],
        memory_attention_mlp=4 * hidden,
        decoder_mlp=4 * hidden,
        iou_head_size=hidden,
        memory_fuser_mlp=4 * hidden,
    )
