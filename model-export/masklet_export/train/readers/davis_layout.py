"""DAVIS layout: `JPEGImages/[480p/]SEQ/*.jpg`, `Annotations/[480p/]SEQ/*.png`, optionally `ImageSets/**/SET.txt`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from masklet_export.train.readers.indexed_stills import IMAGE_SUFFIXES, read_image
from masklet_export.train.readers.natural_order import frame_number, in_natural_order
from masklet_export.train.readers.read_labels import VOID, is_void, read_labels
from masklet_export.train.readers.records import Image, InstanceMap, Mask, VideoSequence


class DavisSequence(VideoSequence):
    """One sequence; all objects share one picture of labels per frame (`read_labels`).

    Objects are called by their indices; by 1, 2, … in ascending order where these are colours or beyond 254.
    Index 255 is void (DAVIS 2017) unless the masks know only 0 and 255 (DAVIS 2016): then it is object 1.
    Annotations pair with frames by stem, or by the number in it, or by order when both have the same count.
    Raises `ValueError` when there are more objects than an indexed PNG can hold.
    """

    def __init__(self, frames_folder: Path, annotations_folder: Path) -> None:
        self.name = frames_folder.name
        self._frames = in_natural_order(
            path for path in frames_folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES
        )
        if not self._frames:
            raise ValueError(f"{self.name}: no frames in {frames_folder.name}/")
        masks = in_natural_order(annotations_folder.glob("*.png")) if annotations_folder.is_dir() else []
        self._annotations = _pair_with_frames(masks, self._frames)
        self._read = lru_cache(maxsize=2)(read_labels)
        present, has_palette = set[int](), False
        for path in self._annotations.values():
            labels = self._read(path)
            present.update(np.unique(labels.values).tolist())
            has_palette |= labels.has_palette
        self._has_void = is_void(VOID, present, has_palette=has_palette)
        objects = sorted(present - {0} - ({VOID} if self._has_void else set()))
        if len(objects) >= VOID:
            raise ValueError(f"{self.name}: {len(objects)} objects, and masks can tell {VOID - 1} apart")
        # Written masks hold ids as indices, and 255 means void there.
        numbers = objects if all(each < VOID for each in objects) else range(1, len(objects) + 1)
        self._id_of = dict(zip(objects, numbers, strict=True))
        self._ids = tuple(self._id_of.values())

    @property
    def num_frames(self) -> int:
        return len(self._frames)

    @property
    def object_ids(self) -> tuple[int, ...]:
        return self._ids

    def annotated_frames(self, object_id: int) -> tuple[int, ...]:
        return tuple(sorted(self._annotations)) if object_id in self._ids else ()

    def frame(self, index: int) -> Image:
        return read_image(self._frames[index])

    def indices(self, index: int) -> InstanceMap:
        """The frame's whole index map, void as 0."""
        values = self._read(self._annotations[index]).values
        indices = np.zeros(values.shape, np.uint8)
        for label, object_id in self._id_of.items():
            indices[values == label] = object_id
        return indices

    def mask(self, index: int, object_id: int) -> Mask:
        return self.indices(index) == object_id

    def void(self, index: int) -> Mask | None:
        if not self._has_void:
            return None
        void = self._read(self._annotations[index]).values == VOID
        return void if void.any() else None

    def frame_name(self, index: int) -> str:
        return self._frames[index].stem


def is_davis_layout(root: Path) -> bool:
    """Whether the folder has DAVIS' two main folders."""
    return (root / "JPEGImages").is_dir() and (root / "Annotations").is_dir()


def list_davis(root: Path, image_set: str | None = None) -> list[DavisSequence]:
    """Sequences of a data set, by name; those listed in `ImageSets/**/SET.txt` when a set is named.

    A folder that *is* one sequence (images directly in `JPEGImages/`) counts as a data set of one.
    Raises `ValueError` when nothing is found.
    """
    frames_root = _resolution_folder(root / "JPEGImages")
    masks_root = _resolution_folder(root / "Annotations")
    if any(path.suffix.lower() in IMAGE_SUFFIXES for path in frames_root.iterdir()):
        sequence = DavisSequence(frames_root, masks_root)
        sequence.name = root.name
        return [sequence]
    names = [path.name for path in in_natural_order(path for path in frames_root.iterdir() if path.is_dir())]
    if image_set is not None:
        listed = _read_image_set(root, image_set)
        names = [name for name in names if name in listed]
    if not names:
        raise ValueError(f"no sequences in {root.name}/JPEGImages" + (f" for set {image_set}" if image_set else ""))
    return [DavisSequence(frames_root / name, masks_root / name) for name in names]


def _resolution_folder(folder: Path) -> Path:
    for name in ("480p", "Full-Resolution", "1080p"):
        if (folder / name).is_dir():
            return folder / name
    return folder


def _read_image_set(root: Path, image_set: str) -> set[str]:
    files = sorted((root / "ImageSets").rglob(f"{image_set}.txt"))
    if not files:
        raise ValueError(f"no ImageSets/**/{image_set}.txt in {root.name}")
    lines = files[-1].read_text().split("\n")
    # DAVIS 2016 lists frames ("/JPEGImages/480p/SEQ/00000.jpg ..."), DAVIS 2017 lists sequence names.
    return {Path(line.split()[0]).parent.name if "/" in line else line.strip() for line in lines if line.strip()}


def _pair_with_frames(masks: list[Path], frames: list[Path]) -> dict[int, Path]:
    by_stem = {path.stem: index for index, path in enumerate(frames)}
    if all(mask.stem in by_stem for mask in masks):
        return {by_stem[mask.stem]: mask for mask in masks}
    frame_stems, mask_stems = [path.stem for path in frames], [path.stem for path in masks]
    by_number = {frame_number(stem, frame_stems): index for index, stem in enumerate(frame_stems)}
    numbers = [frame_number(stem, mask_stems) for stem in mask_stems]
    if None not in by_number and all(number in by_number for number in numbers):
        return {by_number[number]: mask for number, mask in zip(numbers, masks, strict=True)}
    if len(masks) == len(frames):
        return dict(enumerate(masks))
    raise ValueError(f"{len(masks)} masks do not pair with {len(frames)} frames in {frames[0].parent.name}/")
