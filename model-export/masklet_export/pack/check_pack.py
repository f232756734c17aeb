"""Compares a pack with the PyTorch model it was made from: graph by graph, then over a short session.

The session is compared in step: both get the inputs that PyTorch's own session comes to, so that every run is judged by
itself. Left alone, two sessions of untrained weights part from the last bit on (a memory is made of a mask's sign).
Untrained decoders also blow rounding up within one run; so each output is measured against how far PyTorch's own moves
when its inputs move by as much as float32 rounds them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from masklet_export.model.video_model import VideoModel
from masklet_export.pack.example_inputs import example_inputs
from masklet_export.pack.manifest import GRAPH_NAMES, PackManifest
from masklet_export.pack.torch_reference import Arrays, run_reference
from masklet_export.reference.graph_runner import GraphRunner
from masklet_export.reference.pack_sessions import PackSessions
from masklet_export.reference.preprocess_frame import preprocess_frame
from masklet_export.reference.tracker_options import TrackerOptions
from masklet_export.reference.video_segmenter import VideoSegmenter

_VIDEO_SIZE = (160, 120)
_NUM_FRAMES = 8
_SLOTS = 6
_SMALLEST_SCALE = 1e-3
_FEW_VALUES = 16
_ROUNDING = 1e-6
"""A few units in float32's last place: what some layers of rounding amount to."""
_ROUNDING_ALLOWED = 4.0
_SWITCHES = {"has_mask_input", "presence", "memory_mask", "pointer_mask", "binarize"}
"""Inputs that are 0 or 1 and have no last place."""


@dataclass(frozen=True)
class OutputError:
    """How far one output is from PyTorch's."""

    name: str
    max_error: float
    mean_error: float
    scale: float
    """What errors are judged by: standard deviation of PyTorch's values; of a few values, their root mean square."""
    rounding: float
    """Largest change of PyTorch's own values when its inputs move by their rounding; 0 where that was not asked."""

    @property
    def relative(self) -> float:
        """Largest error, in units of the scale, beyond what rounding explains."""
        return max(0.0, self.max_error - _ROUNDING_ALLOWED * self.rounding) / max(self.scale, _SMALLEST_SCALE)


class GraphSource(Protocol):
    """Runs a model's four graphs by name."""

    manifest: PackManifest

    def run(self, graph: str, inputs: Arrays) -> dict[str, np.ndarray]: ...


class TorchSessions:
    """The PyTorch model in the place of a pack's sessions."""

    def __init__(self, model: VideoModel, manifest: PackManifest) -> None:
        self.model = model
        self.manifest = manifest

    def run(self, graph: str, inputs: Arrays) -> dict[str, np.ndarray]:
        return run_reference(self.model, graph, inputs)


class _InStep:
    """Runs the checked source beside PyTorch on the same inputs, notes how they differ, goes on with PyTorch's."""

    def __init__(self, checked: GraphSource, model: VideoModel) -> None:
        self.manifest = checked.manifest
        self._checked = checked
        self._model = model
        self._runs = 0
        self._errors: list[OutputError] = []

    def run(self, graph: str, inputs: Arrays) -> dict[str, np.ndarray]:
        self._runs += 1
        expected, errors = _compare_run(self._checked, self._model, graph, inputs)
        self._errors += [replace(error, name=f"run {self._runs} {error.name}") for error in errors]
        return expected

    def take_errors(self) -> list[OutputError]:
        errors, self._errors = self._errors, []
        return errors


def check_graphs(sessions: GraphSource, model: VideoModel, slots: int = _SLOTS) -> Iterator[OutputError]:
    """Every output of every graph on inputs that reach its branches (`example_inputs`); all of them with 6 slots."""
    inputs = example_inputs(model, slots=slots)
    for graph in GRAPH_NAMES:
        yield from _compare_run(sessions, model, graph, inputs[graph])[1]


def check_session(sessions: GraphSource, model: VideoModel) -> Iterator[OutputError]:
    """Every graph run of PyTorch's session (click, box, track, correct, track on; two objects), on the same inputs."""
    in_step = _InStep(sessions, model)
    for _ in _trajectory(in_step):
        yield from in_step.take_errors()
    yield from in_step.take_errors()


def check_trajectory(sessions: GraphSource, model: VideoModel) -> Iterator[OutputError]:
    """Mask logits of every step of two separate sessions: what rounding adds up to, which depends on the weights."""
    theirs = _trajectory(TorchSessions(model, sessions.manifest))
    for (name, actual), (_, expected) in zip(_trajectory(sessions), theirs, strict=True):
        yield _error(name, actual, expected)


def open_for_check(pack: Path, model: VideoModel) -> PackSessions:
    """Open a pack for comparison with a model, which takes on the pack's stability threshold.

    Raises `ValueError` when their sizes or versions differ.
    """
    sessions = PackSessions.open(pack)
    manifest = sessions.manifest
    ours = (manifest.architecture, manifest.image_size, manifest.hidden_size)
    theirs = (model.architecture, model.image_size, model.hidden_size)
    if ours != theirs:
        raise ValueError(f"the pack is {ours}, the weights are {theirs} (architecture, image size, hidden size)")
    model.mask_decoder.dynamic_multimask_stability_thresh = manifest.tracker.stability_threshold
    return sessions


def _trajectory(sessions: GraphSource) -> Iterator[tuple[str, np.ndarray]]:
    frames = [_frame(index) for index in range(_NUM_FRAMES)]
    options = TrackerOptions(settings=sessions.manifest.tracker, architecture=sessions.manifest.architecture)
    runner = GraphRunner(sessions, lambda index: preprocess_frame(frames[index], sessions.manifest), _VIDEO_SIZE)
    segmenter = VideoSegmenter(runner, _NUM_FRAMES, _VIDEO_SIZE, sessions.manifest.image_size, options)
    outcomes = [
        segmenter.add_points_or_box(0, 1, [_centre(0)], [1]),
        segmenter.add_points_or_box(0, 2, box=[20, 20, 60, 60]),
        *segmenter.propagate(),
        segmenter.add_points_or_box(4, 1, [_centre(4), (10.0, 10.0)], [1, 0]),
        *segmenter.propagate(start=4),
    ]
    for step, outcome in enumerate(outcomes):
        for object_id, result in outcome.results.items():
            if result is not None:
                yield f"step {step} frame {outcome.frame_index} object {object_id}", result.mask_logits


def _frame(index: int) -> np.ndarray:
    """A bright disc that wanders over a gradient, uint8 [H,W,3]."""
    width, height = _VIDEO_SIZE
    y, x = np.mgrid[:height, :width].astype(np.float32)
    centre_x, centre_y = _centre(index)
    disc = np.clip(22.5 - np.hypot(x - centre_x, y - centre_y), 0, 1)
    background = np.stack([x / width, y / height, 1 - x / width], axis=2) * 120 + 30
    return (background * (1 - disc[..., None]) + np.array([230, 180, 60]) * disc[..., None]).astype(np.uint8)


def _centre(index: int) -> tuple[float, float]:
    return 60.0 + 5 * index, 55.0 + 2 * index


def _compare_run(
    checked: GraphSource, model: VideoModel, graph: str, inputs: Arrays
) -> tuple[dict[str, np.ndarray], list[OutputError]]:
    """PyTorch's outputs, and how far the checked ones are from them."""
    expected, actual = run_reference(model, graph, inputs), checked.run(graph, inputs)
    moved = run_reference(model, graph, _rounded_off(inputs))
    errors = [
        replace(_error(f"{graph}.{name}", actual[name], values), rounding=float(np.abs(moved[name] - values).max()))
        for name, values in expected.items()
    ]
    return expected, errors


def _rounded_off(inputs: Arrays) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    return {
        name: values
        if values.dtype != np.float32 or name in _SWITCHES
        else (values * (1 + _ROUNDING * random.standard_normal(values.shape))).astype(np.float32)
        for name, values in inputs.items()
    }


def _error(name: str, actual: np.ndarray, expected: np.ndarray) -> OutputError:
    difference = np.abs(actual.astype(np.float64) - expected)
    scale = expected.std() if expected.size > _FEW_VALUES else np.sqrt(np.square(expected).mean())
    return OutputError(name, float(difference.max()), float(difference.mean()), float(scale), 0.0)
