"""`manifest.json` of a pack as typed values: reading with checks, writing with a stable layout."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FORMAT = "masklet-pack/1"
MANIFEST_FILE = "manifest.json"
GRAPH_NAMES = ("image_encoder", "memory_attention", "mask_decoder", "memory_encoder")
ARCHITECTURES = ("sam2.1", "sam2.0", "edgetam")
SINGLE_CLICKS = ("token0", "best-of-three")
EDGES = ("model", "picture")
IMAGE_MEAN = (0.485, 0.456, 0.406)
IMAGE_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class TrackerSettings:
    """Constants of the tracker that belong to a model; names of the reference in brackets."""

    num_spatial_memories: int = 7
    """[num_maskmem]"""
    max_conditioning_frames: int = -1
    """[max_cond_frames_in_attn]; −1 means all."""
    memory_stride: int = 1
    """[memory_temporal_stride_for_eval]"""
    max_object_pointers: int = 16
    """[max_obj_ptrs_in_encoder]"""
    multimask_min_points: int = 0
    multimask_max_points: int = 1
    multimask_for_tracking: bool = True
    single_click: str = "best-of-three"
    """What a single click shows: `best-of-three` is the reference's choice, `token0` the single-mask token's."""
    stability_threshold: float = 0.98
    """[dynamic_multimask_stability_thresh] Below it token 0 gives way to the best of three. Built into the mask
    decoder's graph; stated here for the reader."""
    keep_clicked_component: bool = False
    """Whether pieces of a prompted mask that hold no positive click are dropped (`reference/clean_up.py`)."""
    edges: str = "model"
    """Where the edges of shown masks come from: the `model`'s grid, or the `picture` (`reference/guided_edges.py`)."""


@dataclass(frozen=True)
class GraphFile:
    """One file of a pack."""

    file: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class TrainingSource:
    """One set of data the weights were trained on."""

    name: str
    license: str
    url: str


@dataclass(frozen=True)
class PackCard:
    """What a manifest says beyond what the weights themselves tell."""

    name: str
    title: str
    version: str
    license: str
    provenance: str
    training_data: tuple[TrainingSource, ...] = ()
    quality: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PackManifest:
    """A whole manifest."""

    card: PackCard
    architecture: str
    image_size: int
    hidden_size: int
    memory_channels: int
    tracker: TrackerSettings
    mask_downsample_weight: tuple[float, ...]
    """4x4, row-major."""
    mask_downsample_bias: float
    graphs: Mapping[str, GraphFile]
    memory_tokens: int | None = None
    """Of one spatial memory, where they are not the (S/16)² positions."""
    expectations: GraphFile | None = None
    """What the graphs answer to made-up inputs (`expectations.py`)."""
    image_mean: tuple[float, ...] = IMAGE_MEAN
    image_std: tuple[float, ...] = IMAGE_STD

    def to_json(self) -> str:
        """Text of `manifest.json`, key order as in docs/model-pack.md."""
        content = {
            "format": FORMAT,
            "name": self.card.name,
            "title": self.card.title,
            "version": self.card.version,
            "architecture": self.architecture,
            "imageSize": self.image_size,
            "hiddenSize": self.hidden_size,
            "memoryChannels": self.memory_channels,
            **({"memoryTokens": self.memory_tokens} if self.memory_tokens else {}),
            "imageMean": list(self.image_mean),
            "imageStd": list(self.image_std),
            "tracker": tracker_table(self.tracker),
            "maskDownsample": {"weight": list(self.mask_downsample_weight), "bias": self.mask_downsample_bias},
            "graphs": {name: vars(graph) for name, graph in self.graphs.items()},
            **({"expectations": vars(self.expectations)} if self.expectations else {}),
            "license": self.card.license,
            "provenance": self.card.provenance,
            "trainingData": [vars(source) for source in self.card.training_data],
            "quality": dict(self.card.quality),
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def parse_manifest(text: str) -> PackManifest:
    """Inverse of `to_json`. Raises `ValueError` that names the first field that is missing or wrong."""
    content = json.loads(text)
    if content.get("format") != FORMAT:
        raise ValueError(f"manifest format is {content.get('format')!r}, expected {FORMAT!r}")
    try:
        manifest = PackManifest(
            card=parse_card(content),
            architecture=content["architecture"],
            image_size=content["imageSize"],
            hidden_size=content["hiddenSize"],
            memory_channels=content["memoryChannels"],
            tracker=parse_tracker(content["tracker"]),
            mask_downsample_weight=tuple(content["maskDownsample"]["weight"]),
            mask_downsample_bias=content["maskDownsample"]["bias"],
            graphs={name: GraphFile(**content["graphs"][name]) for name in GRAPH_NAMES},
            memory_tokens=content.get("memoryTokens"),
            expectations=GraphFile(**content["expectations"]) if "expectations" in content else None,
            image_mean=tuple(content["imageMean"]),
            image_std=tuple(content["imageStd"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"manifest is incomplete or has unknown fields: {error}") from error
    _check(manifest)
    return manifest


def parse_card(content: Mapping[str, Any]) -> PackCard:
    """The descriptive part of a manifest, or a card file with the same keys."""
    return PackCard(
        name=content["name"],
        title=content["title"],
        version=content["version"],
        license=content["license"],
        provenance=content["provenance"],
        training_data=tuple(TrainingSource(**source) for source in content.get("trainingData", ())),
        quality=dict(content.get("quality", {})),
    )


def tracker_table(tracker: TrackerSettings) -> dict[str, Any]:
    """The `tracker` object of a manifest; where edges come from is left out where it is the reference's way."""
    values = dict(vars(tracker))
    if tracker.edges == "model":
        del values["edges"]
    return camel_keys(values)


def parse_tracker(content: Mapping[str, Any]) -> TrackerSettings:
    """The `tracker` object of a manifest or a card; what it leaves out has the reference's value."""
    return TrackerSettings(**{_snake(key): value for key, value in content.items()})


def read_manifest(pack: Path) -> PackManifest:
    """Read a pack's manifest. Raises `FileNotFoundError` or `ValueError`."""
    return parse_manifest((pack / MANIFEST_FILE).read_text(encoding="utf-8"))


def _check(manifest: PackManifest) -> None:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", manifest.card.name.replace(".", "-")):
        raise ValueError(f"pack name must be kebab-case, got {manifest.card.name!r}")
    if manifest.architecture not in ARCHITECTURES:
        raise ValueError(f"unknown architecture {manifest.architecture!r}")
    if manifest.tracker.single_click not in SINGLE_CLICKS:
        raise ValueError(f"unknown singleClick {manifest.tracker.single_click!r}")
    if manifest.tracker.edges not in EDGES:
        raise ValueError(f"unknown edges {manifest.tracker.edges!r}")
    if len(manifest.mask_downsample_weight) != 16:
        raise ValueError(f"maskDownsample.weight must have 16 numbers, got {len(manifest.mask_downsample_weight)}")
    for file in (*manifest.graphs.values(), *([manifest.expectations] if manifest.expectations else [])):
        if Path(file.file).name != file.file:
            raise ValueError(f"files must lie in the pack's own folder, got {file.file!r}")


def camel_keys(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same values under the names that JSON files give them."""
    return {_camel(key): value for key, value in values.items()}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
