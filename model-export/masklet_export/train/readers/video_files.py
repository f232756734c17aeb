"""Unlabelled video files (and the video half of SA-V): frames by OpenCV, subsampled and resized while decoding."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from masklet_export.train.readers.records import ClipRecord, Image

VIDEO_SUFFIXES = (".mp4", ".mov", ".webm", ".mkv", ".avi")


def list_videos(folder: Path) -> list[Path]:
    """Video files directly in the folder."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in VIDEO_SUFFIXES)


def decode_video(path: Path, *, stride: int = 1, limit: int | None = None, long_side: int | None = None) -> list[Image]:
    """Every `stride`-th frame as RGB, at most `limit` of them, shrunk so that the long side is at most `long_side`.

    Raises `ValueError` when not a single frame can be decoded.
    """
    capture = cv2.VideoCapture(str(path))
    frames: list[Image] = []
    try:
        index = 0
        while limit is None or len(frames) < limit:
            if not capture.grab():
                break
            if index % stride == 0:
                ok, frame = capture.retrieve()
                if not ok:
                    break
                frames.append(shrink_image(np.ascontiguousarray(frame[:, :, ::-1]), long_side))
            index += 1
    finally:
        capture.release()
    if not frames:
        raise ValueError(f"{path.name} cannot be decoded")
    return frames


def read_unlabelled_clips(
    paths: list[Path], set_name: str, *, frames: int, stride: int, long_side: int
) -> Iterator[ClipRecord]:
    """The first `frames` subsampled frames of each file, without instances; files too short for a clip are left out."""
    for path in paths:
        decoded = decode_video(path, stride=stride, limit=frames, long_side=long_side)
        if len(decoded) > 1:
            yield ClipRecord(name=path.stem, set_name=set_name, frames=tuple(decoded), instances=None)


def shrink_image(image: Image, long_side: int | None) -> Image:
    """Area-resize so that the long side is at most `long_side`; smaller pictures stay as they are."""
    height, width = image.shape[:2]
    if long_side is None or max(height, width) <= long_side:
        return image
    scale = long_side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def shrink_indices(instances: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Nearest-neighbour resize of an index map to (height, width)."""
    return cv2.resize(instances, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST)
