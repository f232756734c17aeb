"""The data sources of a configuration → records, split into training and held-out ones by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from masklet_export.train.banks import Banks, BankSizes, build_banks
from masklet_export.train.configuration import DataSettings, DataSource
from masklet_export.train.readers.cutout_folders import list_cutouts, read_cutouts
from masklet_export.train.readers.data_pack import Record, read_data_pack
from masklet_export.train.readers.davis_layout import list_davis
from masklet_export.train.readers.indexed_stills import drop_high_ids, list_stills, read_stills
from masklet_export.train.readers.procedural_clips import make_procedural_clips
from masklet_export.train.readers.records import ClipRecord, CutoutRecord, VideoSequence, is_held_out
from masklet_export.train.readers.sav_layout import list_sav
from masklet_export.train.readers.video_files import (
    list_videos,
    read_unlabelled_clips,
    shrink_image,
    shrink_indices,
)


def load_records(settings: DataSettings, root: Path, *, held_out: bool) -> Iterator[Record]:
    """All records on one side of the split, source by source; nothing on the other side is even decoded."""
    for source in settings.sources:
        yield from _load_source(source, settings, root, held_out)


def load_banks(settings: DataSettings, root: Path, *, held_out: bool) -> Banks:
    """Records of one side, resized and stacked, with the sources' weights.

    Raises `ValueError` when that side has no picture.
    """
    background: dict[str, float] = {}
    paste: dict[str, float] = {}

    def noted() -> Iterator[Record]:
        for source in settings.sources:
            for record in _load_source(source, settings, root, held_out):
                background.setdefault(
                    record.set_name, source.background.get(record.set_name, source.default_background)
                )
                paste.setdefault(record.set_name, source.paste.get(record.set_name, _default_paste(source, record)))
                yield record

    # The weight tables fill up while the records stream by; each set is in them before its first record is used.
    sizes = BankSizes(width=settings.width, height=settings.height, cutout=settings.cutout)
    return build_banks(noted(), sizes, background_weights=background, paste_weights=paste)


def _default_paste(source: DataSource, record: Record) -> float:
    return source.default_paste or (1.0 if isinstance(record, CutoutRecord) else 0.0)


def _load_source(source: DataSource, settings: DataSettings, root: Path, held_out: bool) -> Iterator[Record]:
    percent, path = settings.held_out_percent, root / source.path

    def wanted(name: str) -> bool:
        return is_held_out(name, percent) == held_out

    if source.kind == "stills":
        yield from read_stills(
            path, [entry for entry in list_stills(path) if wanted(entry[0]) and _used(source, entry[1])]
        )
    elif source.kind == "cutouts":
        yield from read_cutouts([entry for entry in list_cutouts(path) if wanted(entry.stem)], path.name)
    elif source.kind == "videos":
        chosen = [entry for entry in list_videos(path) if wanted(entry.stem)]
        long_side = settings.width
        yield from read_unlabelled_clips(
            chosen, path.name, frames=source.frames, stride=source.stride, long_side=long_side
        )
    elif source.kind == "pack":
        yield from (record for record in read_data_pack(path) if wanted(record.name))
    elif source.kind == "procedural":
        clips = make_procedural_clips(
            source.count, frames=source.frames, height=settings.height, width=settings.width, seed=0
        )
        yield from (clip for clip in clips if wanted(clip.name))
    else:
        videos = list_davis(path) if source.kind == "davis" else list_sav(path)
        for video in videos:
            if wanted(video.name):
                yield labelled_clip(video, path.name, source.frames, source.stride, settings.width)


def labelled_clip(video: VideoSequence, set_name: str, frames: int, stride: int, long_side: int) -> ClipRecord:
    """The annotated frames of a video, subsampled and shrunk; overlapping objects: the later id on top."""
    annotated = sorted({index for object_id in video.object_ids for index in video.annotated_frames(object_id)})
    chosen = annotated[::stride][:frames] or annotated[:1]
    pictures, maps = [], []
    for index in chosen:
        image = video.frame(index)
        instances = np.zeros(image.shape[:2], np.uint16)
        for number, object_id in enumerate(video.object_ids, start=1):
            if index in video.annotated_frames(object_id):
                instances[video.mask(index, object_id)] = number
        pictures.append(shrink_image(image, long_side))
        maps.append(shrink_indices(drop_high_ids(instances), pictures[-1].shape[:2]))
    return ClipRecord(video.name, set_name, tuple(pictures), tuple(maps))


def _used(source: DataSource, set_name: str) -> bool:
    """A set with no weight at all is not worth its memory."""
    background = source.background.get(set_name, source.default_background)
    return background > 0 or source.paste.get(set_name, source.default_paste) > 0
