"""Edges guided by the picture: the filter's definition, what it must keep, and the values the app's twin is held to."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from masklet_export.reference.guided_edges import EPSILON, box_mean, edge_radius, enlarge, guide_edges

GRID, SIDE = 12, 48


def picture(seed: int, grid: int = GRID) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (4 * grid, 4 * grid, 3), dtype=np.uint8)


def blob(radius: float, centre: tuple[float, float] = (5.0, 6.5), grid: int = GRID) -> np.ndarray:
    y, x = np.mgrid[:grid, :grid]
    return (3 * (radius - np.hypot(y - centre[0], x - centre[1]))).astype(np.float32)


def by_definition(logits: np.ndarray, image: np.ndarray, radius: int) -> np.ndarray:
    """Window by window, as the paper writes it (eq. 14-15): no sums shared between windows."""
    grid = len(logits)
    guide = image.astype(np.float64).reshape(grid, 4, grid, 4, 3).mean(axis=(1, 3)) / 255
    p = 1 / (1 + np.exp(-logits.astype(np.float64)))
    windows = np.zeros((grid, grid, 4))

    def around(n: int) -> slice:
        return slice(max(0, n - radius), n + radius + 1)

    for y in range(grid):
        for x in range(grid):
            colours, values = guide[around(y), around(x)].reshape(-1, 3), p[around(y), around(x)].ravel()
            centred = colours - colours.mean(0)
            covariance = centred.T @ centred / len(colours)
            slope = np.linalg.solve(
                covariance + EPSILON * np.eye(3), centred.T @ (values - values.mean()) / len(colours)
            )
            windows[y, x] = [*slope, values.mean() - slope @ colours.mean(0)]
    averaged = np.array(
        [[windows[around(y), around(x)].reshape(-1, 4).mean(0) for x in range(grid)] for y in range(grid)]
    )
    result = np.zeros((4 * grid, 4 * grid))
    for y in range(4 * grid):
        for x in range(4 * grid):
            v, u = (np.clip((n + 0.5) / 4 - 0.5, 0, grid - 1) for n in (y, x))
            top, left = int(v), int(u)
            bottom, right = min(top + 1, grid - 1), min(left + 1, grid - 1)
            mixed = (
                averaged[top, left] * (1 - v + top) * (1 - u + left)
                + averaged[top, right] * (1 - v + top) * (u - left)
                + averaged[bottom, left] * (v - top) * (1 - u + left)
                + averaged[bottom, right] * (v - top) * (u - left)
            )
            result[y, x] = mixed[:3] @ (image[y, x] / 255.0) + mixed[3] - 0.5
    return result


@pytest.mark.parametrize(("size", "seed"), [(1.5, 1), (3.0, 2), (8.0, 3)])
def test_is_the_filter_of_the_paper(size: float, seed: int) -> None:
    logits = blob(size)
    expected = by_definition(logits, picture(seed), edge_radius(int((logits > 0).sum())))
    np.testing.assert_allclose(guide_edges(logits, picture(seed)), expected, atol=1e-5)


def test_a_picture_of_one_colour_makes_it_a_box_filter() -> None:
    logits = blob(3.2)
    flat = np.full((SIDE, SIDE, 3), 90, np.uint8)
    p = 1 / (1 + np.exp(-logits.astype(np.float64)))
    radius = edge_radius(int((logits > 0).sum()))
    expected = enlarge(box_mean(box_mean(p, radius), radius)[..., None], 4)[..., 0] - 0.5
    np.testing.assert_allclose(guide_edges(logits, flat), expected, atol=1e-5)


def test_the_edge_moves_to_where_the_colour_changes() -> None:
    image = np.full((SIDE, SIDE, 3), (40, 60, 50), np.uint8)
    image[9:33, 14:38] = (200, 90, 80)
    truth = np.zeros((SIDE, SIDE), bool)
    truth[9:33, 14:38] = True
    coarse = truth.reshape(GRID, 4, GRID, 4).mean(axis=(1, 3))
    logits = (8 * (coarse - 0.5)).astype(np.float32)
    refined = guide_edges(logits, image) > 0
    plain = enlarge(logits[..., None], 4)[..., 0] > 0
    assert (refined != truth).sum() < 0.2 * (plain != truth).sum()


def test_small_objects_survive_and_absent_ones_stay_absent() -> None:
    assert [edge_radius(cells) for cells in (0, 4, 100, 400, 4096)] == [1, 1, 1, 2, 3]
    image = picture(7)
    image[20:28, 24:32] = 255
    small = np.full((GRID, GRID), -6, np.float32)
    small[5:7, 6:8] = 6
    kept = guide_edges(small, image) > 0
    assert kept[22:26, 26:30].all()
    assert kept.sum() < 200
    assert (guide_edges(np.full((GRID, GRID), -1024, np.float32), image) < 0).all()
    with pytest.raises(ValueError, match="48 pixels"):
        guide_edges(small, image[:40])


def test_is_what_the_apps_twin_is_held_to(conformance: Path) -> None:
    cases = json.loads((conformance / "guided-edges.json").read_text())
    assert len(cases) >= 3
    for case in cases:
        grid = case["grid"]
        image = np.array(case["picture"], np.uint8).reshape(4 * grid, 4 * grid, 3)
        logits = np.array(case["logits"], np.float32).reshape(grid, grid)
        expected = np.array(case["values"]).reshape(4 * grid, 4 * grid)
        np.testing.assert_allclose(guide_edges(logits, image), expected, atol=1e-5)
