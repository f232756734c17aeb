"""Training data in one small zip file, so that a machine with an accelerator needs nothing else carried to it.

Members are stored, not compressed again: `index.json`, JPEG pictures and frames, PNG instance maps, WebP cut-outs.
Same records in the same order come out as went in; JPEG and WebP are lossy, maps are exact.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from masklet_export.train.readers.records import ClipRecord, CutoutRecord, StillRecord
from masklet_export.train.readers.video_files import shrink_image, shrink_indices

FORMAT = "masklet-data/1"
Record = StillRecord | ClipRecord | CutoutRecord


@dataclass(frozen=True)
class PackQuality:
    """How much is thrown away: sides in pixels, JPEG and WebP quality 0..100."""

    still_side: int = 400
    clip_side: int = 384
    cutout_side: int = 160
    jpeg: int = 82
    webp: int = 82


def write_data_pack(path: Path, records: Iterable[Record], quality: PackQuality | None = None) -> int:
    """Write every record; returns the file's size in bytes."""
    quality = quality or PackQuality()
    entries: list[dict[str, Any]] = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for record in records:
            stem = f"{len(entries):06d}"
            entry: dict[str, Any] = {"name": record.name, "set": record.set_name, "stem": stem}
            if isinstance(record, StillRecord):
                entry["kind"] = "still"
                image = shrink_image(record.image, quality.still_side)
                archive.writestr(f"{stem}.jpg", _encode(image, "JPEG", quality.jpeg))
                archive.writestr(f"{stem}.png", _encode(shrink_indices(record.instances, image.shape[:2]), "PNG"))
            elif isinstance(record, ClipRecord):
                entry |= {"kind": "clip", "frames": len(record.frames), "labelled": record.instances is not None}
                for index, frame in enumerate(record.frames):
                    image = shrink_image(frame, quality.clip_side)
                    archive.writestr(f"{stem}-{index:03d}.jpg", _encode(image, "JPEG", quality.jpeg))
                    if record.instances is not None:
                        instances = shrink_indices(record.instances[index], image.shape[:2])
                        archive.writestr(f"{stem}-{index:03d}.png", _encode(instances, "PNG"))
            else:
                entry |= {"kind": "cutout", "views": len(record.views)}
                for index, view in enumerate(record.views):
                    image = shrink_image(view, quality.cutout_side)
                    archive.writestr(f"{stem}-{index:03d}.webp", _encode(image, "WEBP", quality.webp))
            entries.append(entry)
        archive.writestr("index.json", json.dumps({"format": FORMAT, "records": entries}))
    return path.stat().st_size


def read_data_pack(path: Path) -> Iterator[Record]:
    """Decode the records in order. Raises `ValueError` for a file of another format or a damaged one."""
    try:
        yield from _read_records(path)
    except zipfile.BadZipFile as error:
        raise ValueError(f"{path.name} is damaged: {error}") from error


def _read_records(path: Path) -> Iterator[Record]:
    with zipfile.ZipFile(path) as archive:
        index = json.loads(archive.read("index.json")) if "index.json" in archive.namelist() else {}
        if index.get("format") != FORMAT:
            raise ValueError(f"{path.name} is no {FORMAT} file")
        for entry in index["records"]:
            yield _read_record(archive, entry)


def _read_record(archive: zipfile.ZipFile, entry: dict[str, Any]) -> Record:
    name, set_name, stem = entry["name"], entry["set"], entry["stem"]
    if entry["kind"] == "still":
        return StillRecord(name, set_name, _decode(archive, f"{stem}.jpg"), _decode(archive, f"{stem}.png"))
    if entry["kind"] == "cutout":
        views = tuple(_decode(archive, f"{stem}-{index:03d}.webp") for index in range(entry["views"]))
        return CutoutRecord(name, set_name, views)
    frames = tuple(_decode(archive, f"{stem}-{index:03d}.jpg") for index in range(entry["frames"]))
    if not entry["labelled"]:
        return ClipRecord(name, set_name, frames, None)
    maps = tuple(_decode(archive, f"{stem}-{index:03d}.png") for index in range(entry["frames"]))
    return ClipRecord(name, set_name, frames, maps)


def _encode(image: np.ndarray, container: str, quality: int | None = None) -> bytes:
    buffer = io.BytesIO()
    options = {} if quality is None else {"quality": quality}
    PillowImage.fromarray(image).save(buffer, container, **options)
    return buffer.getvalue()


def _decode(archive: zipfile.ZipFile, member: str) -> np.ndarray:
    with PillowImage.open(io.BytesIO(archive.read(member))) as file:
        mode = "RGBA" if member.endswith(".webp") else "RGB" if member.endswith(".jpg") else "L"
        return np.array(file.convert(mode))
