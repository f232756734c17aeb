"""Times a model's graphs on native ONNX Runtime against the traced ones: same weights, same inputs, run in turn."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort

from masklet_export.graphs.build_graphs import BUILDERS
from masklet_export.model.video_model import VideoModel
from masklet_export.pack.graph_costs import FULL_BANK, graph_costs
from masklet_export.pack.naive_export import naive_export

Arrays = dict[str, np.ndarray]
_COMPARED = {
    "image_encoder": "features_stride16",
    "memory_attention": "conditioned_features",
    "mask_decoder": "occlusion_score",
    "memory_encoder": "spatial_memory",
}
"""Our graphs' counterparts of the traced graphs' first outputs."""


@dataclass(frozen=True)
class GraphTimes:
    graph: str
    operations: int
    session_ms: float
    """To make a session of the graph with float32 weights in it; processor time."""
    ours_ms: float
    naive_ms: float
    """The shortest of all runs, in processor time of the one thread: other work on the machine counts little."""
    difference: float
    """Largest between the two graphs' results, over the largest value there."""

    @property
    def ratio(self) -> float:
        return self.ours_ms / self.naive_ms


def bench_graph(model: VideoModel, graph: str, runs: int) -> GraphTimes:
    """Time one graph for one object with a full memory bank."""
    proto = BUILDERS[graph](model, "float32")
    inputs = full_bank_inputs(model)[graph]
    traced, traced_inputs = naive_export(model, graph, inputs)
    start = time.process_time()
    ours = _session(proto.SerializeToString())
    session_ms = 1000 * (time.process_time() - start)
    naive = _session(traced)
    # A traced graph leaves out what its network does not read.
    wanted = {value.name for value in naive.get_inputs()}
    traced_inputs = {name: value for name, value in traced_inputs.items() if name in wanted}
    result = naive.run(None, traced_inputs)[0]
    difference = _difference(ours.run([_COMPARED[graph]], inputs)[0], result)
    times: dict[str, list[float]] = {"ours": [], "naive": []}
    for _ in range(runs):
        times["ours"].append(_run_ms(ours, inputs))
        times["naive"].append(_run_ms(naive, traced_inputs))
    return GraphTimes(
        graph=graph,
        operations=graph_costs(proto).operations,
        session_ms=session_ms,
        ours_ms=min(times["ours"]),
        naive_ms=min(times["naive"]),
        difference=difference,
    )


def peak_memory_mb(model: VideoModel) -> float:
    """Of a process of its own that opens all four graphs, float32 weights inside, and runs each once; on Linux only."""
    inputs = full_bank_inputs(model)
    with tempfile.TemporaryDirectory() as folder:
        for name, build in BUILDERS.items():
            (Path(folder) / f"{name}.onnx").write_bytes(build(model, "float32").SerializeToString())
            np.savez(Path(folder) / f"{name}.npz", **inputs[name])
        answer = subprocess.run(
            [sys.executable, "-c", _PROBE, folder, *BUILDERS], check=True, capture_output=True, text=True
        )
    return json.loads(answer.stdout)


def full_bank_inputs(model: VideoModel, seed: int = 0) -> dict[str, Arrays]:
    """Random inputs of every graph for one object: 7 memories, 16 pointers, one click."""
    random = np.random.default_rng(seed)

    def noise(*shape: int) -> np.ndarray:
        return random.standard_normal(shape).astype(np.float32)

    size, hidden, grid = model.image_size, model.hidden_size, model.grid
    memories, pointers = FULL_BANK["N"], FULL_BANK["K"]
    features = noise(1, hidden, grid, grid)
    return {
        "image_encoder": {"image": noise(1, 3, size, size)},
        "memory_attention": {
            "features_stride16": features,
            "spatial_memories": noise(1, memories, model.memory_tokens, model.memory_channels),
            "temporal_rows": np.arange(memories, dtype=np.int32)[None],
            "memory_mask": np.ones((1, memories), np.float32),
            "object_pointers": noise(1, pointers, hidden),
            "pointer_times": np.linspace(0, 1, pointers, dtype=np.float32)[None],
            "pointer_mask": np.ones((1, pointers), np.float32),
        },
        "mask_decoder": {
            "conditioned_features": features,
            "features_stride4": noise(1, hidden // 8, 4 * grid, 4 * grid),
            "features_stride8": noise(1, hidden // 4, 2 * grid, 2 * grid),
            "points": np.full((1, 1, 2), size / 3, np.float32),
            "point_labels": np.ones((1, 1), np.int32),
            "mask_input": np.zeros((1, 1, 4 * grid, 4 * grid), np.float32),
            "has_mask_input": np.zeros(1, np.float32),
            "selection": np.array([-1], np.int32),
            "presence": np.ones(1, np.float32),
        },
        "memory_encoder": {
            "features_stride16": features,
            "mask_logits": noise(1, 1, 4 * grid, 4 * grid),
            "occlusion_score": np.ones((1, 1), np.float32),
            "binarize": np.zeros(1, np.float32),
        },
    }


_PROBE = """
import re, sys
from pathlib import Path
import numpy as np, onnxruntime as ort
folder, *names = sys.argv[1:]
options = ort.SessionOptions()
options.intra_op_num_threads, options.log_severity_level = 1, 3
open_ = lambda name: ort.InferenceSession(f"{folder}/{name}.onnx", options, providers=["CPUExecutionProvider"])
sessions = {name: open_(name) for name in names}
for name, session in sessions.items():
    session.run(None, dict(np.load(f"{folder}/{name}.npz")))
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1000)
"""
"""Prints the process's largest size. Not by `getrusage`: that remembers the process it was started from."""


def _session(graph: bytes) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def _run_ms(session: ort.InferenceSession, inputs: Arrays) -> float:
    start = time.process_time()
    session.run(None, inputs)
    return 1000 * (time.process_time() - start)


def _difference(actual: np.ndarray, expected: np.ndarray) -> float:
    return float(np.abs(actual.ravel() - expected.ravel()).max() / np.abs(expected).max())
