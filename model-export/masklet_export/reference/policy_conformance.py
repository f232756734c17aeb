"""Runs policy scenarios (`sam2-policy/1`): the tracker with stand-in networks, compared with what the reference fed.

Every memory, pointer and mask a stand-in returns is the id of the event that made it, so the lists compared are what
was really attended to. Sets are compared where order has no meaning (attention).
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np

from masklet_export.reference.memory_bank import FrameResult, MemoryBank
from masklet_export.reference.policy_recorder import RecordingRunner, event_of
from masklet_export.reference.propagate import FrameOutcome, Propagation
from masklet_export.reference.tracker_options import TrackerError
from masklet_export.reference.video_segmenter import VideoSegmenter

_ERRORS = {
    "no-objects": "RuntimeError",
    "no-prompts": "RuntimeError",
    "empty-bank": "AssertionError",
    "bad-prompt": "ValueError",
}
_POINT_TOLERANCE = 1e-3
"""Model pixels; the files hold four decimals."""

Json = dict[str, Any]


class _DefectivePropagation(Propagation):
    """The reference at this commit: `clear_non_cond_mem_around_input` calls a method that does not exist."""

    def _clear_around(self, object_id: int, frame_index: int) -> None:
        raise AttributeError("'SAM2VideoPredictor' object has no attribute '_clear_obj_non_cond_mem_around_input'")


class _ScenarioSegmenter(VideoSegmenter):
    """Reproduces the reference's defect in files that were recorded with it, the intended behaviour in the others."""

    def __init__(self, scenario: Json, runner: RecordingRunner) -> None:
        super().__init__(runner, scenario["num_frames"], runner.video_size, runner.model_size, runner.options)
        self.is_patched = bool(scenario.get("reference_patched"))

    def make_propagation(self) -> Propagation:
        kind = Propagation if self.is_patched else _DefectivePropagation
        return kind(self.banks, self.runner, self.num_frames, self.options)


def run_policy_scenario(path: Path) -> list[str]:
    """Differences between a scenario file and our tracker, one sentence each; empty = passed."""
    scenario = json.loads(path.read_text(encoding="utf-8"))
    runner = RecordingRunner(scenario)
    segmenter = _ScenarioSegmenter(scenario, runner)
    problems = []
    for index, (action, expected) in enumerate(zip(scenario["actions"], scenario["expected"], strict=True)):
        first_event = len(runner.events)
        returns = _perform(segmenter, action)
        events = runner.events[first_event:]
        where = f"action {index} ({action['do']})"
        problems += _compare_events(where, events, expected["events"])
        problems += _compare_returns(f"{where} returns", returns, expected["returns"] or {})
        problems += _compare(f"{where} state", _state(segmenter), _comparable_state(expected["state"]))
    return problems


def _perform(segmenter: VideoSegmenter, action: Json) -> Json:
    try:
        return _PERFORMERS[action["do"]](segmenter, action)
    except TrackerError as error:
        return {"error": _ERRORS[error.code]}
    except AttributeError as error:
        return {"error": type(error).__name__}


def _points(segmenter: VideoSegmenter, action: Json) -> Json:
    outcome = segmenter.add_points_or_box(
        action["frame"],
        action["obj"],
        action.get("points"),
        action.get("labels"),
        action.get("box"),
        clear_old=action.get("clear_old", True),
    )
    return _prompt_returns(segmenter, outcome)


def _mask(segmenter: VideoSegmenter, action: Json) -> Json:
    width, height = segmenter.video_size
    mask = np.zeros((height, width), np.uint8)
    if action["rect"] is not None:
        x0, y0, x1, y1 = action["rect"]
        mask[y0:y1, x0:x1] = 1
    return _prompt_returns(segmenter, segmenter.add_mask(action["frame"], action["obj"], mask))


def _propagate(segmenter: VideoSegmenter, action: Json) -> Json:
    outcomes = segmenter.propagate(action["start"], action["max"], reverse=action["reverse"])
    yields = [
        [outcome.frame_index, [_shown_event(result) for result in outcome.results.values()]]
        for outcome in itertools.islice(outcomes, action.get("stop_after"))
    ]
    return {"yields": yields, "obj_ids": segmenter.object_ids}


def _clear(segmenter: VideoSegmenter, action: Json) -> Json:
    return _prompt_returns(segmenter, segmenter.clear(action["frame"], action["obj"]))


def _remove(segmenter: VideoSegmenter, action: Json) -> Json:
    updated = segmenter.remove_object(action["obj"])
    return {"obj_ids": segmenter.object_ids, "updated_frames": [outcome.frame_index for outcome in updated]}


def _reset(segmenter: VideoSegmenter, action: Json) -> Json:
    segmenter.reset()
    return {"obj_ids": segmenter.object_ids}


_PERFORMERS = {
    "points": _points,
    "mask": _mask,
    "propagate": _propagate,
    "clear": _clear,
    "remove": _remove,
    "reset": _reset,
}


def _prompt_returns(segmenter: VideoSegmenter, outcome: FrameOutcome) -> Json:
    return {
        "frame": outcome.frame_index,
        "obj_ids": segmenter.object_ids,
        "masks_from": [_shown_event(result) for result in outcome.results.values()],
    }


def _shown_event(result: FrameResult | None) -> int | None:
    return None if result is None else event_of(result.mask_logits)


def _state(segmenter: VideoSegmenter) -> Json:
    return {str(object_id): _object_state(segmenter, object_id) for object_id in segmenter.object_ids}


def _object_state(segmenter: VideoSegmenter, object_id: int) -> Json:
    bank: MemoryBank = segmenter.banks[object_id]
    prompts = segmenter.prompts(object_id)
    return {
        "cond": _stored(bank.conditioning),
        "non_cond": sorted(_stored(bank.non_conditioning)),
        "staged_cond": _stored(bank.staged_conditioning),
        "staged_non_cond": _stored(bank.staged_non_conditioning),
        "tracked": sorted([frame, reverse] for frame, reverse in bank.tracked.items()),
        "point_frames": sorted(frame for frame, prompt in prompts.items() if prompt.mask is None),
        "mask_frames": sorted(frame for frame, prompt in prompts.items() if prompt.mask is not None),
    }


def _stored(results: Any) -> list[list[int | None]]:
    return [
        [frame, _shown_event(result), None if result.spatial_memory is None else event_of(result.spatial_memory)]
        for frame, result in results.items()
    ]


def _comparable_state(state: Json) -> Json:
    ordered = ("non_cond", "tracked", "point_frames", "mask_frames")
    return {
        object_id: {key: sorted(value) if key in ordered else value for key, value in fields.items()}
        for object_id, fields in state.items()
    }


def _compare_returns(where: str, actual: Json, expected: Json) -> list[str]:
    """What the file states, and errors on either side; messages are informative only."""
    compared = {key for key in expected if key != "error_message"} | {"error"}
    if "error" in expected:
        compared = {"error"}
    kept = [{key: value for key, value in each.items() if key in compared} for each in (actual, expected)]
    for each in kept:
        if "updated_frames" in each:
            # The reference lists them in a set's order.
            each["updated_frames"] = sorted(each["updated_frames"])
    return _compare(where, *kept)


def _compare_events(where: str, actual: list[Json], expected: list[Json]) -> list[str]:
    if len(actual) != len(expected):
        return [f"{where}: {len(actual)} evaluations instead of {len(expected)}"]
    problems = []
    for ours, theirs in zip(actual, expected, strict=True):
        place = f"{where} event {theirs['id']}"
        problems += _compare(place, _comparable_event(ours), _comparable_event(theirs))
        if "points" in theirs and not np.allclose(ours["points"], theirs["points"], atol=_POINT_TOLERANCE):
            problems.append(f"{place}: points are {ours['points']}, expected {theirs['points']}")
    return problems


def _comparable_event(event: Json) -> Json:
    """Attention is permutation invariant: its lists are compared sorted. Points are compared apart."""
    comparable = {key: value for key, value in event.items() if key != "points"}
    for key in ("mem", "ptr"):
        if key in comparable:
            comparable[key] = sorted(comparable[key])
    return comparable


def _compare(where: str, actual: Json, expected: Json) -> list[str]:
    keys = sorted(actual.keys() | expected.keys())
    return [
        f"{where}: {key} is {actual.get(key, 'missing')!r}, expected {expected.get(key, 'missing')!r}"
        for key in keys
        if actual.get(key, "missing") != expected.get(key, "missing")
    ]
