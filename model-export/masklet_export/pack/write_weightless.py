"""Writes weightless models: graphs whose weights lie in a file of their own, and what a reader must know of that file.

One graph file serves every model that it fits: the sizes differ in their image encoders only, the versions in memory
attention and memory encoder. See docs/model-pack.md "Weightless models".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import prod
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto

from masklet_export.checkpoints.meta_keys import meta_keys, meta_rows
from masklet_export.graphs.build_graphs import BUILDERS
from masklet_export.model.hub_model import HubModel
from masklet_export.pack.graph_costs import graph_costs
from masklet_export.pack.manifest import IMAGE_MEAN, IMAGE_STD, TrackerSettings, camel_keys

FORMAT = "masklet-weightless/1"
CATALOGUE_FORMAT = "masklet-catalogue/1"
CATALOGUE_FILE = "catalogue.json"
_ALIASES = {"prompt_encoder.shared_embedding.positional_embedding": ["shared_image_embedding.positional_embedding"]}
"""Tensors that a file may hold under another name."""
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


def write_weightless(folder: Path, model: HubModel, card: WeightlessCard, image_sizes: Sequence[int]) -> dict[str, Any]:
    """Write the model's graphs for each input size, and `<name>.json`. Returns the model's entry in the catalogue.

    A graph file that is there already with the same content is shared.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sizes, used = {}, {}
    for image_size in image_sizes:
        model.set_image_size(image_size)
        graphs = {}
        for name, build in BUILDERS.items():
            proto = build(model, "external")
            used[name] = _external_keys(proto)
            graphs[name] = _write_graph(folder, proto) | _camel_costs(proto)
        sizes[str(image_size)] = {"graphs": graphs}
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
        "imageMean": list(IMAGE_MEAN),
        "imageStd": list(IMAGE_STD),
        "tracker": camel_keys(vars(TrackerSettings(num_spatial_memories=model.temporal_positions.shape[0]))),
        "license": card.license,
        "provenance": card.provenance,
        "sizes": sizes,
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
            size: sum(graph["operations"] for graph in entry["graphs"].values()) for size, entry in sizes.items()
        },
    }


def write_catalogue(folder: Path, entries: Iterable[Mapping[str, Any]]) -> None:
    """Write the list of all models of a folder."""
    content = {"format": CATALOGUE_FORMAT, "models": list(entries)}
    (folder / CATALOGUE_FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _write_graph(folder: Path, proto: onnx.ModelProto) -> dict[str, Any]:
    content = proto.SerializeToString(deterministic=True)
    digest = hashlib.sha256(content).hexdigest()
    file = f"{proto.graph.name}-{digest[:12]}.onnx"
    (folder / file).write_bytes(content)
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
