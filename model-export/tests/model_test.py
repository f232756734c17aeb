"""The PyTorch model: equal to the prototype it replaces, strict about its weights, trainable everywhere."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch import Tensor
from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoPositionEmbeddingSine, get_1d_sine_pe

from masklet_export.checkpoints.load_model import load_model
from masklet_export.checkpoints.nano_checkpoint import load_nano_checkpoint, save_nano_checkpoint
from masklet_export.checkpoints.prototype_checkpoint import map_prototype_key, nano_from_prototype
from masklet_export.model.nano import NanoModel, initialise_locality
from masklet_export.model.nano_config import NanoConfig
from masklet_export.model.positions import sine_positions_1d, sine_positions_2d
from masklet_export.pack.micro_pack import MICRO_CONFIG

RECORDED = Path(__file__).parent / "data" / "prototype_outputs.safetensors"
ROUNDING = 1e-4
"""Of an output's spread. In float32 another order of sums moves what this model returns by up to 1.1e-5 of its spread
from what float64 gives (most in the memory encoder, whose input is a sigmoid times 20), on whatever processor; a rule
that differs moves it by more than a hundredth."""


def seeded(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers that depend on nothing but a name: what was recorded is repeated without storing its weights."""
    return np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape)


def prototype_state(tensors: dict[str, tuple[list[int], str]]) -> dict[str, Tensor]:
    """The weights the recording was made with, by the prototype's names."""
    state = {}
    for key, (shape, kind) in tensors.items():
        if kind == "int64":
            state[key] = torch.zeros(shape, dtype=torch.int64)
            continue
        source = "pe.positional_embedding" if key == "prompt.shared_embedding.positional_embedding" else key
        values = seeded(source, tuple(shape))
        if len(shape) > 1:
            values = values * np.prod(shape[1:]) ** -0.5
        elif key.endswith(("weight", "running_var", "scale")):
            values = 1 + 0.1 * values
        else:
            values = 0.1 * values
        if key.endswith("running_var"):
            values = np.abs(values)
        state[key] = torch.from_numpy(values.astype(np.float32))
    return state


def inputs(name: str, *shape: int) -> Tensor:
    return torch.from_numpy(seeded(name, shape).astype(np.float32))


@pytest.fixture(scope="module")
def recording() -> tuple[dict[str, Tensor], dict, dict]:
    with safe_open(RECORDED, framework="pt") as file:
        header = file.metadata()
        outputs = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (safe_open is no mapping)
    return outputs, json.loads(header["cfg"]), json.loads(header["tensors"])


@pytest.mark.parametrize("size", [64, 96])
@torch.no_grad()
def test_equals_the_prototype_at_two_sizes(recording, size: int) -> None:
    outputs, sizes, tensors = recording
    model = nano_from_prototype({"ema": prototype_state(tensors), "cfg": sizes}).set_image_size(size)
    side = size // 4

    features = model.encode_image(inputs(f"image{size}", 1, 3, size, size))
    points = (inputs(f"points{size}", 1, 2, 2) * 0.2 + 0.5) * size
    mask_input = inputs(f"mask{size}", 1, 1, side, side) * 4
    prompted = model.decode_masks(
        model.without_memory(features.stride16),
        features.stride4,
        features.stride8,
        points,
        torch.tensor([[1, 0]]),
        mask_input,
    )
    unprompted = model.decode_masks(features.stride16, features.stride4, features.stride8)
    present, absent = torch.ones(1), torch.zeros(1)
    pointer = model.make_pointer(prompted.mask_tokens[:, 2], present)
    binarized = model.encode_memory(features.stride16, prompted.mask_logits[:, :1], present, binarize=True)
    without_object = model.encode_memory(features.stride16, prompted.mask_logits[:, 1:2], absent)
    conditioned = model.attend_memory(
        features.stride16,
        torch.stack([binarized, without_object], dim=1),
        torch.tensor([[6, 2]]),
        torch.stack([pointer, 0.5 * pointer], dim=1),
        torch.tensor([[3, -1]]) / 15,
    )
    actual = {
        "stride4": features.stride4,
        "stride8": features.stride8,
        "stride16": features.stride16,
        "mask_logits": prompted.mask_logits,
        "predicted_iou": prompted.predicted_iou,
        "mask_tokens": prompted.mask_tokens,
        "occlusion_score": prompted.occlusion_score,
        "mask_logits_no_prompt": unprompted.mask_logits,
        "object_pointer": pointer,
        "no_object_pointer": model.make_pointer(prompted.mask_tokens[:, 2], absent),
        "memory_binarized": binarized,
        "memory_absent": without_object,
        "conditioned": conditioned,
        "mask_downsample": model.mask_downsample(mask_input),
    }
    expected = {key.removeprefix(f"{size}."): value for key, value in outputs.items() if key.startswith(f"{size}.")}
    assert actual.keys() == expected.keys()
    for name, value in expected.items():
        spread = (value.std() if value.numel() > 1 else value.abs().max()).item()
        torch.testing.assert_close(actual[name], value, atol=ROUNDING * spread, rtol=0, msg=f"{name} at {size}")


def test_prototype_keys_are_mapped_one_to_one_and_strictly(recording) -> None:
    _, sizes, tensors = recording
    mapped = [map_prototype_key(key) for key in tensors if key != "pe.positional_embedding"]
    model = NanoModel(nano_from_prototype({"ema": prototype_state(tensors), "cfg": sizes}).config)
    heads = {name for name in mapped if name.startswith("prototype_heads.")}
    assert len(mapped) == len(set(mapped))
    assert set(mapped) - heads == set(model.state_dict())
    with pytest.raises(ValueError, match=r"trunk\.st\.9\.x"):
        map_prototype_key("trunk.st.9.x")

    state = prototype_state(tensors)
    with pytest.raises(RuntimeError, match="memory_attention"):
        nano_from_prototype({"ema": {k: v for k, v in state.items() if "matt" not in k}, "cfg": sizes})
    state["pe.positional_embedding"] = state["pe.positional_embedding"] + 1
    with pytest.raises(ValueError, match="two different point codes"):
        nano_from_prototype({"ema": state, "cfg": sizes})


def test_checkpoints_come_back_as_they_were_saved(tmp_path: Path) -> None:
    model = NanoModel(MICRO_CONFIG, with_prototype_heads=True)
    path = tmp_path / "model.safetensors"
    save_nano_checkpoint(path, model, dtype=torch.float32, notes={"frames": "12"})
    loaded = load_nano_checkpoint(path, with_prototype_heads=True)
    assert loaded.notes == {"frames": "12"}
    assert loaded.model.config == MICRO_CONFIG
    for key, value in model.state_dict().items():
        torch.testing.assert_close(loaded.model.state_dict()[key], value, atol=0, rtol=0)

    plain = load_model(path, image_size=96)
    assert plain.image_size == 96
    assert not any(name.startswith("prototype_heads") for name, _ in plain.named_parameters())

    save_nano_checkpoint(path, model)
    halved = load_nano_checkpoint(path).model.state_dict()
    reference = {key: value for key, value in model.state_dict().items() if not key.startswith("prototype_heads")}
    for key, value in reference.items():
        torch.testing.assert_close(halved[key], value.half().float() if value.is_floating_point() else value)


def test_what_is_no_checkpoint_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no weights"):
        load_model(tmp_path / "nothing.pt")
    with pytest.raises(ValueError, match="no transformers folder"):
        load_model(tmp_path)
    truncated = tmp_path / "truncated.safetensors"
    truncated.write_bytes(b"\x10\x00\x00\x00\x00\x00\x00\x00{")
    with pytest.raises(ValueError, match="cannot be read"):
        load_model(truncated)
    garbage = tmp_path / "garbage.pt"
    garbage.write_bytes(b"not a checkpoint")
    with pytest.raises(ValueError, match="cannot be read"):
        load_model(garbage)
    foreign = tmp_path / "foreign.pt"
    torch.save({"weights": torch.ones(2)}, foreign)
    with pytest.raises(ValueError, match="knows"):
        load_model(foreign)


def test_sizes_that_cannot_work_are_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 32"):
        NanoConfig(image_size=100)
    with pytest.raises(ValueError, match="hidden_size"):
        NanoConfig(hidden_size=64)
    with pytest.raises(ValueError, match="unknown model configuration: depth"):
        NanoConfig.from_dict({"depth": 3})
    assert NanoConfig.from_dict(MICRO_CONFIG.to_dict()) == MICRO_CONFIG


@pytest.mark.parametrize(("channels", "size"), [(64, 16), (128, 6)])
def test_position_codes_are_the_references(channels: int, size: int) -> None:
    reference = Sam2VideoPositionEmbeddingSine(num_position_features=channels // 2, normalize=True)
    table = reference(torch.Size((1, channels, size, size)), "cpu", torch.float32)
    torch.testing.assert_close(sine_positions_2d(channels, size), table[0].flatten(1).T, atol=1e-6, rtol=0)
    times = torch.tensor([-1.0, 0.0, 0.2, 1.0])
    torch.testing.assert_close(sine_positions_1d(times, channels), get_1d_sine_pe(times, channels))


def test_a_frame_with_memory_is_differentiable_in_every_parameter() -> None:
    model = NanoModel(MICRO_CONFIG, with_prototype_heads=True).train()
    initialise_locality(model)
    image = torch.randn(2, 3, 64, 64)
    features = model.encode_image(image)
    mask = model.mask_downsample((torch.randn(2, 1, 64, 64) > 0).float())
    first = model.decode_masks(
        model.without_memory(features.stride16),
        features.stride4,
        features.stride8,
        torch.rand(2, 3, 2) * 64,
        torch.tensor([[1, 0, -1], [2, 3, 1]]),
        mask,
    )
    half_present = torch.tensor([1.0, 0.5])
    memory = model.encode_memory(features.stride16, first.mask_logits[:, :1], half_present)
    pointer = model.make_pointer(first.mask_tokens[:, 0], half_present)
    rows = torch.arange(7)[None].expand(2, -1)
    conditioned = model.attend_memory(
        features.stride16, memory[:, None].expand(-1, 7, -1, -1), rows, pointer[:, None], torch.ones(2, 1)
    )
    second = model.decode_masks(conditioned, features.stride4, features.stride8)
    embeddings = model.prototype_heads(features.stride16, features.stride8)
    loss = sum(
        (value.float() ** 2).sum()
        for decoded in (first, second)
        for value in (decoded.mask_logits, decoded.predicted_iou, decoded.occlusion_score)
    )
    (loss + sum(each[:, 0].sum() for each in embeddings) + model.prototype_heads.logit_scales.sum()).backward()
    untouched = [name for name, parameter in model.named_parameters() if parameter.grad is None]
    assert untouched == []
