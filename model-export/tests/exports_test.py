"""The app's exports, read by readers that know the formats and nothing of the app: the masks are those that were drawn.

Recorded by `RECORD_EXPORTS=1 npx vitest run --project unit workers/export/recorded-exports.test.ts`.
"""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco
from pycocotools.coco import COCO

Masks = dict[tuple[int, int], np.ndarray]


@pytest.fixture(name="exports")
def exports_folder(conformance: Path) -> Path:
    return conformance / "exports"


@pytest.fixture(name="drawn")
def drawn_masks(exports: Path) -> dict:
    return json.loads((exports / "masks.json").read_text())


def masks_of(drawn: dict) -> Masks:
    """By frame number and place of the object; empty ones left out, as most formats do."""
    masks = {}
    for number, frame in zip(drawn["frames"], drawn["masks"], strict=True):
        for mask in frame:
            pixels = np.array([[pixel == "#" for pixel in row] for row in mask["rows"]])
            if pixels.any():
                masks[number, mask["object"]] = pixels
    return masks


def without_overlaps(masks: Masks) -> Masks:
    """The later object lies on top."""
    seen = {}
    for (number, place), mask in masks.items():
        above = [other for (frame, later), other in masks.items() if frame == number and later > place]
        left = mask & ~np.any(above, axis=0) if above else mask
        if left.any():
            seen[number, place] = left
    return seen


def assert_same(read: Masks, expected: Masks) -> None:
    assert read.keys() == expected.keys()
    for key, mask in expected.items():
        np.testing.assert_array_equal(read[key], mask, err_msg=str(key))


def test_coco_by_pycocotools(exports: Path, drawn: dict) -> None:
    dataset = COCO(exports / "coco" / "annotations.json")
    ids = [entry["id"] for entry in drawn["objects"]]
    read = {}
    for annotation in dataset.loadAnns(dataset.getAnnIds()):
        number = dataset.loadImgs(annotation["image_id"])[0]["frame_id"]
        place = ids.index(annotation["track_id"])
        read[number, place] = dataset.annToMask(annotation).astype(bool)
        assert annotation["area"] == read[number, place].sum()
        assert annotation["bbox"] == coco.toBbox(annotation["segmentation"]).tolist()
        category = dataset.loadCats(annotation["category_id"])[0]["name"]
        assert category == drawn["objects"][place]["category"]
    assert_same(read, masks_of(drawn))


def test_youtube_vis(exports: Path, drawn: dict) -> None:
    dataset = json.loads((exports / "youtube-vis" / "instances.json").read_text())
    (video,) = dataset["videos"]
    numbers = [int(Path(name).stem) for name in video["file_names"]]
    read = {}
    for place, annotation in enumerate(dataset["annotations"]):
        assert len(annotation["segmentations"]) == video["length"] == len(annotation["bboxes"])
        for number, rle, area in zip(numbers, annotation["segmentations"], annotation["areas"], strict=True):
            if rle is not None:
                read[number, place] = coco.decode(rle).astype(bool)
                assert area == coco.area(rle)
    assert_same(read, masks_of(drawn))


@pytest.mark.parametrize(
    ("layout", "folder"),
    [
        ("davis", "Annotations/Full-Resolution/my_clip"),
        ("youtube-vos", "Annotations/my_clip"),
        ("voc", "SegmentationObject"),
    ],
)
def test_pictures_of_object_numbers(layout: str, folder: str, exports: Path, drawn: dict) -> None:
    read = {}
    for path in sorted((exports / layout / folder).glob("*.png")):
        picture = Image.open(path)
        assert picture.mode == "P"
        assert picture.getpalette()[:9] == [0, 0, 0, 128, 0, 0, 0, 128, 0]
        indices = np.asarray(picture)
        for index in set(np.unique(indices)) - {0}:
            read[int(path.stem), int(index) - 1] = indices == index
    assert_same(read, without_overlaps(masks_of(drawn)))


def test_voc_classes(exports: Path, drawn: dict) -> None:
    lines = (exports / "voc/labelmap.txt").read_text().splitlines()[1:]
    labels = [line.split(":")[0] for line in lines]
    assert labels == ["background", "car", "dog"]
    assert (exports / "voc/ImageSets/Segmentation/default.txt").read_text().split() == [
        path.stem for path in sorted((exports / "voc/SegmentationClass").glob("*.png"))
    ]
    expected = without_overlaps(masks_of(drawn))
    for path in (exports / "voc/SegmentationClass").glob("*.png"):
        classes = np.asarray(Image.open(path))
        for (number, place), mask in expected.items():
            if number == int(path.stem):
                kinds = {labels[kind] for kind in np.unique(classes[mask])}
                assert kinds == {drawn["objects"][place]["category"]}


def test_burst(exports: Path, drawn: dict) -> None:
    dataset = json.loads((exports / "burst" / "annotations.json").read_text())
    (sequence,) = dataset["sequences"]
    names = {category["id"]: category["name"] for category in dataset["categories"]}
    ids = [entry["id"] for entry in drawn["objects"]]
    read = {}
    for path, tracks in zip(sequence["annotated_image_paths"], sequence["segmentations"], strict=True):
        for track, entry in tracks.items():
            place = ids.index(int(track))
            rle = {"size": [sequence["height"], sequence["width"]], "counts": entry["rle"].encode()}
            read[int(Path(path).stem), place] = coco.decode(rle).astype(bool)
            assert names[sequence["track_category_ids"][track]] == drawn["objects"][place]["category"]
    assert_same(read, masks_of(drawn))


def test_datumaro(exports: Path, drawn: dict) -> None:
    dataset = json.loads((exports / "datumaro" / "default.json").read_text())
    labels = [label["name"] for label in dataset["categories"]["label"]["labels"]]
    ids = [entry["id"] for entry in drawn["objects"]]
    read = {}
    for item in dataset["items"]:
        for annotation in item["annotations"]:
            place = ids.index(annotation["attributes"]["track_id"])
            read[item["attr"]["frame"], place] = coco.decode(annotation["rle"]).astype(bool)
            assert labels[annotation["label_id"]] == drawn["objects"][place]["category"]
    assert_same(read, masks_of(drawn))


def test_youtube_vos_meta(exports: Path, drawn: dict) -> None:
    meta = json.loads((exports / "youtube-vos" / "meta.json").read_text())
    objects = meta["videos"]["my_clip"]["objects"]
    assert [objects[str(n + 1)]["category"] for n in range(3)] == [one["category"] for one in drawn["objects"]]
    shown = {(int(name), int(index) - 1) for index, entry in objects.items() for name in entry["frames"]}
    assert shown == masks_of(drawn).keys()


def test_mots_in_both_forms(exports: Path, drawn: dict) -> None:
    expected = without_overlaps(masks_of(drawn))
    text = {}
    for line in (exports / "mots/instances_txt/my_clip.txt").read_text().splitlines():
        number, identity, kind, height, width, counts = line.split(" ")
        assert int(identity) // 1000 == int(kind)
        rle = {"size": [int(height), int(width)], "counts": counts.encode()}
        text[int(number), int(identity) % 1000 - 1] = coco.decode(rle).astype(bool)
    assert_same(text, expected)
    pictures = {}
    for path in sorted((exports / "mots/instances/my_clip").glob("*.png")):
        values = np.asarray(Image.open(path)).astype(int)
        for identity in set(np.unique(values).tolist()) - {0}:
            pictures[int(path.stem), identity % 1000 - 1] = values == identity
    assert_same(pictures, expected)


def test_sa_v_in_both_forms(exports: Path, drawn: dict) -> None:
    pictures = {}
    for path in sorted((exports / "sa-v/Annotations/my_clip").glob("*/*.png")):
        mask = np.asarray(Image.open(path)) > 0
        if mask.any():
            pictures[int(path.stem), int(path.parent.name)] = mask
    assert_same(pictures, masks_of(drawn))
    train = json.loads((exports / "sa-v/my_clip_manual.json").read_text())
    read = {}
    for number, row in zip(train["masklet_frames"], train["masklet"], strict=True):
        for place, mask in zip(train["masklet_id"], (coco.decode(rle).astype(bool) for rle in row), strict=True):
            if mask.any():
                read[number, place] = mask
    assert_same(read, masks_of(drawn))


def test_cvat(exports: Path, drawn: dict) -> None:
    root = ElementTree.parse(exports / "cvat" / "annotations.xml").getroot()
    assert root.findtext("version") == "1.1"
    size = root.find("meta/task/original_size")
    shape = int(size.findtext("height")), int(size.findtext("width"))
    labels = [label.findtext("name") for label in root.iterfind("meta/task/labels/label")]
    assert labels == ["car", "dog"]
    read = {}
    for place, track in enumerate(root.iterfind("track")):
        assert track.get("label") == drawn["objects"][place]["category"]
        for element in track.iterfind("mask"):
            if element.get("outside") == "1":
                continue
            left, top, width, height = (int(element.get(name)) for name in ("left", "top", "width", "height"))
            runs = [int(count) for count in element.get("rle").split(", ")]
            inside = np.repeat(np.arange(len(runs)) % 2, runs).astype(bool)
            mask = np.zeros(shape, bool)
            mask[top : top + height, left : left + width] = inside.reshape(height, width)
            read[int(element.get("frame")), place] = mask
    assert_same(read, masks_of(drawn))


def test_labelme(exports: Path, drawn: dict) -> None:
    ids = [entry["id"] for entry in drawn["objects"]]
    read = {}
    for path in sorted((exports / "labelme").glob("*.json")):
        content = json.loads(path.read_text())
        for shape in content["shapes"]:
            (x0, y0), (x1, y1) = shape["points"]
            mask = np.zeros((content["imageHeight"], content["imageWidth"]), bool)
            mask[y0 : y1 + 1, x0 : x1 + 1] = np.asarray(Image.open(io.BytesIO(base64.b64decode(shape["mask"])))) > 0
            read[int(path.stem), ids.index(shape["group_id"])] = mask
    assert_same(read, masks_of(drawn))


def fill(polygons: list[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """Pixels whose centres are inside by the even-odd rule."""
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    inside = np.zeros(shape, bool)
    for points in polygons:
        for (ax, ay), (bx, by) in zip(points, np.roll(points, -1, axis=0), strict=True):
            if ay != by:
                inside ^= ((ay > y) != (by > y)) & (x < ax + (y - ay) / (by - ay) * (bx - ax))
    return inside


def test_svg(exports: Path, drawn: dict) -> None:
    shape = tuple(drawn["size"])
    ids = [entry["id"] for entry in drawn["objects"]]
    read = {}
    for path in sorted((exports / "svg").glob("*.svg")):
        for element in ElementTree.parse(path).getroot():
            polygons = []
            for part in element.get("d").split("Z")[:-1]:
                at = [0, 0]
                points = []
                for command, first, second in re.findall(r"([MHV])(\d+)(?: (\d+))?", part):
                    at = [int(first), int(second)] if command == "M" else at
                    at = [int(first), at[1]] if command == "H" else at
                    at = [at[0], int(first)] if command == "V" else at
                    points.append(at)
                polygons.append(np.array(points))
            if polygons:
                place = ids.index(int(element.get("id").removeprefix("object-")))
                read[int(path.stem), place] = fill(polygons, shape)
    assert_same(read, masks_of(drawn))


def test_yolo_polygons(exports: Path, drawn: dict) -> None:
    height, width = drawn["size"]
    expected = masks_of(drawn)
    # The hole is lost, as a polygon loses it.
    expected[100, 0][2, 2] = True
    for path in sorted((exports / "yolo-seg/labels/train").glob("*.txt")):
        places = [place for number, place in expected if number == int(path.stem)]
        for place, line in zip(places, path.read_text().splitlines(), strict=True):
            kind, *shares = line.split(" ")
            assert ["car", "dog"][int(kind)] == drawn["objects"][place]["category"]
            polygon = np.array(shares, float).reshape(-1, 2) * [width, height]
            mask = expected[int(path.stem), place]
            assert (fill([polygon], (height, width)) ^ mask).sum() <= 1
