"""Tracking a sequence from a prompt per object: first-frame masks (semi-supervised) or first-frame clicks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from masklet_export.evaluate.click_oracle import next_click
from masklet_export.evaluate.track_scores import Rule, TrackScores, score_track
from masklet_export.evaluate.video_segmenter import FrameList, FramePrompt, Mask, VideoSegmenter
from masklet_export.train.readers.records import VideoSequence

PromptChoice = Callable[[Mask], FramePrompt]
"""Ground truth on the first frame → what the user would give."""
Masklets = dict[int, dict[int, Mask]]
"""Object id → frame → mask."""


@dataclass(frozen=True)
class ObjectStart:
    """Where an object is prompted."""

    object_id: int
    frame: int


def whole_mask(truth_hw: Mask) -> FramePrompt:
    """The semi-supervised prompt: the true mask itself."""
    return FramePrompt(mask=truth_hw)


def one_click(truth_hw: Mask) -> FramePrompt:
    """A single click in the deepest point."""
    return FramePrompt(clicks=(next_click(truth_hw),))


def track_sequence(
    segmenter: VideoSegmenter,
    sequence: VideoSequence,
    choose_prompt: PromptChoice,
    *,
    max_frames: int | None,
    overlap: bool,
) -> Masklets:
    """Prompt every object on the first frame that shows it and track to the end.

    Objects that begin on the same frame are tracked together, others in runs of their own, so that an object's
    result does not depend on later ones. Without `overlap`, each pixel goes to the object with the highest logit.
    """
    frames = FrameList(sequence, max_frames)
    segmenter.set_video(frames)
    masklets: Masklets = {}
    logits: dict[int, dict[int, NDArray[np.float32]]] = {}
    for first, group in _by_first_frame(sequence, len(frames)).items():
        segmenter.reset()
        for object_id in group:
            segmenter.prompt(object_id, first, choose_prompt(sequence.mask(first, object_id)))
        for index, predictions in segmenter.propagate(first):
            for object_id, prediction in predictions.items():
                if overlap:
                    masklets.setdefault(object_id, {})[index] = prediction.mask
                else:
                    logits.setdefault(index, {})[object_id] = prediction.logits_hw
    for index, by_object in logits.items():
        for object_id, mask in without_overlap(by_object).items():
            masklets.setdefault(object_id, {})[index] = mask
    return masklets


def score_sequence(
    masklets: Masklets, sequence: VideoSequence, *, rule: Rule, max_frames: int | None
) -> dict[int, TrackScores]:
    """Score every tracked object on its annotated frames from its prompt on; objects with too few are left out."""
    limit = sequence.num_frames if max_frames is None else min(max_frames, sequence.num_frames)
    scores = {}
    for start in object_starts(sequence, limit):
        frames = [
            index for index in sequence.annotated_frames(start.object_id) if start.frame <= index < limit
        ]  # fmt: skip
        if len(frames) < 3:
            continue
        truth = {index: sequence.mask(index, start.object_id) for index in frames}
        void = {index: mask for index in frames if (mask := sequence.void(index)) is not None}
        scores[start.object_id] = score_track(masklets[start.object_id], truth, rule=rule, void=void)
    return scores


def object_starts(sequence: VideoSequence, limit: int) -> list[ObjectStart]:
    """First frame before `limit` that shows each object; objects that never show there are left out."""
    starts = []
    for object_id in sequence.object_ids:
        for index in sequence.annotated_frames(object_id):
            if index < limit and sequence.mask(index, object_id).any():
                starts.append(ObjectStart(object_id, index))
                break
    return starts


def without_overlap(logits_by_object: Mapping[int, NDArray[np.float32]]) -> dict[int, Mask]:
    """Each pixel to the object with the highest logit, if that is positive; ties to the lower id.

    Source: sam2_base.py@2b90b9f `_apply_non_overlapping_constraints`.
    """
    ids = sorted(logits_by_object)
    stacked = np.stack([logits_by_object[object_id] for object_id in ids])
    winner = stacked.argmax(axis=0)
    return {object_id: (winner == slot) & (stacked[slot] > 0) for slot, object_id in enumerate(ids)}


def _by_first_frame(sequence: VideoSequence, limit: int) -> dict[int, list[int]]:
    groups: dict[int, list[int]] = {}
    for start in object_starts(sequence, limit):
        groups.setdefault(start.frame, []).append(start.object_id)
    return dict(sorted(groups.items()))
