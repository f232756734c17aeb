"""Objects of a frame without anybody's prompt: a grid of clicks, the answers that their own boxes repeat, each once.

After SAM's automatic mask generator (Kirillov et al. 2023, §5 and appendix B). Its stability score wants logits as
steep as a large model's; asking again with the answer's bounding box works for a model of any temperament.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet_export.evaluate.click_oracle import Click
from masklet_export.evaluate.measures import region_similarity
from masklet_export.evaluate.video_segmenter import Box, FramePrompt, Mask, Prediction, VideoSegmenter


@dataclass(frozen=True)
class ProposalSettings:
    """Which answers count as objects."""

    columns: int = 14
    rows: int = 8
    min_predicted_iou: float = 0.5
    """Of the click's answer and of the box's."""
    min_agreement: float = 0.75
    """IoU of the click's answer with that to its bounding box."""
    min_area: float = 0.006
    max_area: float = 0.3
    """Shares of the frame."""
    max_border: float = 0.12
    """Share of the outline that may lie on the frame's edge: cut off more than that, it is ground."""
    max_overlap: float = 0.5
    """IoU with a better-scored proposal above which a mask is the same object."""
    max_objects: int = 6


def propose_objects(
    segmenter: VideoSegmenter, frame_index: int, size: tuple[int, int], settings: ProposalSettings
) -> list[Mask]:
    """Masks bool [H,W] on one frame of the segmenter's video, best-scored first; forgets the segmenter's objects.

    `size` is the video's (height, width).
    """
    height, width = size
    found: list[tuple[float, Mask]] = []
    for row in range(settings.rows):
        for column in range(settings.columns):
            click = Click((column + 0.5) * width / settings.columns, (row + 0.5) * height / settings.rows, True)
            answer = _answer(segmenter, frame_index, FramePrompt(clicks=(click,)))
            if not _is_object(answer, settings):
                continue
            repeated = _answer(segmenter, frame_index, FramePrompt(box=bounding_box(answer.mask)))
            agreement = region_similarity(answer.mask, repeated.mask)
            if agreement >= settings.min_agreement and _is_object(repeated, settings):
                found.append((agreement * repeated.predicted_iou, repeated.mask))
    segmenter.reset()
    kept: list[Mask] = []
    for _, mask in sorted(found, key=lambda pair: -pair[0]):
        if all(region_similarity(mask, other) < settings.max_overlap for other in kept):
            kept.append(mask)
    return kept[: settings.max_objects]


def bounding_box(mask: Mask) -> Box:
    """x0, y0, x1, y1 of a mask that is not empty, the last pixels' centres."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return float(columns[0]), float(rows[0]), float(columns[-1]), float(rows[-1])


def border_share(mask: Mask) -> float:
    """Share of a mask's outline (its pixels with a neighbour outside it) that lies on the frame's edge."""
    padded = np.pad(mask, 1)
    inside = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    outline = mask & ~inside
    edge = np.ones_like(mask)
    edge[1:-1, 1:-1] = False
    total = np.count_nonzero(outline)
    return np.count_nonzero(outline & edge) / total if total else 0.0


def _answer(segmenter: VideoSegmenter, frame_index: int, prompt: FramePrompt) -> Prediction:
    segmenter.reset()
    return segmenter.prompt(1, frame_index, prompt)


def _is_object(answer: Prediction, settings: ProposalSettings) -> bool:
    share = float(answer.mask.mean())
    return (
        answer.predicted_iou >= settings.min_predicted_iou
        and settings.min_area <= share <= settings.max_area
        and border_share(answer.mask) <= settings.max_border
    )
