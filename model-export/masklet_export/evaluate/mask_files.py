"""Result masks on disk: indexed PNGs in DAVIS layout, one PNG per object and frame in SA-V layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

from masklet_export.evaluate.track_scores import Rule
from masklet_export.evaluate.tracking import Masklets
from masklet_export.train.readers.records import VideoSequence
from masklet_export.train.readers.sav_layout import SavEvaluationVideo


def write_masklets(folder: Path, sequence: VideoSequence, masklets: Masklets, *, rule: Rule) -> None:
    """Write `FOLDER/SEQ/FRAME.png` (davis) or `FOLDER/SEQ/OBJECT/FRAME.png` (sav).

    Frames and object folders are named as in the data set; where masks overlap, the lower id is on top.
    """
    target = folder / sequence.name
    if rule == "sav":
        for object_id, masks in masklets.items():
            object_folder = target / _object_folder(sequence, object_id)
            object_folder.mkdir(parents=True, exist_ok=True)
            for index, mask in masks.items():
                save_indices(object_folder / f"{sequence.frame_name(index)}.png", mask.astype(np.uint8))
        return
    target.mkdir(parents=True, exist_ok=True)
    for index in sorted({index for masks in masklets.values() for index in masks}):
        shown = {object_id: masks[index] for object_id, masks in masklets.items() if index in masks}
        indices = np.zeros(next(iter(shown.values())).shape, np.uint8)
        for object_id in sorted(shown, reverse=True):
            indices[shown[object_id]] = object_id
        save_indices(target / f"{sequence.frame_name(index)}.png", indices)


def save_indices(path: Path, indices_hw: np.ndarray) -> None:
    """Save uint8 indices with the palette of PASCAL VOC and DAVIS."""
    image = PillowImage.fromarray(indices_hw)
    image.putpalette(voc_palette())
    image.save(path)


def voc_palette() -> bytes:
    """256 colours; the bits of the index are spread over the high bits of the three channels.

    Source: PASCAL VOC development kit, `VOClabelcolormap.m`.
    """
    index = np.arange(256)[:, None]
    shifts = np.arange(3)[None]
    colours = np.zeros((256, 3), np.uint8)
    for bit in range(8):
        colours |= (((index >> shifts >> 3 * bit) & 1) << (7 - bit)).astype(np.uint8)
    return colours.tobytes()


def _object_folder(sequence: VideoSequence, object_id: int) -> str:
    return sequence.object_folder(object_id) if isinstance(sequence, SavEvaluationVideo) else f"{object_id:03d}"
