"""Folders of RGBA cut-outs: single pictures, or one sub-folder per object holding its views in order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from masklet_export.train.readers.records import CutoutRecord

CUTOUT_SUFFIXES = (".webp", ".png")
_MIN_COVER = 0.1
"""Cut-outs that fill less of their frame than this are lines and dots: no objects to follow."""


def list_cutouts(folder: Path) -> list[Path]:
    """Entries of the folder that are cut-outs: files, and sub-folders of views."""
    return sorted(path for path in folder.iterdir() if path.is_dir() or path.suffix in CUTOUT_SUFFIXES)


def read_cutouts(paths: list[Path], set_name: str) -> Iterator[CutoutRecord]:
    """Decode in order, leaving out views that are nearly empty or opaque files without alpha."""
    for path in paths:
        files = [path] if path.is_file() else sorted(f for f in path.iterdir() if f.suffix in CUTOUT_SUFFIXES)
        views = tuple(view for view in map(_read_rgba, files) if view is not None)
        if views:
            yield CutoutRecord(name=path.stem, set_name=set_name, views=views)


def _read_rgba(path: Path) -> NDArray[np.uint8] | None:
    with PillowImage.open(path) as file:
        if file.mode not in ("RGBA", "LA", "PA") and "transparency" not in file.info:
            return None
        rgba = np.array(file.convert("RGBA"))
    return rgba if (rgba[..., 3] > 128).mean() > _MIN_COVER else None
