"""Random weights of the real shapes, for tests: official weights are not needed to prove that graphs equal PyTorch."""

from __future__ import annotations

import torch

from masklet_export.model.hub_model import HubConfig, HubModel, build_hub_module

_TABLES = ("pos_embed", "positional", "no_memory", "no_object", "occlusion", "embed.weight", "token", "latents_")

_RESIDUAL_NORMS = ("token_mixer.conv", "channel_mixer.conv2.bn", "ffn.conv2.bn")
"""Of RepViT; at 1 its activations would grow without end."""


@torch.no_grad()
def random_hub_model(settings: HubConfig, seed: int = 7) -> HubModel:
    """A model whose every tensor is random, exact in float16, and of a size that keeps activations near 1.

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
    return HubModel(hub).requires_grad_(False)
