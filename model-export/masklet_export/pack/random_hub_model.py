"""Random weights of the real shapes, for tests: official weights are not needed to prove that graphs equal PyTorch."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from masklet_export.checkpoints.meta_keys import meta_keys, meta_rows
from masklet_export.model.edgetam_configuration import edgetam_configuration
from masklet_export.model.hub_configurations import ARCHITECTURES, HUB_SIZES, hub_configuration, hub_repository
from masklet_export.model.hub_model import HubConfig, HubModel, HubModule, build_hub_module

_TABLES = ("pos_embed", "positional", "no_memory", "no_object", "occlusion", "embed.weight", "token", "latents_")

_RESIDUAL_NORMS = ("token_mixer.conv", "channel_mixer.conv2.bn", "ffn.conv2.bn")
"""Of RepViT; at 1 its activations would grow without end."""


def random_hub_model(settings: HubConfig, seed: int = 7) -> HubModel:
    """`random_hub_module` behind our own steps."""
    return HubModel(random_hub_module(settings, seed)).requires_grad_(False)


@torch.no_grad()
def random_hub_module(settings: HubConfig, seed: int = 7) -> HubModule:
    """transformers' model whose every tensor is random, exact in float16, and of a size that keeps activations near 1.

    transformers starts position tables, embeddings of absence and layer scales at (almost) zero: left so, a graph
    without them would pass.
    """
    generator = torch.Generator().manual_seed(seed)
    hub = build_hub_module(settings)
    for name, tensor in hub.named_parameters():
        fan_in = tensor[0].numel() if tensor.ndim > 1 else 1
        deviation = fan_in**-0.5 if tensor.ndim > 1 else 0.1
        if any(part in name for part in _TABLES):
            deviation = 0.5
        values = torch.randn(tensor.shape, generator=generator) * deviation
        is_scale = name.endswith(".weight") and ("norm" in name or ".bn." in name)
        values = values + 1 if is_scale else values
        if is_scale and any(part in name for part in _RESIDUAL_NORMS):
            values = values * 0.3
        tensor.copy_((values * 0.1 if name.endswith(".scale") else values).half().float())
    for name, tensor in hub.named_buffers():
        if name.endswith(".running_mean"):
            tensor.copy_((torch.randn(tensor.shape, generator=generator) * 0.1).half())
        if name.endswith(".running_var"):
            tensor.copy_((torch.rand(tensor.shape, generator=generator) + 0.5).half())
    code = hub.shared_image_embedding.positional_embedding
    code.copy_(torch.randn(code.shape, generator=generator).half().float())
    hub.prompt_encoder.shared_embedding.positional_embedding.copy_(code)
    return hub


def released_configuration(name: str) -> HubConfig:
    """Configuration of a released model by its name in the catalogue. Raises `ValueError` when there is none."""
    if name == "edgetam":
        return edgetam_configuration()
    for architecture in ARCHITECTURES:
        for size in HUB_SIZES:
            if hub_repository(size, architecture).endswith(f"/{name}"):
                return hub_configuration(size, architecture)
    raise ValueError(f"there is no released model named {name!r}")


@torch.no_grad()
def write_stand_in(path: Path, hub: HubModule) -> None:
    """Write a model's weights as they are published: `.pt` in Meta's layout, else as transformers saves them.

    Objects are made visible, for masks that are not empty.
    """
    hub.mask_decoder.pred_obj_score_head.proj_out.bias.fill_(3.0)
    # The point code is one tensor under two names, which a safetensors file must not share.
    state = {key: tensor.clone() for key, tensor in hub.state_dict().items()}
    if path.suffix == ".pt":
        del state["shared_image_embedding.positional_embedding"]
        torch.save({"model": in_meta_layout(state)}, path)
    else:
        save_file(state, path)


def in_meta_layout(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of transformers' state dict under Meta's names, split and joined as Meta keeps them."""
    renamed: dict[str, Tensor] = {}
    parts: dict[str, dict[int, Tensor]] = {}
    for key, tensor in state.items():
        names = meta_keys(key)
        if (rows := meta_rows(key)) is not None:
            parts.setdefault(names[0], {})[rows.part] = tensor
        else:
            pieces = tensor.split(1) if len(names) > 1 else [tensor]
            renamed |= {name: piece.clone() for name, piece in zip(names, pieces, strict=True)}
    return renamed | {name: torch.cat([own[part] for part in sorted(own)]) for name, own in parts.items()}
