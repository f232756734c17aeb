"""Runs the chosen modes over a data set and gathers the numbers, per object, per sequence, and their mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from masklet_export.evaluate.data_sets import DataSet
from masklet_export.evaluate.interactive import (
    InteractiveSettings,
    RoundScore,
    interact_offline,
    interact_online,
    mean_rounds,
)
from masklet_export.evaluate.mask_files import write_masklets
from masklet_export.evaluate.prompted_frames import score_prompts
from masklet_export.evaluate.tracking import object_starts, one_click, score_sequence, track_sequence, whole_mask
from masklet_export.evaluate.video_segmenter import VideoSegmenter
from masklet_export.train.readers.records import VideoSequence

Mode = Literal["prompts", "semi", "click", "offline", "online"]
MODES: tuple[Mode, ...] = ("prompts", "semi", "click", "offline", "online")
Numbers = dict[str, float]


@dataclass(frozen=True)
class EvaluationSettings:
    """What to run."""

    modes: tuple[Mode, ...] = ("prompts", "semi", "click")
    max_frames: int | None = None
    frames_per_object: int = 5
    """Frames on which each object is prompted in mode `prompts`."""
    interactive: InteractiveSettings = field(default_factory=InteractiveSettings)
    mask_folder: Path | None = None
    """Where the masks of mode `semi` are written."""


@dataclass(frozen=True)
class SequenceResult:
    """Numbers of one sequence by object; interactive tracks beside them."""

    name: str
    objects: dict[int, Numbers]
    rounds: dict[str, list[list[RoundScore]]]

    @property
    def means(self) -> Numbers:
        """Means over the sequence's objects."""
        return mean_numbers(list(self.objects.values()))


@dataclass(frozen=True)
class EvaluationResult:
    """All of a data set; its means are over objects, as DAVIS 2017 and SA-V average."""

    data_set: str
    sequences: tuple[SequenceResult, ...]
    interactive: dict[str, list[float]]
    """J&F after 1, 2, ... prompted frames, by protocol."""

    @property
    def means(self) -> Numbers:
        """Means over all objects."""
        return mean_numbers([numbers for sequence in self.sequences for numbers in sequence.objects.values()])


def evaluate(
    segmenter: VideoSegmenter,
    data_set: DataSet,
    settings: EvaluationSettings,
    report: Callable[[SequenceResult], None] = lambda _: None,
) -> EvaluationResult:
    """Run all modes on all sequences in order; `report` is called after each sequence."""
    results = []
    for sequence in data_set.sequences:
        results.append(_evaluate_sequence(segmenter, sequence, data_set, settings))
        report(results[-1])
    interactive = {}
    for mode in ("offline", "online"):
        tracks = [track for result in results for track in result.rounds.get(mode, [])]
        if tracks:
            interactive[mode] = mean_rounds(tracks, settings.interactive.frames)
    return EvaluationResult(data_set=data_set.name, sequences=tuple(results), interactive=interactive)


def mean_numbers(rows: list[Numbers]) -> Numbers:
    """Mean per key over the rows that have it; NaN entries (nothing to measure) do not count."""
    keys = dict.fromkeys(key for row in rows for key in row)
    means = {}
    for key in keys:
        values = [row[key] for row in rows if key in row and np.isfinite(row[key])]
        if values:
            means[key] = float(np.mean(values))
    return means


def _evaluate_sequence(
    segmenter: VideoSegmenter, sequence: VideoSequence, data_set: DataSet, settings: EvaluationSettings
) -> SequenceResult:
    limit = sequence.num_frames if settings.max_frames is None else min(settings.max_frames, sequence.num_frames)
    objects: dict[int, Numbers] = {start.object_id: {} for start in object_starts(sequence, limit)}
    for mode in settings.modes:
        for object_id, numbers in _run_mode(mode, segmenter, sequence, data_set, settings):
            objects[object_id] |= numbers
    rounds = {
        mode: [play(segmenter, sequence, object_id, settings.interactive, settings.max_frames) for object_id in objects]
        for mode, play in (("offline", interact_offline), ("online", interact_online))
        if mode in settings.modes
    }
    return SequenceResult(name=sequence.name, objects=objects, rounds=rounds)


def _run_mode(
    mode: Mode, segmenter: VideoSegmenter, sequence: VideoSequence, data_set: DataSet, settings: EvaluationSettings
) -> Iterator[tuple[int, Numbers]]:
    if mode == "prompts":
        prompts = score_prompts(
            segmenter, sequence, max_frames=settings.max_frames, frames_per_object=settings.frames_per_object
        )
        for object_id, scores in prompts.items():
            yield (
                object_id,
                {"click1_iou": scores.click1, "click3_iou": scores.click3, "box_iou": scores.box},
            )
    elif mode in ("semi", "click"):
        masklets = track_sequence(
            segmenter,
            sequence,
            whole_mask if mode == "semi" else one_click,
            max_frames=settings.max_frames,
            overlap=data_set.rule == "sav",
        )
        if mode == "semi" and settings.mask_folder is not None:
            write_masklets(settings.mask_folder, sequence, masklets, rule=data_set.rule)
        tracks = score_sequence(masklets, sequence, rule=data_set.rule, max_frames=settings.max_frames)
        prefix = "semi" if mode == "semi" else "click_track"
        for object_id, track in tracks.items():
            numbers = {f"{prefix}_j": track.j.mean, f"{prefix}_f": track.f.mean, f"{prefix}_jf": track.jf}
            numbers |= {f"{prefix}_j_recall": track.j.recall, f"{prefix}_j_decay": track.j.decay}
            if track.num_absent > 0:
                numbers[f"{prefix}_absent_right"] = track.num_absent_right / track.num_absent
            yield object_id, numbers
