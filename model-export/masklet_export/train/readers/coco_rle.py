"""COCO's run-length code, compressed strings included, as SA-V's JSON files hold it.

Source: cocodataset/cocoapi common/maskApi.c `rleFrString`, `rleDecode`; column-major runs, zeros first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from masklet_export.train.readers.records import Mask


def decode_rle(rle: dict[str, Any]) -> Mask:
    """Decode `{size: [H,W], counts: str | bytes | list}` to bool [H,W].

    Raises `ValueError` when the runs do not add up to the size.
    """
    height, width = rle["size"]
    counts = rle["counts"]
    runs = list(counts) if isinstance(counts, list) else decode_counts(counts)
    if sum(runs) != height * width:
        raise ValueError(f"runs add up to {sum(runs)}, not {height}x{width}")
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape(width, height).T


def decode_counts(text: str | bytes) -> list[int]:
    """The runs behind a compressed string: 5 bits a character plus continuation, differences from two runs before."""
    data = text.encode("ascii") if isinstance(text, str) else text
    runs: list[int] = []
    position = 0
    while position < len(data):
        value = shift = 0
        more = True
        while more:
            byte = data[position] - 48
            value |= (byte & 0x1F) << (5 * shift)
            more = bool(byte & 0x20)
            position += 1
            shift += 1
            if not more and byte & 0x10:
                value |= -1 << (5 * shift)
        runs.append(value + runs[-2] if len(runs) > 2 else value)
    return runs


def encode_rle(mask: Mask) -> dict[str, Any]:
    """Uncompressed runs of a mask, the inverse of `decode_rle`."""
    flat = np.asarray(mask, dtype=bool).T.reshape(-1)
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    bounds = np.concatenate(([0], edges, [flat.size]))
    runs = np.diff(bounds).tolist()
    return {"size": list(mask.shape), "counts": [0, *runs] if flat.size and flat[0] else runs}
