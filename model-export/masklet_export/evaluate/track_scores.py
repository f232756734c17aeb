"""From masks over time to one object's scores: which frames count, and what is averaged.

DAVIS 2017 semi-supervised: the first and the last frame do not count; mean, recall (share above 0.5) and decay.
SA-V: the same frames, but nothing counts before the object has been seen in the truth or in the prediction; from
then on a frame where both are empty counts 1, and one that only either has counts 0.
Source: davis2017-evaluation davis2017/{evaluation,utils}.py; sam2/sav_dataset/utils/sav_benchmark.py@2b90b9f.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from masklet_export.evaluate.measures import boundary_accuracy, region_similarity

Mask = NDArray[np.bool_]
Rule = Literal["davis", "sav"]
_DECAY_BINS = 4
_RECALL_LEVEL = 0.5


@dataclass(frozen=True)
class Statistics:
    """DAVIS' three numbers about a measure over time."""

    mean: float
    recall: float
    decay: float
    """Mean of the first quarter minus mean of the last: how much is lost on the way."""


@dataclass(frozen=True)
class TrackScores:
    """One object in one sequence."""

    j: Statistics
    f: Statistics
    num_frames: int
    """Frames that counted."""
    num_absent: int
    """Frames that counted on which the truth is empty."""
    num_absent_right: int
    """... and the prediction is, too."""

    @property
    def jf(self) -> float:
        """J&F: the mean of both means."""
        return (self.j.mean + self.f.mean) / 2


def score_track(
    predicted: Mapping[int, Mask],
    truth: Mapping[int, Mask],
    *,
    rule: Rule,
    void: Mapping[int, Mask] | None = None,
    skip_first_and_last: bool = True,
) -> TrackScores:
    """Score one object's masks on its annotated frames (the keys of `truth`).

    Raises `ValueError` when a frame that counts has no prediction, or when no frame counts.
    """
    frames = sorted(truth)
    if skip_first_and_last:
        frames = frames[1:-1]
    if missing := [frame for frame in frames if frame not in predicted]:
        raise ValueError(f"no prediction for frame {missing[0]}")
    if rule == "sav":
        frames = _since_first_seen(frames, predicted, truth)
    if not frames:
        raise ValueError(f"no frame counts among {len(truth)} annotated ones")
    voids = void or {}
    j = [region_similarity(predicted[frame], truth[frame], voids.get(frame)) for frame in frames]
    f = [boundary_accuracy(predicted[frame], truth[frame], voids.get(frame)) for frame in frames]
    absent = [frame for frame in frames if not truth[frame].any()]
    return TrackScores(
        j=statistics(j),
        f=statistics(f),
        num_frames=len(frames),
        num_absent=len(absent),
        num_absent_right=sum(not predicted[frame].any() for frame in absent),
    )


def statistics(values: Sequence[float]) -> Statistics:
    """Mean, recall and decay of a measure over time. Source: davis2017/utils.py `db_statistics`."""
    array = np.asarray(values, dtype=np.float64)
    bounds = np.round(np.linspace(1, len(array), _DECAY_BINS + 1) + 1e-10).astype(int) - 1
    bins = [array[bounds[index] : bounds[index + 1] + 1] for index in range(_DECAY_BINS)]
    return Statistics(
        mean=float(array.mean()),
        recall=float((array > _RECALL_LEVEL).mean()),
        decay=float(bins[0].mean() - bins[-1].mean()),
    )


def _since_first_seen(frames: list[int], predicted: Mapping[int, Mask], truth: Mapping[int, Mask]) -> list[int]:
    for position, frame in enumerate(frames):
        if truth[frame].any() or predicted[frame].any():
            return frames[position:]
    return []
