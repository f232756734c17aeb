"""A pack and a video behind one object: what scripts and the evaluator use of the twin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from masklet_export.reference.graph_runner import GraphRunner
from masklet_export.reference.memory_bank import FrameResult
from masklet_export.reference.pack_sessions import PackSessions
from masklet_export.reference.preprocess_frame import preprocess_frame
from masklet_export.reference.propagate import FrameOutcome
from masklet_export.reference.resize_logits import resize_logits
from masklet_export.reference.tracker_options import TrackerOptions
from masklet_export.reference.video_segmenter import VideoSegmenter


class Click(Protocol):
    """A pixel of the video, fed by its index as the reference's own evaluation does."""

    x: int
    y: int
    is_positive: bool


class AddedPrompt(Protocol):
    """Prompts that are added at once: clicks, or a box (x0,y0,x1,y1 in video pixels), or a mask [H,W]."""

    clicks: Sequence[Click]
    box: Sequence[float] | None
    mask: np.ndarray | None


@dataclass(frozen=True, eq=False)
class ObjectPrediction:
    """One object on one frame."""

    logits_hw: np.ndarray
    """float32 [H,W] at the video's size; an absent object's are all negative."""
    occlusion_score: float
    """Positive means visible."""
    predicted_iou: float

    @property
    def mask(self) -> np.ndarray:
        """bool [H,W]."""
        return self.logits_hw > 0


class PackSegmenter:
    """Segments one video at a time with a pack, as the app does.

    Frames are uint8 RGB [H,W,3], read when they are needed.
    """

    def __init__(self, sessions: PackSessions) -> None:
        self.sessions = sessions
        self._segmenter: VideoSegmenter | None = None

    def set_video(self, frames: Sequence[np.ndarray]) -> None:
        """Begin with a video and forget everything before it."""
        manifest = self.sessions.manifest
        height, width = frames[0].shape[:2]
        runner = GraphRunner(self.sessions, lambda index: preprocess_frame(frames[index], manifest), (width, height))
        options = TrackerOptions(settings=manifest.tracker, architecture=manifest.architecture)
        self._segmenter = VideoSegmenter(runner, len(frames), (width, height), manifest.image_size, options)

    @property
    def segmenter(self) -> VideoSegmenter:
        """The tracker of the present video. Raises `RuntimeError` before `set_video`."""
        if self._segmenter is None:
            raise RuntimeError("set a video first")
        return self._segmenter

    def reset(self) -> None:
        """Forget all objects; features of frames are kept."""
        self.segmenter.reset()

    def prompt(self, object_id: int, frame_index: int, prompt: AddedPrompt) -> ObjectPrediction:
        """Add prompts to an object and answer for that frame.

        Clicks add to the frame's earlier ones; a box or a mask replaces them.
        """
        if prompt.mask is not None:
            outcome = self.segmenter.add_mask(frame_index, object_id, prompt.mask)
        else:
            points = [(click.x, click.y) for click in prompt.clicks]
            labels = [int(click.is_positive) for click in prompt.clicks]
            outcome = self.segmenter.add_points_or_box(
                frame_index, object_id, points, labels, prompt.box, clear_old=prompt.box is not None
            )
        return self._predictions(outcome)[object_id]

    def propagate(
        self, start: int, *, reverse: bool = False, max_frames: int | None = None
    ) -> Iterator[tuple[int, dict[int, ObjectPrediction]]]:
        """Track all objects from a frame on (that frame included), frame by frame."""
        for outcome in self.segmenter.propagate(start, max_frames, reverse=reverse):
            yield outcome.frame_index, self._predictions(outcome)

    def _predictions(self, outcome: FrameOutcome) -> dict[int, ObjectPrediction]:
        return {
            object_id: self._prediction(result) for object_id, result in outcome.results.items() if result is not None
        }

    def _prediction(self, result: FrameResult) -> ObjectPrediction:
        width, height = self.segmenter.video_size
        logits = resize_logits(result.mask_logits, height, width).astype(np.float32)
        return ObjectPrediction(logits, result.occlusion_score, result.predicted_iou)


def open_pack_segmenter(pack: Path, threads: int = 1) -> PackSegmenter:
    """Open a pack's folder. Raises `FileNotFoundError`, or `ValueError` when a file is not the manifest's."""
    return PackSegmenter(PackSessions.open(pack, threads))
