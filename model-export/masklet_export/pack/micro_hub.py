"""Weightless models at the smallest sizes with random weights beside them: the real code, for tests of a runtime."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save
from safetensors.torch import save_file
from transformers import EdgeTamVideoConfig, Sam2VideoConfig

from masklet_export.model.edgetam_configuration import RepVitConfig, edgetam_configuration
from masklet_export.model.hub_model import HubModel
from masklet_export.pack.example_inputs import example_inputs
from masklet_export.pack.random_hub_model import random_hub_model
from masklet_export.pack.torch_reference import run_reference
from masklet_export.pack.write_weightless import WeightlessCard, write_catalogue, write_weightless

MICRO_SIZES = (64, 96)
_CHECK_SIZE = 32
_HIDDEN = 128
_CARD = WeightlessCard(
    name="micro-hub",
    title="Micro SAM 2.1",
    license="CC0-1.0",
    provenance="Random numbers from a fixed seed, written by `masklet-export micro`.",
    repository="masklet/micro-hub",
)
EDGETAM_SIZES = (64, 128)
_EDGETAM_CARD = replace(_CARD, name="micro-edgetam", title="Micro EdgeTAM", repository="masklet/micro-edgetam")
_EDGETAM_WINDOWS = 4


def micro_hub_configuration(architecture: str = "sam2.1") -> Sam2VideoConfig:
    """SAM 2 with a hidden size of 128 and one or two of everything; global and windowed blocks, 0.9 M parameters."""
    size, grid = MICRO_SIZES[0], MICRO_SIZES[0] // 16
    is_21 = architecture == "sam2.1"
    return Sam2VideoConfig(
        image_size=size,
        vision_config={
            "fpn_hidden_size": _HIDDEN,
            "backbone_channel_list": [64, 32, 16, 8],
            "backbone_feature_sizes": [[4 * grid] * 2, [2 * grid] * 2, [grid] * 2],
            "backbone_config": {
                "model_type": "sam2_hiera_det_model",
                "image_size": [size, size],
                "hidden_size": 8,
                "embed_dim_per_stage": [8, 16, 32, 64],
                "num_attention_heads_per_stage": [1, 1, 2, 4],
                "blocks_per_stage": [1, 1, 2, 1],
                "global_attention_blocks": [3],
            },
        },
        prompt_encoder_config={"hidden_size": _HIDDEN, "image_size": size},
        mask_decoder_config={
            "hidden_size": _HIDDEN,
            "mlp_dim": 64,
            "iou_head_hidden_dim": 32,
        },
        memory_attention_hidden_size=_HIDDEN,
        memory_attention_num_layers=1,
        memory_attention_feed_forward_hidden_size=64,
        memory_attention_rope_feat_sizes=[grid, grid],
        memory_encoder_hidden_size=_HIDDEN,
        mask_downsampler_embed_dim=_HIDDEN,
        memory_fuser_embed_dim=_HIDDEN,
        memory_fuser_intermediate_dim=64,
        memory_fuser_num_layers=1,
        enable_occlusion_spatial_embedding=is_21,
        enable_temporal_pos_encoding_for_object_pointers=is_21,
    )


def micro_hub_model(architecture: str = "sam2.1") -> HubModel:
    return random_hub_model(micro_hub_configuration(architecture))


def micro_edgetam_configuration() -> EdgeTamVideoConfig:
    """EdgeTAM likewise: a block or two at every stride, 8 global latents and 4x4 windows, 0.6 M parameters."""
    size, grid = EDGETAM_SIZES[0], EDGETAM_SIZES[0] // 16
    return edgetam_configuration(
        RepVitConfig(widths=(8, 16, 32, 64), depths=(1, 1, 2, 1)),
        image_size=size,
        vision_config={
            "fpn_hidden_size": _HIDDEN,
            "backbone_feature_sizes": [[4 * grid] * 2, [2 * grid] * 2, [grid] * 2],
        },
        prompt_encoder_config={"hidden_size": _HIDDEN, "image_size": size},
        mask_decoder_config={"hidden_size": _HIDDEN, "mlp_dim": 64, "iou_head_hidden_dim": 32},
        memory_attention_hidden_size=_HIDDEN,
        memory_attention_mlp_hidden_size=64,
        memory_attention_rope_feat_sizes=[grid, grid],
        memory_attention_rope_k_sizes=[_EDGETAM_WINDOWS] * 2,
        memory_encoder_hidden_size=_HIDDEN,
        mask_downsampler_embed_dim=_HIDDEN,
        memory_fuser_embed_dim=_HIDDEN,
        memory_fuser_intermediate_dim=64,
        memory_fuser_num_layers=1,
        perceiver_resampler_num_latents=8,
        perceiver_resampler_num_latents_2d=_EDGETAM_WINDOWS**2,
    )


def micro_edgetam_model() -> HubModel:
    return random_hub_model(micro_edgetam_configuration())


def write_micro_hub(folder: Path) -> None:
    """Write the catalogue, the graphs, `model.safetensors` (float16) and PyTorch's answers at the smaller size."""
    _write(folder, micro_hub_model(), _CARD, MICRO_SIZES, _CHECK_SIZE)


def write_micro_edgetam(folder: Path) -> None:
    """Write EdgeTAM's likewise."""
    _write(folder, micro_edgetam_model(), _EDGETAM_CARD, EDGETAM_SIZES, EDGETAM_SIZES[0])


def _write(folder: Path, model: HubModel, card: WeightlessCard, sizes: Sequence[int], check_size: int) -> None:
    write_catalogue(folder, [write_weightless(folder, model, card, sizes, check_size)])
    state = {key: tensor.to(torch.float16).contiguous() for key, tensor in model.hub_state().items()}
    save_file(state, folder / "model.safetensors")
    model.set_image_size(sizes[0])
    golden = folder / "golden"
    golden.mkdir(exist_ok=True)
    for name, inputs in example_inputs(model).items():
        outputs = run_reference(model, name, inputs)
        tensors = {f"in.{key}": value for key, value in inputs.items()}
        tensors |= {f"out.{key}": value for key, value in outputs.items()}
        # safetensors writes a strided view's buffer, not its elements.
        contiguous = {key: np.ascontiguousarray(value) for key, value in tensors.items()}
        (golden / f"{name}.safetensors").write_bytes(save(contiguous))


class _Attack:
    """Unpickled as pickles usually are, it would make a file."""

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path("attacked"),)


def write_checkpoints(folder: Path) -> None:
    """Write small `.pt` files for tests of a reader: what `torch.save` makes of every kind of tensor, and bad ones."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = torch.arange(12, dtype=torch.float32).reshape(3, 4) / 4 - 1
    shared = torch.arange(10, dtype=torch.float32)
    state = OrderedDict(
        float32=numbers,
        float16=numbers.half(),
        bfloat16=numbers.bfloat16(),
        float64=numbers.double(),
        parameter=torch.nn.Parameter(numbers[0].clone()),
        first_part=shared[:4],
        second_part=shared[4:].reshape(2, 3),
        steps=torch.tensor(7),
    )
    torch.save({"model": state, "epoch": 3, "rate": 0.5, "names": ["a", "b"], "done": True}, folder / "every-kind.pt")
    torch.save(OrderedDict(weight=numbers), folder / "bare.pt")
    torch.save({"model": {"weight": numbers.T}}, folder / "transposed.pt")
    torch.save({"model": {"weight": numbers, "more": _Attack()}}, folder / "attack.pt")
