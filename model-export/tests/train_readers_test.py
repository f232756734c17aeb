"""Readers of every data layout, on folders made here."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage
from pycocotools import mask as coco

from masklet_export.train.configuration import DataSettings, DataSource
from masklet_export.train.data_loading import load_banks, load_records
from masklet_export.train.readers.coco_rle import decode_counts, decode_rle, encode_rle
from masklet_export.train.readers.cutout_folders import list_cutouts, read_cutouts
from masklet_export.train.readers.data_pack import read_data_pack, write_data_pack
from masklet_export.train.readers.davis_layout import list_davis
from masklet_export.train.readers.indexed_stills import list_stills, read_stills
from masklet_export.train.readers.procedural_clips import make_procedural_clips
from masklet_export.train.readers.records import ClipRecord, CutoutRecord, StillRecord, is_held_out
from masklet_export.train.readers.sav_layout import list_sav
from masklet_export.train.readers.video_files import decode_video

HEIGHT, WIDTH = 24, 40


def save_image(path: Path, value: int = 128, size: tuple[int, int] = (HEIGHT, WIDTH)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    PillowImage.fromarray(np.full((*size, 3), value, np.uint8)).save(path)


def save_indices(path: Path, indices: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = PillowImage.fromarray(indices.astype(np.uint8))
    image.putpalette([i % 256 for i in range(768)])
    image.save(path)


def block(value: int, *, left: int = 0, right: int = WIDTH // 2) -> np.ndarray:
    indices = np.zeros((HEIGHT, WIDTH), np.uint8)
    indices[4:12, left:right] = value
    return indices


@given(
    data=st.data(),
    height=st.integers(1, 12),
    width=st.integers(1, 12),
)
@settings(max_examples=60, deadline=None)
def test_run_lengths_agree_with_pycocotools(data: st.DataObject, height: int, width: int) -> None:
    bits = data.draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width))
    mask = np.array(bits, bool).reshape(height, width)
    compressed = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert np.array_equal(decode_rle(compressed), mask)
    assert np.array_equal(decode_rle({"size": [height, width], "counts": compressed["counts"].decode()}), mask)
    ours = encode_rle(mask)
    assert decode_counts(compressed["counts"]) == ours["counts"]
    assert np.array_equal(decode_rle(ours), mask)


def test_bad_run_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="add up to 5"):
        decode_rle({"size": [2, 3], "counts": [2, 3]})


def test_stills_with_and_without_an_index(tmp_path: Path) -> None:
    save_image(tmp_path / "images" / "a.jpg")
    save_image(tmp_path / "images" / "b.png")
    save_indices(tmp_path / "masks" / "a.png", block(3) + block(250, left=30, right=35))
    assert list_stills(tmp_path) == [("a", tmp_path.name), ("b", tmp_path.name)]
    labelled, plain = read_stills(tmp_path, list_stills(tmp_path))
    # Ids from 200 up belong to the generator.
    assert set(np.unique(labelled.instances)) == {0, 3}
    assert plain.instances.max() == 0
    (tmp_path / "index.tsv").write_text("name\tset\ttier\na\tpets\tA\nmissing\tpets\tA\n")
    assert list_stills(tmp_path)[0] == ("a", "pets")
    with pytest.raises(FileNotFoundError, match="missing"):
        list(read_stills(tmp_path, list_stills(tmp_path)))
    save_indices(tmp_path / "masks" / "b.png", np.zeros((5, 5)))
    with pytest.raises(ValueError, match="does not fit"):
        list(read_stills(tmp_path, [("b", "x")]))
    save_image(tmp_path / "masks" / "a.png")
    with pytest.raises(ValueError, match="not indices"):
        list(read_stills(tmp_path, [("a", "x")]))


def test_cutouts_are_files_or_folders_of_views(tmp_path: Path) -> None:
    rgba = np.zeros((20, 30, 4), np.uint8)
    rgba[5:15, 5:25] = 255
    PillowImage.fromarray(rgba).save(tmp_path / "one.png")
    (tmp_path / "orbit").mkdir()
    for view in range(3):
        PillowImage.fromarray(rgba).save(tmp_path / "orbit" / f"{view:02d}.webp")
    PillowImage.fromarray(np.zeros_like(rgba)).save(tmp_path / "empty.png")
    save_image(tmp_path / "opaque.png")
    records = {record.name: record for record in read_cutouts(list_cutouts(tmp_path), "set")}
    assert {name: len(record.views) for name, record in records.items()} == {"one": 1, "orbit": 3}
    assert records["one"].views[0].shape == (20, 30, 4)


def make_davis(root: Path, *, binary: bool) -> None:
    for index in range(4):
        save_image(root / "JPEGImages" / "480p" / "cat" / f"{index:05d}.jpg", 10 * index)
        indices = block(255) if binary else block(1) + block(2, left=25, right=30)
        if not binary:
            indices[0, 0] = 255
        save_indices(root / "Annotations" / "480p" / "cat" / f"{index:05d}.png", indices)
    save_image(root / "JPEGImages" / "480p" / "dog" / "00000.jpg")
    save_indices(root / "Annotations" / "480p" / "dog" / "00000.png", block(255 if binary else 1))


def test_davis_2017_with_void_and_sets(tmp_path: Path) -> None:
    make_davis(tmp_path, binary=False)
    (tmp_path / "ImageSets" / "2017").mkdir(parents=True)
    (tmp_path / "ImageSets" / "2017" / "val.txt").write_text("cat\n")
    (cat,) = list_davis(tmp_path, "val")
    assert (cat.name, cat.num_frames, cat.object_ids) == ("cat", 4, (1, 2))
    assert cat.annotated_frames(1) == (0, 1, 2, 3)
    assert cat.annotated_frames(9) == ()
    assert cat.mask(0, 2).sum() == 8 * 5
    void = cat.void(0)
    assert void is not None
    assert void.sum() == 1
    assert cat.frame(2).shape == (HEIGHT, WIDTH, 3)
    assert cat.frame_name(3) == "00003"
    assert [sequence.name for sequence in list_davis(tmp_path)] == ["cat", "dog"]
    with pytest.raises(ValueError, match="ImageSets"):
        list_davis(tmp_path, "train")


def test_davis_2016_is_one_object(tmp_path: Path) -> None:
    make_davis(tmp_path, binary=True)
    (tmp_path / "ImageSets" / "480p").mkdir(parents=True)
    lines = [f"/JPEGImages/480p/dog/{i:05d}.jpg /Annotations/480p/dog/{i:05d}.png" for i in range(2)]
    (tmp_path / "ImageSets" / "480p" / "val.txt").write_text("\n".join(lines))
    (dog,) = list_davis(tmp_path, "val")
    assert (dog.name, dog.object_ids) == ("dog", (1,))
    assert dog.mask(0, 1).sum() == 8 * WIDTH // 2
    assert dog.void(0) is None


def test_a_folder_may_be_one_sequence_with_other_names_and_few_masks(tmp_path: Path) -> None:
    for index in range(5):
        save_image(tmp_path / "JPEGImages" / f"{index:05d}.jpg")
    for index in (0, 3):
        save_indices(tmp_path / "Annotations" / f"frame_{index:06d}.png", block(1 + (index == 3)))
    (sequence,) = list_davis(tmp_path)
    assert sequence.name == tmp_path.name
    assert sequence.object_ids == (1, 2)
    assert sequence.annotated_frames(1) == (0, 3)
    assert not sequence.mask(3, 1).any()
    save_indices(tmp_path / "Annotations" / "frame_000099.png", block(1))
    with pytest.raises(ValueError, match="do not pair"):
        list_davis(tmp_path)


def write_video(path: Path, frames: int) -> None:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 24, (64, 48))
    for index in range(frames):
        writer.write(np.full((48, 64, 3), 8 * index, np.uint8))
    writer.release()


def test_sav_training_layout(tmp_path: Path) -> None:
    folder = tmp_path / "sav_000"
    folder.mkdir()
    write_video(folder / "sav_000001.mp4", 12)
    masks = [np.zeros((48, 64), bool) for _ in range(3)]
    masks[0][10:20, 10:30] = masks[2][12:22, 10:30] = True
    rows = [[coco.encode(np.asfortranarray(mask.astype(np.uint8)))] for mask in masks]
    for row in rows:
        row[0]["counts"] = row[0]["counts"].decode()
    for kind in ("manual", "auto"):
        (folder / f"sav_000001_{kind}.json").write_text(json.dumps({"masklet": rows, "masklet_id": [0]}))
    (video,) = list_sav(tmp_path)
    assert (video.name, video.num_frames, video.object_ids) == ("sav_000001", 3, (1, 2))
    assert np.array_equal(video.mask(2, 2), masks[2])
    assert video.annotated_frames(1) == (0, 1, 2)
    assert not video.mask(1, 1).any()
    # Annotated at a quarter of the video's rate.
    assert video.frame(2).mean() == pytest.approx(8 * 8, abs=4)
    (manual,) = list_sav(tmp_path, ("manual",))
    assert manual.object_ids == (1,)


def test_sav_evaluation_layout(tmp_path: Path) -> None:
    for index in range(5):
        save_image(tmp_path / "JPEGImages_24fps" / "sav_1" / f"{index:05d}.jpg")
    for index in (0, 4):
        save_indices(tmp_path / "Annotations_6fps" / "sav_1" / "000" / f"{index:05d}.png", block(1))
        save_indices(tmp_path / "Annotations_6fps" / "sav_1" / "001" / f"{index:05d}.png", block(index // 4))
    (video,) = list_sav(tmp_path)
    assert (video.num_frames, video.object_ids) == (5, (1, 2))
    assert video.annotated_frames(2) == (0, 4)
    assert not video.mask(0, 2).any()
    assert video.mask(4, 2).any()
    assert video.object_folder(2) == "001"
    with pytest.raises(KeyError):
        video.mask(1, 1)


def test_videos_are_subsampled_while_decoding(tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mp4", 12)
    frames = decode_video(tmp_path / "clip.mp4", stride=3, limit=3, long_side=32)
    assert [frame.shape for frame in frames] == [(24, 32, 3)] * 3
    assert np.diff([frame.mean() for frame in frames]) == pytest.approx([24, 24], abs=5)
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    with pytest.raises(ValueError, match="cannot be decoded"):
        decode_video(tmp_path / "broken.mp4")


def test_packs_keep_records_and_order(tmp_path: Path) -> None:
    clip = next(iter(make_procedural_clips(1, frames=3, height=48, width=64, seed=1)))
    rgba = np.random.default_rng(0).integers(0, 256, (20, 30, 4), np.uint8)
    still = StillRecord("a", "pets", np.full((30, 40, 3), 77, np.uint8), np.eye(30, 40, dtype=np.uint8))
    unlabelled = ClipRecord("u", "videos", clip.frames, None)
    written = [still, clip, unlabelled, CutoutRecord("c", "emoji", (rgba, rgba))]
    size = write_data_pack(tmp_path / "data.zip", written)
    assert size == (tmp_path / "data.zip").stat().st_size
    read = list(read_data_pack(tmp_path / "data.zip"))
    assert [(record.name, record.set_name) for record in read] == [(w.name, w.set_name) for w in written]
    assert isinstance(read[0], StillRecord)
    assert np.array_equal(read[0].instances, still.instances)
    assert np.abs(read[0].image.astype(int) - 77).max() <= 2
    assert isinstance(read[1], ClipRecord)
    assert read[1].instances is not None
    assert clip.instances is not None
    assert all(np.array_equal(a, b) for a, b in zip(read[1].instances, clip.instances, strict=True))
    assert isinstance(read[2], ClipRecord)
    assert read[2].instances is None
    assert isinstance(read[3], CutoutRecord)
    assert len(read[3].views) == 2
    content = (tmp_path / "data.zip").read_bytes()
    (tmp_path / "damaged.zip").write_bytes(content.replace(b"masklet-data/1", b"masklet-data/9"))
    with pytest.raises(ValueError, match="is damaged"):
        list(read_data_pack(tmp_path / "damaged.zip"))
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "something else")
    with pytest.raises(ValueError, match="is no masklet-data"):
        list(read_data_pack(tmp_path / "other.zip"))


def test_procedural_clips_depend_on_seed_and_number_alone() -> None:
    first = list(make_procedural_clips(3, frames=4, height=48, width=64, seed=5))
    again = list(make_procedural_clips(2, frames=4, height=48, width=64, seed=5))
    assert np.array_equal(first[1].frames[3], again[1].frames[3])
    assert first[0].instances is not None
    assert first[0].instances[0].max() >= 1
    assert not np.array_equal(first[0].frames[0], first[0].frames[3])


def test_the_held_out_slice_is_the_other_side_of_the_same_split(tmp_path: Path) -> None:
    settings_ = DataSettings(
        sources=(
            DataSource(kind="procedural", frames=3, count=40, default_paste=1.0),
            DataSource(kind="davis", path="davis", frames=3, stride=1),
        ),
        held_out_percent=25,
        width=64,
        height=48,
        cutout=32,
    )
    make_davis(tmp_path / "davis", binary=False)
    names = {
        side: {record.name for record in load_records(settings_, tmp_path, held_out=side)} for side in (False, True)
    }
    assert not names[False] & names[True]
    assert len(names[False] | names[True]) == 42
    assert all(is_held_out(name, 25) for name in names[True])
    assert 3 <= len(names[True]) <= 20
    banks = load_banks(settings_, tmp_path, held_out=False)
    assert len(banks.pictures.sequence_start) == len(names[False])
    assert banks.num_bytes > 0
    assert banks.halved().pictures.images_n3hw.shape[-2:] == (24, 32)
