"""A weightless model's graphs as ONNX Runtime sessions, their weights taken from a PyTorch model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto

from masklet_export.model.hub_model import HubModel
from masklet_export.pack.manifest import GRAPH_NAMES, GraphFile, PackCard, PackManifest, parse_tracker
from masklet_export.pack.write_weightless import FORMAT
from masklet_export.reference.pack_sessions import Arrays, read_graph


class WeightlessSessions:
    """Runs a weightless model's graphs by name.

    Args:
        file: its JSON file; the graphs lie beside it.
        model: of the same size and version, at one of the file's input sizes.
        is_half: take the graphs that compute in float16, where there are such.

    Raises `ValueError` when the file is not for the model.
    """

    def __init__(self, file: Path, model: HubModel, threads: int = 1, *, is_half: bool = False) -> None:
        content = json.loads(file.read_text(encoding="utf-8"))
        self.manifest = _manifest(content, model, is_half=is_half)
        _check_shapes(content, model)
        weights = model.hub_state()
        self._sessions = {}
        for name in GRAPH_NAMES:
            graph = read_graph(file.parent, self.manifest, name)
            options = ort.SessionOptions()
            options.intra_op_num_threads = threads
            options.log_severity_level = 3
            keys = [
                tensor.name
                for tensor in onnx.load_from_string(graph).graph.initializer
                if tensor.data_location == TensorProto.EXTERNAL
            ]
            arrays = [weights[key].contiguous().numpy() for key in keys]
            options.add_external_initializers(keys, [ort.OrtValue.ortvalue_from_numpy(array) for array in arrays])
            self._sessions[name] = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def run(self, graph: str, inputs: Arrays) -> dict[str, np.ndarray]:
        """Outputs of one graph by name."""
        session = self._sessions[graph]
        names = [output.name for output in session.get_outputs()]
        return dict(zip(names, session.run(None, dict(inputs)), strict=True))


def _manifest(content: Mapping[str, Any], model: HubModel, *, is_half: bool) -> PackManifest:
    if content.get("format") != FORMAT:
        raise ValueError(f"format is {content.get('format')!r}, expected {FORMAT!r}")
    if content["architecture"] != model.architecture:
        raise ValueError(f"{content['name']} is {content['architecture']}, the weights are {model.architecture}")
    size = content["sizes"].get(str(model.image_size))
    if size is None:
        sizes = ", ".join(size for size in content["sizes"] if int(size) != content["checkSize"])
        raise ValueError(f"{content['name']} has no graphs for {model.image_size} px, only for {sizes}")
    files = size["graphs"] | (size["halfGraphs"] if is_half else {})
    graphs = {name: GraphFile(entry["file"], entry["bytes"], entry["sha256"]) for name, entry in files.items()}
    return PackManifest(
        card=PackCard(*(content[key] for key in ("name", "title", "version", "license", "provenance"))),
        architecture=content["architecture"],
        image_size=model.image_size,
        hidden_size=content["hiddenSize"],
        memory_channels=content["memoryChannels"],
        tracker=parse_tracker(content["tracker"]),
        mask_downsample_weight=tuple(model.mask_downsample.weight.detach().flatten().tolist()),
        mask_downsample_bias=model.mask_downsample.bias.item(),
        graphs=graphs,
    )


def _check_shapes(content: Mapping[str, Any], model: HubModel) -> None:
    for group in content["weights"].values():
        for key, entry in group.items():
            theirs = model.hub_shapes.get(key)
            if theirs != tuple(entry["shape"]):
                raise ValueError(f"{content['name']} wants {key} as {entry['shape']}, the weights have it as {theirs}")
