"""J, F and the rules of DAVIS 2017 and SA-V against independent computations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_dilation, gaussian_filter

from masklet_export.evaluate.measures import (
    boundary_accuracy,
    boundary_map,
    dilate_by_disc,
    region_similarity,
)
from masklet_export.evaluate.track_scores import score_track, statistics

Mask = np.ndarray


def smooth_mask(seed: int, height: int, width: int) -> Mask:
    field = gaussian_filter(np.random.default_rng(seed).normal(size=(height, width)), sigma=3)
    return field > np.quantile(field, np.random.default_rng(seed + 1).uniform(0.3, 0.98))


def literal_boundary(mask: Mask) -> Mask:
    """`seg2bmap` pixel by pixel: a pixel is on the boundary when its right, lower or lower-right neighbour differs.

    The last row and column look along themselves only; the last pixel never counts.
    """
    height, width = mask.shape
    result = np.zeros_like(mask)
    for y in range(height):
        for x in range(width):
            right = mask[y, x + 1] if x + 1 < width else None
            below = mask[y + 1, x] if y + 1 < height else None
            diagonal = mask[y + 1, x + 1] if x + 1 < width and y + 1 < height else None
            neighbours = [value for value in (right, below, diagonal) if value is not None]
            result[y, x] = any(value != mask[y, x] for value in neighbours)
    return result


def literal_f(predicted: Mask, truth: Mask, tolerance: float = 0.008) -> float:
    """F with SciPy's dilation by a disc built from its definition."""
    radius = int(np.ceil(tolerance * np.linalg.norm(truth.shape)))
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disc = x**2 + y**2 <= radius**2
    one, other = literal_boundary(predicted), literal_boundary(truth)
    if not one.any() and not other.any():
        return 1.0
    if not one.any() or not other.any():
        return 0.0
    precision = (one & binary_dilation(other, disc)).sum() / one.sum()
    recall = (other & binary_dilation(one, disc)).sum() / other.sum()
    return 0.0 if precision + recall == 0 else 2 * precision * recall / (precision + recall)


@given(
    seed=st.integers(0, 100_000),
    height=st.integers(1, 60),
    width=st.integers(1, 60),
    tolerance=st.sampled_from([0.008, 0.03, 0.1]),
)
@settings(max_examples=60, deadline=None)
def test_j_and_f_equal_an_independent_computation(seed: int, height: int, width: int, tolerance: float) -> None:
    truth = smooth_mask(seed, height, width)
    predicted = smooth_mask(seed + 17, height, width) if seed % 3 else np.roll(truth, 2, axis=seed % 2)
    assert np.array_equal(boundary_map(truth), literal_boundary(truth))
    expected = literal_f(predicted, truth, tolerance)
    assert boundary_accuracy(predicted, truth, tolerance=tolerance) == pytest.approx(expected, abs=1e-6)
    union = np.logical_or(truth, predicted).sum()
    j = np.logical_and(truth, predicted).sum() / union if union else 1.0
    assert region_similarity(predicted, truth) == pytest.approx(j, abs=1e-6)


def test_f_at_the_benchmarks_size() -> None:
    truth, predicted = smooth_mask(3, 480, 854), smooth_mask(4, 480, 854)
    assert boundary_accuracy(predicted, truth) == pytest.approx(literal_f(predicted, truth), abs=1e-6)


def test_discs_are_discs() -> None:
    point = np.zeros((21, 25), bool)
    point[10, 12] = True
    y, x = np.mgrid[:21, :25]
    for radius in (0, 1, 2, 5, 8):
        assert np.array_equal(dilate_by_disc(point, radius), (y - 10) ** 2 + (x - 12) ** 2 <= radius**2)


def test_edge_cases_of_both_measures() -> None:
    empty, full = np.zeros((10, 10), bool), np.ones((10, 10), bool)
    half = empty.copy()
    half[:, :5] = True
    assert region_similarity(empty, empty) == boundary_accuracy(empty, empty) == 1
    assert region_similarity(empty, half) == boundary_accuracy(empty, half) == boundary_accuracy(half, empty) == 0
    # A mask without an inner border has no boundary at all in this measure.
    assert boundary_accuracy(full, full) == 1
    assert region_similarity(half, full) == 0.5
    void = ~half
    assert region_similarity(half, full, void) == 1
    assert boundary_accuracy(half, full, void) == 1
    with pytest.raises(ValueError, match="differ in size"):
        region_similarity(half, np.zeros((3, 3), bool))
    with pytest.raises(ValueError, match="differ in size"):
        boundary_accuracy(half, np.zeros((3, 3), bool))


def test_statistics_follow_davis() -> None:
    values = [0.9, 0.8, 0.4, 0.6, 0.5, 0.2, 0.1, 0.3]
    result = statistics(values)
    assert result.mean == pytest.approx(np.mean(values))
    assert result.recall == 3 / 8
    # As in `db_statistics`: bins overlap by the frame at their common end.
    ids = np.round(np.linspace(1, 8, 5) + 1e-10).astype(np.uint8) - 1
    bins = [values[ids[i] : ids[i + 1] + 1] for i in range(4)]
    assert result.decay == pytest.approx(np.mean(bins[0]) - np.mean(bins[3]))


def frames_of(pattern: str) -> dict[int, Mask]:
    """One 4 x 4 mask per character: `.` empty, `x` left half, `y` right half."""
    masks = {}
    for index, letter in enumerate(pattern):
        masks[index] = np.zeros((4, 4), bool)
        if letter != ".":
            masks[index][:, slice(0, 2) if letter == "x" else slice(2, 4)] = True
    return masks


@pytest.mark.parametrize(
    ("truth", "predicted", "davis", "sav"),
    [
        ("xxxxx", "xxxxx", [1, 1, 1], [1, 1, 1]),
        ("xx..x", "xx..x", [1, 1, 1], [1, 1, 1]),
        ("xx..x", "xxx.x", [1, 0, 1], [1, 0, 1]),
        ("xx..x", "x....", [0, 1, 1], [0, 1, 1]),
        # Before either shows the object nothing counts for SA-V; for DAVIS two empty masks agree.
        ("...xx", "...xx", [1, 1, 1], [1]),
        ("...xx", "..xxx", [1, 0, 1], [0, 1]),
        ("x..yx", "x..xx", [1, 1, 0], [0]),
    ],
)
def test_absent_objects_count_by_the_rule(truth: str, predicted: str, davis: list[int], sav: list[int]) -> None:
    for rule, expected in (("davis", davis), ("sav", sav)):
        score = score_track(frames_of(predicted), frames_of(truth), rule=rule)
        assert (score.j.mean, score.num_frames) == (pytest.approx(np.mean(expected)), len(expected))
    whole = score_track(frames_of(predicted), frames_of(truth), rule="davis", skip_first_and_last=False)
    assert whole.num_frames == 5
    assert whole.num_absent == truth.count(".")
    assert whole.num_absent_right == sum(t == p == "." for t, p in zip(truth, predicted, strict=True))
    assert score.jf == pytest.approx((score.j.mean + score.f.mean) / 2)


def test_tracks_must_be_complete() -> None:
    with pytest.raises(ValueError, match="no prediction for frame 2"):
        score_track({1: np.ones((2, 2), bool)}, frames_of("xxxx"), rule="davis")
    with pytest.raises(ValueError, match="no frame counts"):
        score_track(frames_of("...."), frames_of("...."), rule="sav")
