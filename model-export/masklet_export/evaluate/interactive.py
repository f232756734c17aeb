"""SAM 2's simulated interactive protocols: rounds of corrective clicks, offline and online, one object at a time.

Offline: the whole video is tracked, then the worst frame gets clicks, and again, up to a number of rounds. Online: one
pass; tracking pauses on every frame whose IoU falls below a threshold, which then gets clicks.
Source: SAM 2 §6.1 and appendix F.1 (8 frames, 3 clicks each, pause below 0.75).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet_export.evaluate.click_oracle import next_click
from masklet_export.evaluate.measures import boundary_accuracy, region_similarity
from masklet_export.evaluate.tracking import object_starts
from masklet_export.evaluate.video_segmenter import FrameList, FramePrompt, Mask, VideoSegmenter
from masklet_export.train.readers.records import VideoSequence


@dataclass(frozen=True)
class InteractiveSettings:
    """How patient the simulated person is."""

    frames: int = 8
    clicks_per_frame: int = 3
    pause_below: float = 0.75


@dataclass(frozen=True)
class RoundScore:
    """J&F of the whole track after so many prompted frames (all annotated frames count, prompted ones too)."""

    prompted_frames: int
    jf: float


def interact_offline(
    segmenter: VideoSegmenter,
    sequence: VideoSequence,
    object_id: int,
    settings: InteractiveSettings,
    max_frames: int | None = None,
) -> list[RoundScore]:
    """Clicks on the first frame, then round after round on the worst frame not yet prompted; a score per round."""
    frames = FrameList(sequence, max_frames)
    truth, first = _truth(sequence, object_id, len(frames))
    segmenter.set_video(frames)
    masks: dict[int, Mask] = {}
    prompted: list[int] = []
    rounds = []
    target = first
    for _ in range(settings.frames):
        _click(segmenter, object_id, target, truth[target], masks.get(target), settings.clicks_per_frame)
        prompted.append(target)
        for index, predictions in segmenter.propagate(first):
            masks[index] = predictions[object_id].mask
        rounds.append(RoundScore(len(prompted), _mean_jf(masks, truth, first)))
        open_frames = [index for index in truth if index >= first and index not in prompted]
        if not open_frames:
            break
        target = min(open_frames, key=lambda index: region_similarity(masks[index], truth[index]))
    return rounds


def interact_online(
    segmenter: VideoSegmenter,
    sequence: VideoSequence,
    object_id: int,
    settings: InteractiveSettings,
    max_frames: int | None = None,
) -> list[RoundScore]:
    """One forward pass; a score per number of frames allowed to be prompted, as if the person gave up after it.

    Frames before a pause keep what they had when they were passed.
    """
    frames = FrameList(sequence, max_frames)
    truth, first = _truth(sequence, object_id, len(frames))
    segmenter.set_video(frames)
    masks: dict[int, Mask] = {}
    rounds = []
    target: int | None = first
    while target is not None and len(rounds) < settings.frames:
        masks[target] = _click(
            segmenter, object_id, target, truth[target], masks.get(target), settings.clicks_per_frame
        )
        ahead = dict(masks)
        next_target: int | None = None
        for index, predictions in segmenter.propagate(target):
            ahead[index] = predictions[object_id].mask
            is_low = index in truth and region_similarity(ahead[index], truth[index]) < settings.pause_below
            if next_target is None:
                masks[index] = ahead[index]
                if is_low and index > target:
                    next_target = index
        rounds.append(RoundScore(len(rounds) + 1, _mean_jf(ahead, truth, first)))
        target = next_target
    return rounds


def mean_rounds(tracks: list[list[RoundScore]], frames: int) -> list[float]:
    """Mean J&F over objects by number of prompted frames; a track that ended early keeps its last score."""
    return [float(np.mean([rounds[min(index, len(rounds) - 1)].jf for rounds in tracks])) for index in range(frames)]


def _click(
    segmenter: VideoSegmenter, object_id: int, index: int, truth: Mask, current: Mask | None, clicks: int
) -> Mask:
    mask = current
    for _ in range(clicks):
        if mask is not None and np.array_equal(mask, truth):
            break
        mask = segmenter.prompt(object_id, index, FramePrompt(clicks=(next_click(truth, mask),))).mask
    return truth if mask is None else mask


def _truth(sequence: VideoSequence, object_id: int, limit: int) -> tuple[dict[int, Mask], int]:
    starts = {start.object_id: start.frame for start in object_starts(sequence, limit)}
    if object_id not in starts:
        raise ValueError(f"{sequence.name}: object {object_id} is not visible in the first {limit} frames")
    annotated = [index for index in sequence.annotated_frames(object_id) if index < limit]
    return {index: sequence.mask(index, object_id) for index in annotated}, starts[object_id]


def _mean_jf(masks: dict[int, Mask], truth: dict[int, Mask], first: int) -> float:
    frames = [index for index in truth if index >= first]
    j = [region_similarity(masks[index], truth[index]) for index in frames]
    f = [boundary_accuracy(masks[index], truth[index]) for index in frames]
    return float((np.mean(j) + np.mean(f)) / 2)
