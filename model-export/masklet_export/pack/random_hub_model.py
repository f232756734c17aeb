"""Random weights of the real shapes, for tests: official weights are not needed to prove that graphs equal PyTorch."""

from __future__ import annotations

import torch
from transformers import Sam2VideoConfig, Sam2VideoModel

from masklet_export.model.hub_model import HubModel

_TABLES = ("pos_embed", "positional", "no_memory", "no_object", "occlusion", "embed.weight", "token")


@torch.no_grad()
def random_hub_model(settings: Sam2VideoConfig, seed: int = 7) -> HubModel:
    """A model whose every tensor is random, exact in float16, and of a size that keeps activations near 1.

    transformers starts position tables, embeddings of absence and layer scales at (almost) zero: left so, a graph
    without them would pass.
    """
    generator = torch.Generator().manual_seed(seed)
    settings._attn_implementation = "eager"
    hub = Sam2VideoModel(settings).eval()
    for name, tensor in hub.named_parameters():
        fan_in = tensor[0].numel() if tensor.ndim > 1 else 1
        deviation = fan_in**-0.5 if tensor.ndim > 1 else 0.1
        if any(part in name for part in _TABLES):
            deviation = 0.5
        values = torch.randn(tensor.shape, generator=generator) * deviation
        is_scale = name.endswith(".weight") and "norm" in name
        values = values + 1 if is_scale else values
        tensor.copy_((values * 0.1 if name.endswith(".scale") else values).half().float())
    code = hub.shared_image_embedding.positional_embedding
    code.copy_(torch.randn(code.shape, generator=generator).half().float())
    hub.prompt_encoder.shared_embedding.positional_embedding.copy_(code)
    return HubModel(hub).requires_grad_(False)
