"""Video files → windows of frames with index maps, written in DAVIS layout (which the trainer reads)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

from masklet_export.evaluate.mask_files import save_indices
from masklet_export.evaluate.video_segmenter import Mask, VideoSegmenter
from masklet_export.self_training.consistent_masklets import ConsistencySettings, track_consistently
from masklet_export.self_training.proposals import ProposalSettings, propose_objects
from masklet_export.train.readers.records import Image
from masklet_export.train.readers.video_files import decode_video

_JPEG_QUALITY = 92


@dataclass(frozen=True)
class LabelSettings:
    """How videos are cut up, and what is kept."""

    frames: int = 16
    """Per window."""
    stride: int = 2
    """Every n-th frame of the file."""
    long_side: int = 432
    max_windows: int = 12
    """Per video."""
    proposals: ProposalSettings = field(default_factory=ProposalSettings)
    consistency: ConsistencySettings = field(default_factory=ConsistencySettings)


def label_video(path: Path, segmenter: VideoSegmenter, output: Path, settings: LabelSettings) -> dict[str, int]:
    """Label one file window by window; returns the number of objects per window that was written.

    A window without a single consistent object is left out; one that is there already is not made again.
    Raises `ValueError` when the file cannot be decoded.
    """
    limit = settings.frames * settings.max_windows
    frames = decode_video(path, stride=settings.stride, limit=limit, long_side=settings.long_side)
    written: dict[str, int] = {}
    for number in range(len(frames) // settings.frames):
        name = f"{path.stem}_{number:02d}"
        if (output / "Annotations" / name).is_dir():
            continue
        window = frames[number * settings.frames : (number + 1) * settings.frames]
        segmenter.set_video(window)
        found = propose_objects(segmenter, 0, window[0].shape[:2], settings.proposals)
        if found and (masklets := track_consistently(segmenter, window, found, settings.consistency)):
            _write_window(output, name, window, masklets)
            written[name] = len(masklets)
    return written


def _write_window(output: Path, name: str, frames: Sequence[Image], masklets: Sequence[Sequence[Mask]]) -> None:
    pictures, maps = output / "JPEGImages" / name, output / "Annotations" / name
    pictures.mkdir(parents=True, exist_ok=True)
    maps.mkdir(parents=True, exist_ok=True)
    # A part lies on its whole: painted large to small, both stay visible.
    by_size = sorted(range(len(masklets)), key=lambda number: -np.count_nonzero(masklets[number][0]))
    for index, frame in enumerate(frames):
        PillowImage.fromarray(frame).save(pictures / f"{index:05d}.jpg", quality=_JPEG_QUALITY)
        indices = np.zeros(frame.shape[:2], np.uint8)
        for number in by_size:
            indices[masklets[number][index]] = number + 1
        save_indices(maps / f"{index:05d}.png", indices)
