"""Writes weightless models: graphs whose weights lie in a file of their own, and what a reader must know of that file.

One graph file serves every model that it fits: the sizes differ in their image encoders only, the versions in memory
attention and memory encoder. Files are compressed (zlib, RFC 1950). See docs/model-pack.md "Weightless models".
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import prod
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto

from masklet_export.checkpoints.meta_keys import meta_keys, meta_rows
from masklet_export.graphs import image_encoder, memory_attention
from masklet_export.graphs.build_graphs import BUILDERS
from masklet_export.graphs.half_precision import in_float16
from masklet_export.model.hub_model import HubModel
from masklet_export.pack.graph_costs import graph_costs
from masklet_export.pack.manifest import IMAGE_MEAN, IMAGE_STD, TrackerSettings, camel_keys, tracker_table

FORMAT = "masklet-weightless/1"
CATALOGUE_FORMAT = "masklet-catalogue/1"
CATALOGUE_FILE = "catalogue.json"
_ALIASES = {"prompt_encoder.shared_embedding.positional_embedding": ["shared_image_embedding.positional_embedding"]}
"""Tensors that a file may hold under another name."""
HALF_GRAPHS = (image_encoder.NAME, memory_attention.NAME)
"""Graphs that are there in float16 too. The others are 2 % of the work or less, and thresholds follow them."""
_CHECK_SIZE = 128
_MASK_PROMPT = ("mask_downsample.weight", "mask_downsample.bias")
"""Read by the tracker, not by a graph."""


@dataclass(frozen=True)
class WeightlessCard:
    """What the weights' shapes do not tell."""

    name: str
    title: str
    license: str
    provenance: str
    repository: str
    """On the model hub; its `model.safetensors` holds the weights."""


def write_weightless(
    folder: Path, model: HubModel, card: WeightlessCard, image_sizes: Sequence[int], check_size: int | None = None
) -> dict[str, Any]:
    """Write the model's graphs for each input size, and `<name>.json`. Returns the model's entry in the catalogue.

    `check_size` is the input size at which a runtime tries the model on a device, 128 or what the model takes above it.
    A graph file that is there already with the same content is shared.
    """
    folder.mkdir(parents=True, exist_ok=True)
    check_size = check_size or max(_CHECK_SIZE, model.size_step)
    sizes, used = {}, {}
    for image_size in dict.fromkeys((check_size, *image_sizes)):
        model.set_image_size(image_size)
        graphs, half_graphs = {}, {}
        for name, build in BUILDERS.items():
            proto = build(model, "external")
            used[name] = _external_keys(proto)
            graphs[name] = _write_graph(folder, proto) | _camel_costs(proto)
            if name in HALF_GRAPHS:
                half = in_float16(proto)
                half_graphs[name] = _write_graph(folder, half) | _camel_costs(half)
        sizes[str(image_size)] = {"graphs": graphs, "halfGraphs": half_graphs}
    weights = {name: {key: _entry(key, model) for key in keys} for name, keys in used.items()}
    weights["mask_prompt"] = {key: _entry(key, model) for key in _MASK_PROMPT}
    content = {
        "format": FORMAT,
        "name": card.name,
        "title": card.title,
        "version": "1.0.0",
        "architecture": model.architecture,
        "hiddenSize": model.hidden_size,
        "memoryChannels": model.memory_channels,
        **({} if model.spatial_perceiver is None else {"memoryTokens": model.memory_tokens}),
        "imageMean": list(IMAGE_MEAN),
        "imageStd": list(IMAGE_STD),
        "tracker": tracker_table(TrackerSettings(num_spatial_memories=model.temporal_positions.shape[0])),
        "license": card.license,
        "provenance": card.provenance,
        "sizes": sizes,
        "checkSize": check_size,
        "weights": weights,
    }
    file = f"{card.name}.json"
    (folder / file).write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")
    return {
        "name": card.name,
        "title": card.title,
        "architecture": model.architecture,
        "trunk": _trunk(model),
        "parameters": sum(prod(entry["shape"]) for group in weights.values() for entry in group.values()),
        "license": card.license,
        "repository": card.repository,
        "manifest": file,
        "imageSizes": list(image_sizes),
        "operations": {
            str(size): sum(graph["operations"] for graph in sizes[str(size)]["graphs"].values()) for size in image_sizes
        },
    }


def write_catalogue(folder: Path, entries: Iterable[Mapping[str, Any]]) -> None:
    """Write the list of all models of a folder."""
    content = {"format": CATALOGUE_FORMAT, "models": list(entries)}
    (folder / CATALOGUE_FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _write_graph(folder: Path, proto: onnx.ModelProto) -> dict[str, Any]:
    content = proto.SerializeToString(deterministic=True)
    digest = hashlib.sha256(content).hexdigest()
    file = f"{proto.graph.name}-{digest[:12]}.onnx.zlib"
    (folder / file).write_bytes(zlib.compress(content, level=9))
    return {"file": file, "bytes": len(content), "sha256": digest}


def _camel_costs(proto: onnx.ModelProto) -> dict[str, int]:
    return camel_keys(asdict(graph_costs(proto)))


def _external_keys(proto: onnx.ModelProto) -> list[str]:
    return [tensor.name for tensor in proto.graph.initializer if tensor.data_location == TensorProto.EXTERNAL]


def _entry(key: str, model: HubModel) -> dict[str, Any]:
    entry = {"shape": list(model.hub_shapes[key]), "meta": meta_keys(key)}
    if rows := meta_rows(key):
        entry["metaPart"] = rows._asdict()
    return entry | ({"aliases": _ALIASES[key]} if key in _ALIASES else {})


def _trunk(model: HubModel) -> dict[str, int]:
    """Width at stride 4, and how many blocks."""
    backbone = model.vision_encoder.backbone
    if model.spatial_perceiver is None:
        return {"width": backbone.pos_embed.shape[1], "depth": len(backbone.blocks)}
    network = backbone.timm_model
    return {
        "width": network.stem.conv2.c.out_channels,
        "depth": sum(len(stage.blocks) for stage in network.stages),
    }
