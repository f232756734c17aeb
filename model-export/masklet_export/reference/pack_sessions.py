"""The four graphs of a pack as ONNX Runtime sessions, checked before they run."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime as ort

from masklet_export.pack.manifest import GRAPH_NAMES, PackManifest, read_manifest

Arrays = Mapping[str, np.ndarray]


class PackSessions:
    """Runs a pack's graphs by name.

    Args:
        manifest: of the pack.
        graphs: graph name → the bytes of its file.
        threads: of each session; one gives the same bits on every machine.
    """

    def __init__(self, manifest: PackManifest, graphs: Mapping[str, bytes], threads: int = 1) -> None:
        self.manifest = manifest
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._sessions = {
            name: ort.InferenceSession(graphs[name], options, providers=["CPUExecutionProvider"])
            for name in GRAPH_NAMES
        }
        self._outputs = {
            name: [output.name for output in session.get_outputs()] for name, session in self._sessions.items()
        }

    @classmethod
    def open(cls, pack: Path, threads: int = 1) -> PackSessions:
        """Read a pack's folder. Raises `ValueError` when a file's size or sha256 is not the manifest's."""
        manifest = read_manifest(pack)
        return cls(manifest, {name: read_graph(pack, manifest, name) for name in GRAPH_NAMES}, threads)

    def run(self, graph: str, inputs: Arrays) -> dict[str, np.ndarray]:
        """Outputs of one graph by name."""
        values = self._sessions[graph].run(None, dict(inputs))
        return dict(zip(self._outputs[graph], values, strict=True))


def read_graph(pack: Path, manifest: PackManifest, name: str) -> bytes:
    """Bytes of one graph file, checked against the manifest."""
    graph = manifest.graphs[name]
    content = (pack / graph.file).read_bytes()
    if graph.file.endswith(".zlib"):
        content = zlib.decompress(content)
    if len(content) != graph.bytes:
        raise ValueError(f"{graph.file} has {len(content)} bytes, the manifest says {graph.bytes}")
    if hashlib.sha256(content).hexdigest() != graph.sha256:
        raise ValueError(f"{graph.file} is not the file the manifest describes (sha256 differs)")
    return content
