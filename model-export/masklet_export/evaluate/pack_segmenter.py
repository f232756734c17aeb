"""A pack as a `VideoSegmenter`: the native twin of the app's tracker behind the evaluation's interface."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from masklet_export.evaluate.video_segmenter import FramePrompt, Prediction
from masklet_export.reference import video_segmenter as twin
from masklet_export.reference.graph_runner import GraphRunner
from masklet_export.reference.memory_bank import FrameResult
from masklet_export.reference.pack_sessions import PackSessions
from masklet_export.reference.preprocess_frame import preprocess_frame
from masklet_export.reference.resize_logits import resize_logits
from masklet_export.reference.tracker_options import TrackerOptions
from masklet_export.train.readers.records import Image


class PackSegmenter:
    """Runs as the app does: its resizing, its rules, its thresholds; clean-up of shown masks is left off."""

    def __init__(self, sessions: PackSessions) -> None:
        self._sessions = sessions
        manifest = sessions.manifest
        self._options = TrackerOptions(settings=manifest.tracker, architecture=manifest.architecture)
        self._runner: GraphRunner | None = None
        self._num_frames = 0
        self._segmenter: twin.VideoSegmenter | None = None

    def set_video(self, frames: Sequence[Image]) -> None:
        height, width = frames[0].shape[:2]
        manifest = self._sessions.manifest
        self._runner = GraphRunner(
            self._sessions, lambda index: preprocess_frame(frames[index], manifest), (width, height)
        )
        self._num_frames = len(frames)
        self.reset()

    def reset(self) -> None:
        if self._runner is None:
            raise ValueError("set_video comes first")
        self._segmenter = twin.VideoSegmenter(
            self._runner, self._num_frames, self._runner.video_size, self._sessions.manifest.image_size, self._options
        )

    def prompt(self, object_id: int, frame_index: int, prompt: FramePrompt) -> Prediction:
        segmenter = self._ready()
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
        return self._prediction(result)

    def propagate(
        self, start: int, *, reverse: bool = False, max_frames: int | None = None
    ) -> Iterator[tuple[int, dict[int, Prediction]]]:
        for outcome in self._ready().propagate(start, max_frames, reverse=reverse):
            yield (
                outcome.frame_index,
                {
                    object_id: self._prediction(result)
                    for object_id, result in outcome.results.items()
                    if result is not None
                },
            )

    def _ready(self) -> twin.VideoSegmenter:
        if self._segmenter is None:
            raise ValueError("set_video comes first")
        return self._segmenter

    def _prediction(self, result: FrameResult) -> Prediction:
        width, height = self._ready().video_size
        return Prediction(
            logits_hw=resize_logits(result.mask_logits, height, width),
            occlusion_score=result.occlusion_score,
            predicted_iou=result.predicted_iou,
        )


def open_pack_segmenter(pack: Path, threads: int = 1) -> PackSegmenter:
    """Open a pack's folder. Raises `FileNotFoundError`, or `ValueError` when a file is not the manifest's."""
    return PackSegmenter(PackSessions.open(pack, threads))
