"""The way back from a shipped pack to trainable weights.

A pack's graphs keep every weight under its state-dict name (float16); only the batch norms are folded, into a scale
and a bias per channel. Those two are enough to answer alike; a norm's four tensors are found again by looking at
what its convolution puts out on training pictures (`restore_norm_statistics`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from torch import Tensor, nn

from masklet_export.model.conv_trunk import ConvNorm
from masklet_export.model.nano import NanoModel
from masklet_export.pack.manifest import GRAPH_NAMES, PackManifest, read_manifest

_POSITIONS = "trunk.attention_positions"


def nano_state_from_pack(pack: Path, model: NanoModel) -> dict[str, Tensor]:
    """All tensors of the model that the pack holds, float32; norms with mean 0 and variance 1 (see above).

    Raises `ValueError` when the folded norms cannot be found in the encoder.
    """
    manifest = read_manifest(pack)
    state: dict[str, Tensor] = {}
    for name in GRAPH_NAMES:
        graph = onnx.load(pack / manifest.graphs[name].file).graph
        state |= _named_weights(graph, set(model.state_dict()))
        if name == "image_encoder":
            state |= _folded_norms(graph, model)
            if _POSITIONS not in state and hasattr(model.trunk, "attention_positions"):
                state[_POSITIONS] = _resampled_positions(graph, model, manifest.image_size)
    return state | _mask_downsample(manifest)


@torch.no_grad()
def restore_norm_statistics(model: NanoModel, images_n3ss: Tensor) -> None:
    """Give folded norms the statistics of their inputs, in place; the model's answers (eval mode) do not change.

    Args:
        images_n3ss: normalised pictures, as the model's input.
    """
    statistics: dict[ConvNorm, tuple[Tensor, Tensor]] = {}

    def watch(layer: ConvNorm) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def record(_: nn.Module, __: tuple[Tensor, ...], output: Tensor) -> None:
            values = output.float().transpose(0, 1).flatten(1)
            statistics[layer] = (values.mean(1), values.var(1, unbiased=False))

        return record

    layers = [module for module in model.modules() if isinstance(module, ConvNorm)]
    hooks = [layer.conv.register_forward_hook(watch(layer)) for layer in layers]
    was_training = model.training
    model.eval()
    try:
        model.encode_image(images_n3ss)
    finally:
        model.train(was_training)
        for hook in hooks:
            hook.remove()
    for layer, (mean, variance) in statistics.items():
        norm = layer.norm
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        shift = norm.bias - norm.running_mean * scale
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_(scale * (variance + norm.eps).sqrt())
        norm.bias.copy_(shift + mean * scale)


def _named_weights(graph: onnx.GraphProto, names: set[str]) -> dict[str, Tensor]:
    return {entry.name: _tensor(entry) for entry in graph.initializer if entry.name in names}


def _folded_norms(graph: onnx.GraphProto, model: NanoModel) -> dict[str, Tensor]:
    """Follow each convolution's weight: weight → (Cast) → Mul by the scale → Conv with the bias."""
    constants = {entry.name: entry for entry in graph.initializer}
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    state: dict[str, Tensor] = {}
    for path, module in model.named_modules():
        if not isinstance(module, ConvNorm):
            continue
        value = f"{path}.conv.weight"
        node = _only_user(users, value)
        if node.op_type == "Cast":
            value = node.output[0]
            node = _only_user(users, value)
        if node.op_type != "Mul":
            raise ValueError(f"{path}: expected a scaled weight, found {node.op_type}")
        (scale,) = (name for name in node.input if name != value)
        convolution = _only_user(users, node.output[0])
        state[f"{path}.norm.weight"] = _tensor(constants[scale]).flatten() * (1 + module.norm.eps) ** 0.5
        state[f"{path}.norm.bias"] = _tensor(constants[convolution.input[2]]).flatten()
        state[f"{path}.norm.running_mean"] = torch.zeros_like(module.norm.running_mean)
        state[f"{path}.norm.running_var"] = torch.ones_like(module.norm.running_var)
        state[f"{path}.norm.num_batches_tracked"] = torch.zeros_like(module.norm.num_batches_tracked)
    return state


def _only_user(users: dict[str, list[onnx.NodeProto]], value: str) -> onnx.NodeProto:
    found = users.get(value, [])
    if len(found) != 1:
        raise ValueError(f"{value} is used {len(found)} times in the image encoder, expected once")
    return found[0]


def _resampled_positions(graph: onnx.GraphProto, model: NanoModel, image_size: int) -> Tensor:
    """Packs of another size than the table's own hold it resampled; resample it back (nearly the same table)."""
    channels, grid = model.trunk.attention_positions.shape[1], model.trunk.attention_positions.shape[-1]
    shape = [1, channels, image_size // 32, image_size // 32]
    tables = [entry for entry in graph.initializer if list(entry.dims) == shape]
    if len(tables) != 1:
        raise ValueError(f"the pack holds {len(tables)} position tables of shape {shape}, expected one")
    return F.interpolate(_tensor(tables[0]), size=(grid, grid), mode="bilinear", align_corners=False)


def _mask_downsample(manifest: PackManifest) -> dict[str, Tensor]:
    return {
        "mask_downsample.weight": torch.tensor(manifest.mask_downsample_weight).view(1, 1, 4, 4),
        "mask_downsample.bias": torch.tensor([manifest.mask_downsample_bias]),
    }


def _tensor(entry: onnx.TensorProto) -> Tensor:
    return torch.from_numpy(np.array(numpy_helper.to_array(entry), dtype=np.float32))
