"""Masks from files, and the order of files: the same rules as the page's (`app/masks/read-labels.test.ts`)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from masklet_export.train.readers.davis_layout import DavisSequence, list_davis
from masklet_export.train.readers.natural_order import frame_number, in_natural_order
from masklet_export.train.readers.read_labels import OPAQUE, read_labels

Y, X = np.mgrid[:16, :24]
DISC = np.hypot(X - 7, Y - 8) <= 5
SQUARE = np.maximum(abs(X - 18), abs(Y - 8)) <= 4
VOC = [0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0]
SCALE = [each for grey in range(256) for each in (grey, 255 - grey, 7)]


def stored(path: Path, ground, disc, square=None, *, mode: str | None = None, palette: list[int] | None = None) -> Path:
    shape = (16, 24) if np.ndim(ground) == 0 else (16, 24, len(ground))
    samples = np.empty(shape, np.uint16 if mode == "I;16" else np.uint8)
    samples[:] = ground
    samples[DISC] = disc
    samples[SQUARE] = ground if square is None else square
    image = Image.fromarray(samples)
    if palette is not None:
        image.putpalette(palette)
    image.save(path)
    return path


@pytest.mark.parametrize(
    ("samples", "options"),
    [
        ((0, 255), {}),
        ((0, 1), {}),
        ((40, 190), {}),
        ((0, 257), {"mode": "I;16"}),
        ((0, 1), {"mode": "I;16"}),
        ((0, 8), {"palette": [0, 0, 0, *SCALE[3:]]}),
        ((0, 64), {"palette": [0, 0, 0, *SCALE[3:]]}),
        ((1, 0), {"palette": [255, 255, 255, 0, 0, 0]}),
        ((1, 0), {"palette": [200, 0, 0, 0, 0, 0]}),
        (((0, 0, 0), (60, 20, 100)), {}),
        (((255, 255, 255), (200, 0, 0)), {}),
        (((0, 0, 0, 0), (0, 0, 0, 255)), {}),
        (((0, 0), (0, 255)), {}),
        (((0, 0, 0, 255), (255, 255, 255, 255)), {}),
    ],
)
def test_one_object(tmp_path: Path, samples: tuple, options: dict) -> None:
    labels = read_labels(stored(tmp_path / "m.png", *samples, **options)).values
    assert np.array_equal(labels != 0, DISC)
    assert len(np.unique(labels)) == 2


def test_several_objects_and_soft_edges(tmp_path: Path) -> None:
    path = tmp_path / "m.png"
    for samples, options in [
        ((0, 1, 2), {"palette": VOC}),
        ((0, 1, 2), {}),
        ((0, 127, 254), {}),
        ((0, 128, 255), {}),
        ((0, 1000, 40000), {"mode": "I;16"}),
        (((0, 0, 0), (0, 0, 200), (250, 0, 0)), {}),
        (((0, 0, 0, 0), (0, 0, 200, 255), (250, 0, 0, 255)), {}),
    ]:
        labels = read_labels(stored(path, *samples, **options)).values
        _, first, second = np.unique(labels)
        assert np.array_equal(labels == first, DISC)
        assert np.array_equal(labels == second, SQUARE)

    inside = np.clip(5.05 - np.hypot(X - 7, Y - 8) + 0.5, 0, 1)
    Image.fromarray((inside * 255).round().astype(np.uint8)).save(path)
    assert np.array_equal(read_labels(path).values == 255, DISC)
    boxed = np.clip(4.5 - np.maximum(abs(X - 18), abs(Y - 8)) + 0.5, 0, 1)
    colours = inside[..., None] * (200, 40, 40) + boxed[..., None] * (40, 200, 40)
    Image.fromarray(colours.round().clip(0, 255).astype(np.uint8)).save(path)
    labels = read_labels(path).values
    assert np.array_equal(labels == OPAQUE + 0xC82828, DISC)
    assert len(np.unique(labels)) == 3

    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 255, (16, 24, 3), np.uint8)).save(path)
    with pytest.raises(ValueError, match=r"m\.png is no picture of masks: it has too many colours"):
        read_labels(path)


def test_a_sequence_of_any_masks_has_its_objects_by_number(tmp_path: Path) -> None:
    frames, masks = tmp_path / "JPEGImages" / "seq", tmp_path / "Annotations" / "seq"
    frames.mkdir(parents=True)
    masks.mkdir(parents=True)
    for number in range(1, 13):
        Image.fromarray(np.full((16, 24, 3), number, np.uint8)).save(frames / f"{number}.png")
    stored(masks / "1.png", (0, 0, 0), (0, 0, 200), (250, 0, 0))
    (sequence,) = list_davis(tmp_path)
    assert [int(sequence.frame(index)[0, 0, 0]) for index in range(12)] == list(range(1, 13))
    assert (sequence.object_ids, sequence.annotated_frames(1)) == ((1, 2), (0,))
    assert np.array_equal(sequence.mask(0, 2), SQUARE)
    soft = np.clip(5.05 - np.hypot(X - 7, Y - 8) + 0.5, 0, 1)
    Image.fromarray((soft * 255).round().astype(np.uint8)).save(masks / "1.png")
    binary = DavisSequence(frames, masks)
    assert (binary.object_ids, binary.void(0)) == ((1,), None)
    assert np.array_equal(binary.mask(0, 1), DISC)
    stored(masks / "1.png", 0, 3, 255)
    indexed = DavisSequence(frames, masks)
    assert indexed.object_ids == (3,)
    assert np.array_equal(indexed.void(0), SQUARE)


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        (["1", "2", "10"], [1, 2, 10]),
        (["foo -010", "foo -001", "foo 0000", "foo 0010"], [-10, -1, 0, 10]),
        (["frame-1", "frame-2", "frame-10"], [1, 2, 10]),
        (["-2", "-1", "0", "3"], [-2, -1, 0, 3]),
        (["f-2", "f-1", "f0", "f1"], [-2, -1, 0, 1]),
        (["a2_7", "a10_3"], [7, 3]),
        (["00001", "00002", "00005"], [1, 2, 5]),
    ],
)
def test_files_are_ordered_by_number(names: list[str], numbers: list[int]) -> None:
    shuffled = [Path(f"{name}.png") for name in sorted(names, reverse=True)]
    assert [path.stem for path in in_natural_order(shuffled)] == names
    assert [frame_number(name, names) for name in names] == numbers
