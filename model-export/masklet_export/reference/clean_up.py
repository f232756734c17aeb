"""Optional repair of masks: keep the parts that were clicked, drop specks, fill holes. Works on logits or masks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

FILLED_LOGIT = 0.1
"""Logit of a filled pixel: just inside (sam2/utils/misc.py@2b90b9f `fill_holes_in_mask_scores`)."""
REMOVED_LOGIT = -10.0
"""Logit of a removed pixel: clearly outside, as far as the reference's own non-overlap rule goes."""


def label_components(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """8-connected components of a bool mask: int32 labels [H,W] (0 = background) and their areas (index = label).

    Runs of a row are joined with touching runs of the row above.
    """
    labels = np.zeros(mask.shape, np.int32)
    parents = [0]
    above: list[tuple[int, int, int]] = []
    for y in range(mask.shape[0]):
        row: list[tuple[int, int, int]] = []
        edges = np.flatnonzero(np.diff(np.concatenate(([0], mask[y].astype(np.int8), [0]))))
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            touching = [_root(parents, label) for a, b, label in above if a <= end and start <= b]
            label = min(touching, default=len(parents))
            if label == len(parents):
                parents.append(label)
            for other in touching:
                parents[other] = label
            row.append((start, end, label))
            labels[y, start:end] = label
        above = row
    roots = np.array([_root(parents, label) for label in range(len(parents))], np.int32)
    _, compact = np.unique(roots, return_inverse=True)
    labels = compact.astype(np.int32)[labels]
    return labels, np.bincount(labels.ravel())


def keep_clicked(logits: np.ndarray, clicks_xy: Sequence[tuple[float, float]]) -> np.ndarray:
    """Drop every component that holds no positive click; logits [H,W], clicks in its pixels.

    With no click inside the mask nothing is dropped: then the model disagrees with the clicks, and its answer is to
    be seen. Differs from sam2, which keeps every piece: a small model spills into distant areas of the same texture.
    """
    height, width = logits.shape
    labels, _ = label_components(logits > 0)
    clicked = {int(labels[min(int(y), height - 1), min(int(x), width - 1)]) for x, y in clicks_xy} - {0}
    if not clicked:
        return logits
    is_kept = (labels == 0) | np.isin(labels, list(clicked))
    return np.where(is_kept, logits, np.float32(REMOVED_LOGIT))


def remove_islands(logits: np.ndarray, max_area: int) -> np.ndarray:
    """Drop components of at most `max_area` pixels."""
    labels, areas = label_components(logits > 0)
    return np.where((labels > 0) & (areas[labels] <= max_area), np.float32(REMOVED_LOGIT), logits)


def fill_holes(logits: np.ndarray, max_area: int) -> np.ndarray:
    """Lift background components of at most `max_area` pixels just inside.

    Source: sam2/utils/misc.py@2b90b9f `fill_holes_in_mask_scores` (8-connected background).
    """
    labels, areas = label_components(logits <= 0)
    is_hole = (labels > 0) & (areas[labels] <= max_area)
    return np.where(is_hole, np.float32(FILLED_LOGIT), logits)


def separate_objects(logits_ohw: np.ndarray) -> np.ndarray:
    """Let no two objects share a pixel: all but the highest are clamped to ≤ −10; float32 [O,H,W].

    Source: sam2_base.py@2b90b9f `_apply_non_overlapping_constraints`.
    """
    if logits_ohw.shape[0] < 2:
        return logits_ohw
    is_highest = logits_ohw.argmax(axis=0)[None] == np.arange(logits_ohw.shape[0])[:, None, None]
    return np.where(is_highest, logits_ohw, np.minimum(logits_ohw, np.float32(REMOVED_LOGIT)))


def _root(parents: list[int], label: int) -> int:
    while parents[label] != label:
        parents[label] = parents[parents[label]]
        label = parents[label]
    return label
