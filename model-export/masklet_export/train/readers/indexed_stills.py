"""A folder of images with indexed masks: `images/NAME.*`, `masks/NAME.png`, and optionally `index.tsv`."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

from masklet_export.train.readers.records import Image, InstanceMap, StillRecord

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
MAX_INSTANCES = 199
"""Instance ids above this are dropped; the clip generator numbers its own layers from 200."""


def list_stills(folder: Path) -> list[tuple[str, str]]:
    """(name, set) of every picture: from `index.tsv` (columns `name` and `set`) or, without it, from `images/`."""
    index = folder / "index.tsv"
    if index.is_file():
        with index.open(newline="") as file:
            return [(row["name"], row["set"]) for row in csv.DictReader(file, delimiter="\t")]
    images = sorted(path for path in (folder / "images").iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
    return [(path.stem, folder.name) for path in images]


def read_stills(folder: Path, names: list[tuple[str, str]]) -> Iterator[StillRecord]:
    """Decode the named pictures in order; a picture without a mask file gets an empty map.

    Raises `FileNotFoundError` for a missing picture and `ValueError` when mask and picture differ in size.
    """
    for name, set_name in names:
        image = read_image(_find_image(folder / "images", name))
        mask_path = folder / "masks" / f"{name}.png"
        instances = read_indices(mask_path) if mask_path.is_file() else np.zeros(image.shape[:2], np.uint8)
        if instances.shape != image.shape[:2]:
            raise ValueError(f"{name}: mask {instances.shape} does not fit image {image.shape[:2]}")
        yield StillRecord(name=name, set_name=set_name, image=image, instances=drop_high_ids(instances))


def read_image(path: Path) -> Image:
    """Decode to RGB."""
    with PillowImage.open(path) as file:
        return np.array(file.convert("RGB"))


def read_indices(path: Path) -> InstanceMap:
    """Palette or grey indices of a PNG, never its colours. Raises `ValueError` for a true-colour file."""
    with PillowImage.open(path) as file:
        values = np.array(file)
    if values.ndim != 2:
        raise ValueError(f"{path.name} holds colours {values.shape}, not indices")
    return values.astype(np.uint8) if values.dtype == np.bool_ else values


def drop_high_ids(instances: np.ndarray) -> InstanceMap:
    """Make a uint8 map whose ids leave room for the generator's own layers."""
    return np.where(instances > MAX_INSTANCES, 0, instances).astype(np.uint8)


def _find_image(folder: Path, name: str) -> Path:
    for suffix in IMAGE_SUFFIXES:
        path = folder / f"{name}{suffix}"
        if path.is_file():
            return path
    raise FileNotFoundError(f"no picture named {name} in {folder.name}/")
