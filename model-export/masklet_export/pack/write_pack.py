"""Writes a pack: builds the four graphs of a model and the manifest that describes them."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from importlib import resources
from pathlib import Path

from masklet_export.graphs.build_graphs import build_graph_bytes
from masklet_export.graphs.graph_builder import Storage
from masklet_export.model.video_model import VideoModel
from masklet_export.pack.expectations import EXPECTATIONS_FILE, expectations, to_json
from masklet_export.pack.manifest import (
    GRAPH_NAMES,
    MANIFEST_FILE,
    GraphFile,
    PackCard,
    PackManifest,
    TrackerSettings,
    parse_card,
    parse_tracker,
)
from masklet_export.pack.torch_reference import run_reference


def write_pack(
    folder: Path, model: VideoModel, card: PackCard, tracker: TrackerSettings, storage: Storage = "float16"
) -> PackManifest:
    """Write all files of a pack; the manifest last, so that a folder with one is whole.

    The tracker's stability threshold is set on the model: the mask decoder's graph decides by it.

    `tracker.num_spatial_memories` must not exceed the model's temporal rows (`ValueError`).
    """
    model.mask_decoder.dynamic_multimask_stability_thresh = tracker.stability_threshold
    rows = model.temporal_positions.shape[0]
    if tracker.num_spatial_memories > rows:
        raise ValueError(f"the model has {rows} temporal rows, the tracker asks for {tracker.num_spatial_memories}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST_FILE).unlink(missing_ok=True)
    graphs = {}
    for name in GRAPH_NAMES:
        graphs[name] = _write(folder, f"{name}.onnx", build_graph_bytes(model, name, storage))
    answers = expectations(model.image_size, model.hidden_size, model.memory_tokens, partial(run_reference, model))
    downsample = model.mask_downsample
    manifest = PackManifest(
        card=card,
        architecture=model.architecture,
        image_size=model.image_size,
        hidden_size=model.hidden_size,
        memory_channels=model.memory_channels,
        tracker=tracker,
        mask_downsample_weight=tuple(downsample.weight.detach().flatten().tolist()),
        mask_downsample_bias=downsample.bias.item(),
        graphs=graphs,
        memory_tokens=None if model.spatial_perceiver is None else model.memory_tokens,
        expectations=_write(folder, EXPECTATIONS_FILE, to_json(answers).encode()),
    )
    (folder / MANIFEST_FILE).write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def _write(folder: Path, file: str, content: bytes) -> GraphFile:
    (folder / file).write_bytes(content)
    return GraphFile(file=file, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


def load_card(name_or_path: str) -> tuple[PackCard, TrackerSettings]:
    """A card by the name of one that ships with the package, or from a JSON file.

    A card holds a manifest's descriptive keys and, under `tracker`, the choices that are not the reference's.
    Raises `FileNotFoundError`, `ValueError`.
    """
    path = Path(name_or_path)
    if path.suffix == ".json":
        text = path.read_text(encoding="utf-8")
    else:
        card = resources.files("masklet_export.pack").joinpath("cards", f"{name_or_path}.json")
        if not card.is_file():
            raise FileNotFoundError(f"no card named {name_or_path!r} ships with masklet-export")
        text = card.read_text(encoding="utf-8")
    content = json.loads(text)
    try:
        return parse_card(content), parse_tracker(content.get("tracker", {}))
    except (KeyError, TypeError) as error:
        raise ValueError(f"card {name_or_path} is incomplete: {error}") from error
