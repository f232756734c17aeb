"""Masklets of a short window that stand two checks the model did not make: optical flow, and the way back.

A drifting track disagrees with dense flow from frame to frame, or does not return to where it came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from masklet_export.evaluate.baselines import OpticalFlow
from masklet_export.evaluate.measures import region_similarity
from masklet_export.evaluate.video_segmenter import FramePrompt, Mask, VideoSegmenter
from masklet_export.train.readers.records import Image


@dataclass(frozen=True)
class ConsistencySettings:
    """How well a masklet must agree, as IoU."""

    min_flow_agreement: float = 0.6
    """On every frame, with the frame before carried along the flow."""
    min_cycle_agreement: float = 0.65
    """On the first frame, after tracking to the last frame and back again."""


def track_consistently(
    segmenter: VideoSegmenter, frames: Sequence[Image], first_masks: Sequence[Mask], settings: ConsistencySettings
) -> list[list[Mask]]:
    """Track masks of the first frame to the last; returns the masklets (a mask per frame) that stand both checks."""
    forward = _track(segmenter, frames, first_masks)
    candidates = [masklet for masklet in forward if _agrees_with_flow(frames, masklet, settings.min_flow_agreement)]
    if not candidates:
        return []
    backward = _track(segmenter, frames[::-1], [masklet[-1] for masklet in candidates])
    return [
        masklet
        for masklet, returned in zip(candidates, backward, strict=True)
        if region_similarity(returned[-1], masklet[0]) >= settings.min_cycle_agreement
    ]


def _track(segmenter: VideoSegmenter, frames: Sequence[Image], first_masks: Sequence[Mask]) -> list[list[Mask]]:
    segmenter.set_video(frames)
    for number, mask in enumerate(first_masks):
        segmenter.prompt(number, 0, FramePrompt(mask=mask))
    masklets: list[list[Mask]] = [[] for _ in first_masks]
    for index, predictions in segmenter.propagate(0):
        for number, masklet in enumerate(masklets):
            masklet.append(first_masks[number] if index == 0 else predictions[number].mask)
    return masklets


def _agrees_with_flow(frames: Sequence[Image], masklet: Sequence[Mask], least: float) -> bool:
    """Whether each mask is where the flow carries the one before; an empty mask agrees with nothing."""
    flow = OpticalFlow()
    flow.set_video(frames)
    for index in range(1, len(frames)):
        if not np.any(masklet[index]):
            return False
        flow.reset()
        flow.prompt(0, index - 1, FramePrompt(mask=masklet[index - 1]))
        carried = [predictions[0].mask for _, predictions in flow.propagate(index - 1, max_frames=1)][-1]
        if region_similarity(carried, masklet[index]) < least:
            return False
    return True
