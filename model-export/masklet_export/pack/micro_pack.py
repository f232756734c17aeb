"""The micro pack: the nano model's own code at the smallest sizes, random weights, for tests of a whole runtime.

A software GPU is a hundred times slower than the CPU; a tracked frame of this pack costs it seconds, not minutes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save
from torch import nn

from masklet_export.model.nano import NanoModel
from masklet_export.model.nano_config import NanoConfig
from masklet_export.pack.example_inputs import example_inputs
from masklet_export.pack.manifest import GRAPH_NAMES, PackManifest
from masklet_export.pack.torch_reference import run_reference
from masklet_export.pack.write_pack import load_card, write_pack

MICRO_CONFIG = NanoConfig(
    image_size=64,
    stem_channels=8,
    trunk_channels=(8, 16, 16, 32),
    trunk_blocks=(1, 1, 1, 1),
    attention_blocks=1,
    attention_heads=2,
    attention_grid=4,
    has_neck_fusion=False,
    memory_attention_layers=1,
    memory_attention_mlp=64,
    decoder_mlp=64,
    iou_head_size=32,
    memory_fuser_layers=1,
    memory_fuser_mlp=64,
)
_SEED = 20
_LOGIT_DEVIATION = 4.0


def write_micro_pack(folder: Path) -> PackManifest:
    """Write the pack and, under `golden/`, each graph's inputs (`in.*`) and PyTorch outputs (`out.*`)."""
    model = build_micro_model()
    card, tracker = load_card("micro")
    manifest = write_pack(folder, model, card, tracker)
    golden = folder / "golden"
    golden.mkdir(exist_ok=True)
    inputs = example_inputs(model)
    for name in GRAPH_NAMES:
        outputs = run_reference(model, name, inputs[name])
        tensors = {f"in.{key}": value for key, value in inputs[name].items()}
        tensors |= {f"out.{key}": value for key, value in outputs.items()}
        # safetensors writes a strided view's buffer, not its elements.
        tensors = {key: np.ascontiguousarray(value) for key, value in tensors.items()}
        (golden / f"{name}.safetensors").write_bytes(save(tensors))
    return manifest


@torch.no_grad()
def build_micro_model() -> NanoModel:
    """Random weights from a fixed seed, exact in float16, arranged so that masks have both signs and no table is 0."""
    generator = torch.Generator().manual_seed(_SEED)
    model = NanoModel(MICRO_CONFIG).eval()
    for name, parameter in model.named_parameters():
        fan_in = parameter[0].numel() if parameter.ndim > 1 else 1
        deviation = fan_in**-0.5 if parameter.ndim > 1 else 0.1
        values = torch.randn(parameter.shape, generator=generator) * deviation
        is_scale = name.endswith(".weight") and "norm" in name
        parameter.copy_(values + 1 if is_scale else values)
    for name, table in model.named_parameters():
        if name.split(".")[0] in ("no_memory_embedding", "temporal_positions", "no_object_pointer"):
            table.copy_(torch.randn(table.shape, generator=generator) * 0.5)
    model.occlusion_embedding.copy_(torch.randn(1, 64, generator=generator) * 0.5)
    code = model.prompt_encoder.shared_embedding.positional_embedding
    code.copy_(torch.randn(code.shape, generator=generator))
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.copy_(torch.randn(module.running_mean.shape, generator=generator) * 0.1)
            module.running_var.copy_(torch.rand(module.running_var.shape, generator=generator) + 0.5)
    _tie_weights(model)
    _calibrate(model)
    for tensor in model.state_dict(keep_vars=True).values():
        if tensor.is_floating_point():
            tensor.copy_(tensor.half().float())
    return model.requires_grad_(False)


def _tie_weights(model: NanoModel) -> None:
    """Let layers share their matrices: a shared one is stored once, and half a megabyte less lies in the repository."""
    decoder, transformer = model.mask_decoder, model.mask_decoder.transformer
    first, second = transformer.layers
    _share(first.cross_attn_token_to_image, first.cross_attn_image_to_token)
    _share(first.cross_attn_token_to_image, transformer.final_attn_token_to_image)
    _share(first, second)
    heads = list(decoder.output_hypernetworks_mlps)
    for other in (*heads[1:], decoder.pred_obj_score_head, model.object_pointer_projection):
        _share(heads[0].proj_in, other.proj_in)
        _share(heads[0].layers, other.layers)
    for layer in model.memory_attention.layers:
        layer.cross_attn_image.q_proj.weight = layer.self_attn.q_proj.weight
        layer.cross_attn_image.o_proj.weight = layer.self_attn.o_proj.weight


def _share(source: nn.Module, target: nn.Module) -> None:
    """Give every linear layer of `target` the matrix of its namesake in `source`; biases and norms stay its own."""
    for name, module in source.named_modules():
        if isinstance(module, nn.Linear):
            target.get_submodule(name).weight = module.weight


def _calibrate(model: NanoModel) -> None:
    """Scale the mask logits to a usual spread and lift the occlusion score above 0 for an ordinary frame."""
    inputs = example_inputs(model)["mask_decoder"]
    outputs = run_reference(model, "mask_decoder", inputs)
    factor = _LOGIT_DEVIATION / outputs["candidate_logits"].std()
    for head in model.mask_decoder.output_hypernetworks_mlps:
        head.proj_out.weight.mul_(float(factor))
        head.proj_out.bias.mul_(float(factor))
    model.mask_decoder.pred_obj_score_head.proj_out.bias.add_(3.0 - float(outputs["occlusion_score"].mean()))
