"""All training pictures in device memory as uint8: what the clip generator samples from.

Pictures are padded to one landscape size; upright ones are stored transposed (a transposition is undone for free
by swapping the sampling coordinates).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from masklet_export.train.readers.data_pack import Record
from masklet_export.train.readers.records import ClipRecord, CutoutRecord, StillRecord
from masklet_export.train.readers.video_files import shrink_indices

_MIN_PASTE_AREA = 0.01
_MIN_AIM_AREA = 0.005
_MAX_AIM_AREA = 0.9


@dataclass(frozen=True)
class PictureBank:
    """N pictures (stills and frames of clips). A sequence is a run of rows; a still is a sequence of one."""

    images_n3hw: Tensor
    """uint8 [N,3,H,W], RGB, landscape, padded at the right and at the bottom."""
    instances_nhw: Tensor
    """uint8 [N,H,W]; ids 1..199, 0 = background or unknown."""
    sizes_n2: np.ndarray
    """[N,2]: (width, height) of the stored, possibly transposed picture."""
    is_transposed_n: np.ndarray
    sequence_start: np.ndarray
    sequence_length: np.ndarray
    sequence_weight: np.ndarray
    """How often a sequence is drawn as background, relative."""
    instance_table: np.ndarray
    """float [M,7]: row, id, x0, y0, x1, y1 (stored pixels, exclusive end), area as a share of the picture."""
    instance_first: np.ndarray
    """Instances of row r are `instance_table[instance_first[r]:instance_first[r + 1]]`."""
    paste_weight: np.ndarray
    """[M] how often an instance is pasted elsewhere, relative; 0 for small ones."""


@dataclass(frozen=True)
class CutoutBank:
    """V views of cut-outs, square, straight alpha; an orbit is a run of rows."""

    views_v4qq: Tensor
    """uint8 [V,4,Q,Q]."""
    first: np.ndarray
    count: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True)
class Banks:
    """Everything the generator needs; `cutouts` may be empty (no rows)."""

    pictures: PictureBank
    cutouts: CutoutBank

    @property
    def num_bytes(self) -> int:
        """Device memory held."""
        tensors = (self.pictures.images_n3hw, self.pictures.instances_nhw, self.cutouts.views_v4qq)
        return sum(tensor.numel() for tensor in tensors)

    def to(self, device: torch.device) -> Banks:
        """Copy the tensors; the small tables stay on the host, where the generator draws its random numbers."""
        pictures, cutouts = self.pictures, self.cutouts
        return Banks(
            pictures=replace(
                pictures,
                images_n3hw=pictures.images_n3hw.to(device),
                instances_nhw=pictures.instances_nhw.to(device),
            ),
            cutouts=replace(cutouts, views_v4qq=cutouts.views_v4qq.to(device)),
        )

    def halved(self) -> Banks:
        """The same banks at half the resolution, for small training sizes: sampling from them does not alias."""
        pictures, cutouts = self.pictures, self.cutouts
        table = pictures.instance_table.copy()
        table[:, 2:6] /= 2
        return Banks(
            pictures=replace(
                pictures,
                images_n3hw=_halve(pictures.images_n3hw),
                instances_nhw=pictures.instances_nhw[:, ::2, ::2].contiguous(),
                sizes_n2=pictures.sizes_n2 / 2,
                instance_table=table,
            ),
            cutouts=replace(cutouts, views_v4qq=_halve(cutouts.views_v4qq)),
        )


@dataclass(frozen=True)
class BankSizes:
    """Stored size of pictures (landscape) and cut-outs, in pixels."""

    width: int = 400
    height: int = 288
    cutout: int = 160


def build_banks(
    records: Iterable[Record],
    sizes: BankSizes,
    *,
    background_weights: Mapping[str, float],
    paste_weights: Mapping[str, float],
) -> Banks:
    """Resize and stack all records; sets without an entry in a weight table count 1 (background) and 0 (paste).

    A still's instances share its paste weight's set; a cut-out's weight is the paste weight of its set (1 by default).
    A set with background weight 0 is pasted from but never shown whole.
    Raises `ValueError` when there is no picture at all.
    """
    pictures = _PictureRows(sizes)
    views: list[np.ndarray] = []
    cutout_rows: list[tuple[int, int, float]] = []
    for record in records:
        if isinstance(record, CutoutRecord):
            cutout_rows.append((len(views), len(record.views), paste_weights.get(record.set_name, 1.0)))
            views += [_fit_square(view, sizes.cutout) for view in record.views]
        else:
            pictures.add(record, background_weights.get(record.set_name, 1.0), paste_weights.get(record.set_name, 0.0))
    if not pictures.images:
        raise ValueError("no pictures in the training data")
    stacked = np.stack(views) if views else np.zeros((0, sizes.cutout, sizes.cutout, 4), np.uint8)
    table = np.array(cutout_rows, dtype=np.float64).reshape(-1, 3)
    cutouts = CutoutBank(
        views_v4qq=torch.from_numpy(stacked.transpose(0, 3, 1, 2).copy()),
        first=table[:, 0].astype(np.int64),
        count=table[:, 1].astype(np.int64),
        weight=table[:, 2],
    )
    return Banks(pictures=pictures.finish(), cutouts=cutouts)


class _PictureRows:
    def __init__(self, sizes: BankSizes) -> None:
        self._sizes = sizes
        self.images: list[np.ndarray] = []
        self._maps: list[np.ndarray] = []
        self._sizes_n2: list[tuple[int, int]] = []
        self._transposed: list[bool] = []
        self._sequences: list[tuple[int, int, float]] = []
        self._instances: list[np.ndarray] = []
        self._paste: list[np.ndarray] = []

    def add(self, record: StillRecord | ClipRecord, background_weight: float, paste_weight: float) -> None:
        frames = (record.image,) if isinstance(record, StillRecord) else record.frames
        maps = (record.instances,) if isinstance(record, StillRecord) else record.instances
        self._sequences.append((len(self.images), len(frames), background_weight))
        for index, frame in enumerate(frames):
            self._add_row(frame, None if maps is None else maps[index], paste_weight / len(frames))

    def _add_row(self, image: np.ndarray, instances: np.ndarray | None, paste_weight: float) -> None:
        row = len(self.images)
        is_upright = image.shape[0] > image.shape[1]
        if is_upright:
            image = image.transpose(1, 0, 2)
        scale = min(self._sizes.width / image.shape[1], self._sizes.height / image.shape[0])
        width = min(self._sizes.width, max(1, round(image.shape[1] * scale)))
        height = min(self._sizes.height, max(1, round(image.shape[0] * scale)))
        resized = cv2.resize(np.ascontiguousarray(image), (width, height), interpolation=cv2.INTER_AREA)
        padded = np.zeros((self._sizes.height, self._sizes.width, 3), np.uint8)
        padded[:height, :width] = resized
        padded_map = np.zeros(padded.shape[:2], np.uint8)
        if instances is not None:
            turned = np.ascontiguousarray(instances.T if is_upright else instances)
            padded_map[:height, :width] = shrink_indices(turned, (height, width))
        table = _instance_rows(row, padded_map, width * height)
        # Instances of one still share its weight: a shelf of forty boxes is not forty times as interesting.
        pasteable = table[:, 6] > _MIN_PASTE_AREA
        self._paste.append(np.where(pasteable, paste_weight / max(1, pasteable.sum()), 0.0))
        self.images.append(padded)
        self._maps.append(padded_map)
        self._sizes_n2.append((width, height))
        self._transposed.append(is_upright)
        self._instances.append(table)

    def finish(self) -> PictureBank:
        starts, lengths, weights = (np.array(column) for column in zip(*self._sequences, strict=True))
        return PictureBank(
            images_n3hw=torch.from_numpy(np.stack(self.images).transpose(0, 3, 1, 2).copy()),
            instances_nhw=torch.from_numpy(np.stack(self._maps)),
            sizes_n2=np.array(self._sizes_n2),
            is_transposed_n=np.array(self._transposed),
            sequence_start=starts.astype(np.int64),
            sequence_length=lengths.astype(np.int64),
            sequence_weight=weights.astype(np.float64),
            instance_table=np.concatenate(self._instances),
            instance_first=np.concatenate(([0], np.cumsum([len(table) for table in self._instances]))),
            paste_weight=np.concatenate(self._paste),
        )


def _instance_rows(row: int, instances: np.ndarray, picture_area: int) -> np.ndarray:
    rows = []
    areas = np.bincount(instances.reshape(-1), minlength=1)
    for number in np.flatnonzero(areas[1:]) + 1:
        share = areas[number] / picture_area
        if _MIN_AIM_AREA < share < _MAX_AIM_AREA:
            x, y, width, height = cv2.boundingRect((instances == number).astype(np.uint8))
            rows.append((row, number, x, y, x + width, y + height, share))
    return np.array(rows, dtype=np.float64).reshape(-1, 7)


def _fit_square(view: np.ndarray, side: int) -> np.ndarray:
    scale = side / max(view.shape[:2])
    width, height = max(1, round(view.shape[1] * scale)), max(1, round(view.shape[0] * scale))
    resized = cv2.resize(view, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    square = np.zeros((side, side, 4), np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = resized
    return square


def _halve(images: Tensor, chunk: int = 256) -> Tensor:
    """2x2 means of uint8 [N,C,H,W], in chunks: the float copy of a whole bank would not fit beside it."""
    parts = [F.avg_pool2d(part.float(), 2).round().to(torch.uint8) for part in images.split(chunk)]
    return torch.cat(parts) if parts else images[:, :, ::2, ::2]
