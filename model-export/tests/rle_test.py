"""Run lengths as pycocotools has them: what the app's run-length algebra is held to."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from pycocotools import mask as coco

from masklet_export.train.readers.coco_rle import decode_rle, encode_rle


def masks_of_a_case(case: dict) -> list[np.ndarray]:
    height, width = case["size"]
    return [decode_rle({"size": [height, width], "counts": counts}) for counts in case["counts"]]


def test_the_recorded_cases_are_pycocotools_own_answers(conformance: Path) -> None:
    cases = json.loads((conformance / "coco-rle.json").read_text())
    assert len(cases) >= 20
    for case in cases:
        first, second = masks_of_a_case(case)
        encoded = [coco.encode(np.asfortranarray(mask.astype(np.uint8))) for mask in (first, second)]
        assert [entry["counts"].decode() for entry in encoded] == case["strings"]
        assert coco.area(encoded).tolist() == case["areas"]
        assert coco.toBbox(encoded).tolist() == case["boxes"]
        assert coco.area(coco.merge(encoded)) == case["union"]
        assert coco.area(coco.merge(encoded, intersect=True)) == case["intersection"]
        assert coco.iou(encoded[:1], encoded[1:], [0])[0][0] == case["iou"]
        for mask, counts in zip((first, second), case["counts"], strict=True):
            assert encode_rle(mask)["counts"] == counts
