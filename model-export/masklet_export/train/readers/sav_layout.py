"""SA-V layouts: training (`*.mp4` with `*_manual.json` / `*_auto.json`) and val/test (JPEGs with one PNG per object).

Source: sav_dataset/README.md and sav_dataset/utils/sav_utils.py of facebookresearch/sam2@2b90b9f: annotations at
6 fps beside videos at 24 fps.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from masklet_export.train.readers.coco_rle import decode_rle
from masklet_export.train.readers.indexed_stills import IMAGE_SUFFIXES, read_image
from masklet_export.train.readers.natural_order import in_natural_order
from masklet_export.train.readers.read_labels import read_labels
from masklet_export.train.readers.records import Image, Mask, VideoSequence
from masklet_export.train.readers.video_files import decode_video

ANNOTATION_STRIDE = 4
"""Video frames per annotated frame."""


class SavTrainingVideo(VideoSequence):
    """An mp4 and its masklets, at the annotations' 6 fps: frame i here is frame 4·i of the file."""

    def __init__(self, video: Path, annotation_files: list[Path]) -> None:
        self.name = video.stem
        self._video = video
        self._masklets: dict[int, list[dict[str, Any] | None]] = {}
        for file in annotation_files:
            content = json.loads(file.read_text())
            per_frame = content["masklet"]
            for column in range(len(content["masklet_id"])):
                # Ids of the manual and the automatic file overlap: number them through.
                self._masklets[len(self._masklets) + 1] = [row[column] if row else None for row in per_frame]
        self._length = max((len(masks) for masks in self._masklets.values()), default=0)
        self._frames: list[Image] = []

    @property
    def num_frames(self) -> int:
        return self._length

    @property
    def object_ids(self) -> tuple[int, ...]:
        return tuple(self._masklets)

    def annotated_frames(self, object_id: int) -> tuple[int, ...]:
        return tuple(index for index, rle in enumerate(self._masklets[object_id]) if rle is not None)

    def frame(self, index: int) -> Image:
        if not self._frames:
            self._frames = decode_video(self._video, stride=ANNOTATION_STRIDE)
        return self._frames[index]

    def mask(self, index: int, object_id: int) -> Mask:
        rle = self._masklets[object_id][index]
        if rle is None:
            raise KeyError(f"{self.name}: object {object_id} has no annotation on frame {index}")
        return decode_rle(rle)


class SavEvaluationVideo(VideoSequence):
    """JPEG frames at 24 fps and, per object, a folder of binary PNGs at 6 fps named like the frames."""

    def __init__(self, frames_folder: Path, annotations_folder: Path) -> None:
        self.name = frames_folder.name
        self._frames = in_natural_order(
            path for path in frames_folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES
        )
        stems = {path.stem: index for index, path in enumerate(self._frames)}
        self._object_folders: dict[int, str] = {}
        self._masks: dict[int, dict[int, Path]] = {}
        for folder in in_natural_order(path for path in annotations_folder.iterdir() if path.is_dir()):
            # SA-V numbers its object folders from 000; object id 0 would be background in an index map.
            object_id = int(folder.name) + 1
            self._object_folders[object_id] = folder.name
            self._masks[object_id] = {stems[mask.stem]: mask for mask in in_natural_order(folder.glob("*.png"))}
        self._read = lru_cache(maxsize=4)(read_labels)

    @property
    def num_frames(self) -> int:
        return len(self._frames)

    @property
    def object_ids(self) -> tuple[int, ...]:
        return tuple(self._masks)

    def object_folder(self, object_id: int) -> str:
        """Name of the object's folder, for results in the same layout."""
        return self._object_folders[object_id]

    def annotated_frames(self, object_id: int) -> tuple[int, ...]:
        return tuple(sorted(self._masks[object_id]))

    def frame(self, index: int) -> Image:
        return read_image(self._frames[index])

    def mask(self, index: int, object_id: int) -> Mask:
        return self._read(self._masks[object_id][index]).values > 0

    def frame_name(self, index: int) -> str:
        return self._frames[index].stem


def list_sav(root: Path, kinds: tuple[str, ...] = ("manual", "auto")) -> list[VideoSequence]:
    """Videos of either layout, by name; empty when the folder holds neither."""
    frames_root, masks_root = root / "JPEGImages_24fps", root / "Annotations_6fps"
    if frames_root.is_dir() and masks_root.is_dir():
        names = sorted(path.name for path in masks_root.iterdir() if path.is_dir())
        return [SavEvaluationVideo(frames_root / name, masks_root / name) for name in names]
    videos: list[VideoSequence] = []
    for video in sorted(root.rglob("*.mp4")):
        files = [video.with_name(f"{video.stem}_{kind}.json") for kind in kinds]
        if present := [file for file in files if file.is_file()]:
            videos.append(SavTrainingVideo(video, present))
    return videos
