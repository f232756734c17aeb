"""How good are single frames: one click, three clicks, or a box, without any memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet_export.evaluate.click_oracle import next_click, tight_box
from masklet_export.evaluate.measures import region_similarity
from masklet_export.evaluate.video_segmenter import FrameList, FramePrompt, Mask, VideoSegmenter
from masklet_export.train.readers.records import VideoSequence


@dataclass(frozen=True)
class PromptScores:
    """IoU at the video's size; means over frames for one object."""

    click1: float
    click3: float
    box: float


def score_prompts(
    segmenter: VideoSegmenter, sequence: VideoSequence, *, max_frames: int | None, frames_per_object: int
) -> dict[int, PromptScores]:
    """Prompt each object anew on a few frames that show it, spread evenly over the sequence."""
    frames = FrameList(sequence, max_frames)
    segmenter.set_video(frames)
    scores = {}
    for object_id in sequence.object_ids:
        shown = [
            index
            for index in sequence.annotated_frames(object_id)
            if index < len(frames) and sequence.mask(index, object_id).any()
        ]
        if not shown:
            continue
        picked = spread(shown, frames_per_object)
        rows = np.array([_score_frame(segmenter, object_id, index, sequence) for index in picked])
        scores[object_id] = PromptScores(*(float(value) for value in rows.mean(axis=0)))
    return scores


def spread(values: list[int], count: int) -> list[int]:
    """At most `count` entries, evenly spaced, the first always among them."""
    if len(values) <= count:
        return values
    return [values[int(position)] for position in np.arange(count) * len(values) / count]


def _score_frame(
    segmenter: VideoSegmenter, object_id: int, index: int, sequence: VideoSequence
) -> tuple[float, float, float]:
    truth, void = sequence.mask(index, object_id), sequence.void(index)

    def iou(mask: Mask) -> float:
        return region_similarity(mask, truth, void)

    segmenter.reset()
    mask = segmenter.prompt(object_id, index, FramePrompt(clicks=(next_click(truth),))).mask
    click1 = iou(mask)
    for _ in range(2):
        mask = segmenter.prompt(object_id, index, FramePrompt(clicks=(next_click(truth, mask),))).mask
    click3 = iou(mask)
    segmenter.reset()
    left, top, right, bottom = tight_box(truth)
    box = iou(segmenter.prompt(object_id, index, FramePrompt(box=(left, top, right, bottom))).mask)
    return click1, click3, box
