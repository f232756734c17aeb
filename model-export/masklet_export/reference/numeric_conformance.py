"""Runs numeric scenarios (`sam2-numeric/1`): real networks over real clips, compared with the reference's tensors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from safetensors import safe_open

from masklet_export.reference.graph_runner import GraphRunner
from masklet_export.reference.memory_bank import FrameResult
from masklet_export.reference.pack_sessions import PackSessions
from masklet_export.reference.preprocess_frame import ResizeFilter, preprocess_frame
from masklet_export.reference.resize_logits import logits_to_mask
from masklet_export.reference.scenario_options import options_from_scenario
from masklet_export.reference.track_frame import Evaluation, MemoryEncoding
from masklet_export.reference.tracker_options import TrackerError
from masklet_export.reference.video_segmenter import VideoSegmenter

_REL_LOGITS, _POINTER, _SCORE, _IOU, _MASK_PIXELS = 2e-3, 1e-3, 5e-3, 1e-4, 3
"""The suite's tolerances for memories rounded to bfloat16; logits relative to their deviation in the scenario."""
_MEMORY_SHARE = 0.02
"""Share of memory elements that may be one bfloat16 step away."""
_ABSENT = -1000.0

Json = dict[str, Any]


@dataclass(frozen=True, eq=False)
class _Event:
    """What one evaluation or encoding left behind."""

    phase: str
    object_id: int
    frame_index: int
    result: FrameResult
    mask_model: np.ndarray | None = None


class _RecordingRunner(GraphRunner):
    """Keeps every result, in the order the reference numbers its events."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.events: list[_Event] = []
        self._is_evaluating = False

    def evaluate(self, frame_index: int, evaluations: Sequence[Evaluation]) -> list[FrameResult]:
        self._is_evaluating = True
        results = super().evaluate(frame_index, evaluations)
        self._is_evaluating = False
        for evaluation, result in zip(evaluations, results, strict=True):
            phase = "track" if evaluation.prompt is None else "prompt"
            mask = evaluation.mask_prompt
            self.events.append(_Event(phase, evaluation.object_id, frame_index, result, mask))
        return results

    def encode_memories(self, frame_index: int, encodings: Sequence[MemoryEncoding]) -> list[np.ndarray]:
        memories = super().encode_memories(frame_index, encodings)
        if not self._is_evaluating:
            for encoding, memory in zip(encodings, memories, strict=True):
                result = FrameResult(
                    encoding.result.mask_logits, encoding.result.object_pointer, 0.0, spatial_memory=memory
                )
                self.events.append(_Event("encode", encoding.object_id, frame_index, result))
        return memories


def run_numeric_scenario(path: Path, numeric: Path, sessions: PackSessions) -> list[str]:
    """Differences beyond the suite's tolerances, one sentence each; empty = passed."""
    scenario = json.loads(path.read_text(encoding="utf-8"))
    clip = numeric / "clips" / scenario["clip"]
    video_size = tuple(scenario["video_size"])

    def image_of(frame_index: int) -> np.ndarray:
        frame = np.asarray(Image.open(clip / f"{frame_index:05}.png").convert("RGB"))
        return preprocess_frame(frame, sessions.manifest, ResizeFilter.BICUBIC)

    runner = _RecordingRunner(sessions, image_of, video_size, rounds_memories=True, max_points=None)
    options = options_from_scenario(scenario)
    segmenter = VideoSegmenter(runner, scenario["num_frames"], video_size, scenario["model_size"], options)
    problems = []
    for index, (action, returns) in enumerate(zip(scenario["actions"], scenario["returns"], strict=True)):
        problems += _act(segmenter, action, numeric, f"action {index} ({action['do']})", returns.get("error"))
    expected = scenario["events"]
    order = [(event.phase, event.object_id, event.frame_index) for event in runner.events]
    if order != [(event["phase"], event["obj"], event["frame"]) for event in expected]:
        count = f"{len(runner.events)} events instead of {len(expected)}"
        return [*problems, f"the networks ran in another order: {count}"]
    with safe_open(path.with_suffix(".safetensors"), framework="pt") as tensors:
        return problems + list(_compare_all(path.parent, runner.events, expected, tensors, video_size))


def _act(segmenter: VideoSegmenter, action: Json, numeric: Path, where: str, expected_error: str | None) -> list[str]:
    """Performs an action; what the reference refused must be refused, too."""
    try:
        _perform(segmenter, action, numeric)
    except TrackerError:
        if expected_error is None:
            raise
        return []
    return [] if expected_error is None else [f"{where}: no error, expected {expected_error}"]


def _perform(segmenter: VideoSegmenter, action: Json, numeric: Path) -> None:
    if action["do"] == "propagate":
        outcomes = segmenter.propagate(action["start"], action["max"], reverse=action["reverse"])
        for passed, _ in enumerate(outcomes, start=1):
            if passed == action.get("stop_after"):
                break
    elif action["do"] == "mask":
        mask = np.asarray(Image.open(numeric / action["mask_png"]).convert("L"))
        segmenter.add_mask(action["frame"], action["obj"], mask)
    elif action["do"] == "points":
        segmenter.add_points_or_box(
            action["frame"],
            action["obj"],
            action.get("points"),
            action.get("labels"),
            action.get("box"),
            clear_old=action.get("clear_old", True),
        )
    elif action["do"] == "clear":
        segmenter.clear(action["frame"], action["obj"])
    elif action["do"] == "remove":
        segmenter.remove_object(action["obj"])
    else:
        segmenter.reset()


def _compare_all(
    folder: Path, events: Sequence[_Event], expected: Sequence[Json], tensors: Any, video_size: tuple[int, int]
) -> Iterator[str]:
    names = set(tensors.keys())
    logits = [tensors.get_tensor(f"e{event['id']:03}.low").numpy() for event in expected if event["phase"] != "encode"]
    present = [each for each in logits if each.max() > _ABSENT]
    allowed = _REL_LOGITS * float(np.stack(present).std())
    for ours, theirs in zip(events, expected, strict=True):
        prefix = f"e{theirs['id']:03}."
        place = f"event {theirs['id']} (object {theirs['obj']}, frame {theirs['frame']})"
        golden = {
            name: tensors.get_tensor(prefix + name)
            for name in ("low", "ptr", "ious", "mem", "mask_model")
            if prefix + name in names
        }
        yield from (f"{place}: {problem}" for problem in _compare(ours, theirs, golden, allowed))
        if "mask_png" in theirs:
            width, height = video_size
            shown = logits_to_mask(ours.result.mask_logits, height, width)
            reference = np.asarray(Image.open(folder / theirs["mask_png"]).convert("L")) > 0
            if (pixels := int((shown != reference).sum())) > _MASK_PIXELS:
                yield f"{place}: {pixels} pixels of the mask differ, allowed {_MASK_PIXELS}"


def _compare(ours: _Event, theirs: Json, golden: Json, allowed_logits: float) -> Iterator[str]:
    result = ours.result
    checks = [
        ("logits", "low", result.mask_logits, allowed_logits),
        ("pointer", "ptr", result.object_pointer, _POINTER),
        ("predicted IoU", "ious", np.array(result.candidate_ious), _IOU),
        ("mask at the model's size", "mask_model", ours.mask_model, 0),
    ]
    for name, key, actual, tolerance in checks:
        if key in golden:
            error = np.abs(actual.astype(np.float64) - golden[key].numpy()).max()
            if not error <= tolerance:
                yield f"{name} differs by {error:.2g}, allowed {tolerance:.2g}"
    if "mem" in golden:
        yield from _compare_memory(result.spatial_memory, golden["mem"].float().numpy())
    if "score" in theirs and not abs(result.occlusion_score - theirs["score"]) <= _SCORE:
        yield f"occlusion score is {result.occlusion_score:.5f}, expected {theirs['score']:.5f}"
    if "token" in theirs and result.token != theirs["token"] and not theirs.get("mask_prompt"):
        yield f"the mask is token {result.token}'s, expected {theirs['token']}"


def _compare_memory(memory_nc: np.ndarray | None, golden_chw: np.ndarray) -> Iterator[str]:
    """At most one bfloat16 step (1/128 of the magnitude), in few elements."""
    ours = memory_nc.T.reshape(golden_chw.shape)
    difference = np.abs(ours - golden_chw)
    steps = difference / np.maximum(np.abs(golden_chw), 1e-2)
    if steps.max() > 2**-6 or (difference > 0).mean() > _MEMORY_SHARE:
        yield f"memory: {(difference > 0).mean():.2%} of the elements differ, at most by {steps.max():.2g} of theirs"
