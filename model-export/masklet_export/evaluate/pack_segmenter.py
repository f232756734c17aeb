"""A pack as a `VideoSegmenter`: the native twin of the app's tracker behind the evaluation's interface."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from masklet_export.evaluate.video_segmenter import FramePrompt, Prediction
from masklet_export.reference import video_segmenter as twin
from masklet_export.reference.graph_runner import GraphRunner
from masklet_export.reference.guided_edges import guide_edges
from masklet_export.reference.memory_bank import FrameResult
from masklet_export.reference.pack_sessions import PackSessions
from masklet_export.reference.preprocess_frame import ResizeFilter, preprocess_frame, resize_frame
from masklet_export.reference.resize_logits import resize_logits
from masklet_export.reference.tracker_options import TrackerOptions
from masklet_export.train.readers.records import Image


class PackSegmenter:
    """Runs as the app does: its resizing, its rules, its thresholds; clean-up of shown masks is left off.

    Args:
        edges: of the masks, `model` or `picture`; the pack's own choice by default.
    """

    def __init__(self, sessions: PackSessions, edges: str | None = None) -> None:
        self._sessions = sessions
        manifest = sessions.manifest
        self._edges = edges or manifest.tracker.edges
        self._frames: Sequence[Image] = ()
        self._options = TrackerOptions(settings=manifest.tracker, architecture=manifest.architecture)
        self._runner: GraphRunner | None = None
        self._segmenter: twin.VideoSegmenter | None = None

    def set_video(self, frames: Sequence[Image]) -> None:
        height, width = frames[0].shape[:2]
        manifest = self._sessions.manifest
        self._runner = GraphRunner(
            self._sessions, lambda index: preprocess_frame(frames[index], manifest), (width, height)
        )
        self._frames = frames
        self.reset()

    def reset(self) -> None:
        if self._runner is None:
            raise ValueError("set_video comes first")
        self._segmenter = twin.VideoSegmenter(
            self._runner, len(self._frames), self._runner.video_size, self._sessions.manifest.image_size, self._options
        )

    def prompt(self, object_id: int, frame_index: int, prompt: FramePrompt) -> Prediction:
        segmenter = self.segmenter
        if prompt.mask is not None:
            outcome = segmenter.add_mask(frame_index, object_id, prompt.mask)
        else:
            outcome = segmenter.add_points_or_box(
                frame_index,
                object_id,
                [(click.x, click.y) for click in prompt.clicks] or None,
                [int(click.is_positive) for click in prompt.clicks] or None,
                prompt.box,
                # A box starts the frame anew, clicks go on.
                clear_old=prompt.box is not None,
            )
        result = outcome.results[object_id]
        if result is None:
            raise RuntimeError(f"object {object_id} has no result on frame {frame_index}, which was just prompted")
        return self._prediction(object_id, frame_index, result)

    def propagate(
        self, start: int, *, reverse: bool = False, max_frames: int | None = None
    ) -> Iterator[tuple[int, dict[int, Prediction]]]:
        for outcome in self.segmenter.propagate(start, max_frames, reverse=reverse):
            yield (
                outcome.frame_index,
                {
                    object_id: self._prediction(object_id, outcome.frame_index, result)
                    for object_id, result in outcome.results.items()
                    if result is not None
                },
            )

    @property
    def segmenter(self) -> twin.VideoSegmenter:
        """The tracker of the present video. Raises `ValueError` before `set_video`."""
        if self._segmenter is None:
            raise ValueError("set_video comes first")
        return self._segmenter

    def _prediction(self, object_id: int, frame_index: int, result: FrameResult) -> Prediction:
        width, height = self.segmenter.video_size
        return Prediction(
            logits_hw=resize_logits(self._shown(object_id, frame_index, result.mask_logits), height, width),
            occlusion_score=result.occlusion_score,
            predicted_iou=result.predicted_iou,
        )

    def _shown(self, object_id: int, frame_index: int, logits: np.ndarray) -> np.ndarray:
        """With the edges asked for; a mask that was given, or an absent object's, stays as it is."""
        prompt = self.segmenter.prompts(object_id).get(frame_index)
        is_given = prompt is not None and prompt.mask is not None
        if self._edges == "model" or is_given or not (logits > 0).any():
            return logits
        size = self._sessions.manifest.image_size
        picture = resize_frame(self._frames[frame_index], size, ResizeFilter.BICUBIC)
        return guide_edges(logits, picture.astype(np.uint8))


def open_pack_segmenter(pack: Path, threads: int = 1, edges: str | None = None) -> PackSegmenter:
    """Open a pack's folder. Raises `FileNotFoundError`, or `ValueError` when a file is not the manifest's."""
    return PackSegmenter(PackSessions.open(pack, threads), edges)
