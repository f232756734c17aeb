"""Prompts out of masks, plans out of step numbers, and the person who clicks in an evaluation."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from masklet_export.evaluate.click_oracle import next_click, tight_box
from masklet_export.train.clips.settings import ClipShape
from masklet_export.train.prompt_sampling import (
    PointPrompts,
    mask_boxes,
    sample_boxes,
    sample_clicks,
    sample_corrections,
    sample_near_misses,
)
from masklet_export.train.step_plan import PromptSettings, draw_step_plan

SIZE = 32


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_masks(seed: int, count: int = 6) -> Tensor:
    """Rectangles and scattered pixels, none empty."""
    rng = np.random.default_rng(seed)
    masks = np.zeros((count, SIZE, SIZE), bool)
    for mask in masks:
        x, y = rng.integers(0, SIZE - 2, 2)
        mask[y : y + rng.integers(1, 12), x : x + rng.integers(1, 12)] = True
        mask |= rng.random(mask.shape) < rng.choice([0, 0.02])
    return torch.from_numpy(masks)


def values_at(masks: Tensor, prompts: PointPrompts, slot: int = 0) -> Tensor:
    points = prompts.points_bp2[:, slot].long()
    return masks[torch.arange(len(masks)), points[:, 1], points[:, 0]]


@given(seed=st.integers(0, 10_000), interior=st.sampled_from([0.0, 1.0]))
@settings(max_examples=40, deadline=None)
def test_clicks_fall_on_the_object_and_near_misses_beside_it(seed: int, interior: float) -> None:
    masks = random_masks(seed)
    clicks = sample_clicks(masks, generator(seed), interior_chance=interior)
    assert clicks.points_bp2.shape == (6, 1, 2)
    assert values_at(masks, clicks).all()
    assert (clicks.labels_bp == 1).all()
    misses = sample_near_misses(masks, generator(seed))
    assert not values_at(masks, misses).any()
    assert (misses.labels_bp == 0).all()
    both = clicks.joined(misses)
    assert both.points_bp2.shape == (6, 2, 2)
    assert both.labels_bp.tolist() == [[1, 0]] * 6
    again = sample_clicks(masks, generator(seed), interior_chance=interior)
    assert torch.equal(again.points_bp2, clicks.points_bp2)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_corrections_fall_into_the_error_with_the_right_label(seed: int) -> None:
    masks, predicted = random_masks(seed), random_masks(seed + 1)
    predicted[0] = masks[0]
    clicks = sample_corrections(predicted, masks, generator(seed))
    wrong = values_at(predicted != masks, clicks)
    assert wrong[1:].all()
    assert torch.equal(clicks.labels_bp[:, 0].bool(), values_at(masks, clicks))
    # A perfect prediction gets a negative click on the background.
    assert clicks.labels_bp[0].item() == 0
    assert not wrong[0]


@given(seed=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_boxes_stay_near_the_true_ones(seed: int) -> None:
    masks = random_masks(seed)
    exact = mask_boxes(masks)
    for index, mask in enumerate(masks.numpy()):
        assert tuple(int(side) for side in exact[index]) == tight_box(mask)
    boxes = sample_boxes(masks, generator(seed), noise=0.1, noise_bound=0.05)
    assert boxes.labels_bp.tolist() == [[2, 3]] * 6
    moved = (boxes.points_bp2.flatten(1) - exact).abs()
    extent = torch.stack([exact[:, 2] - exact[:, 0], exact[:, 3] - exact[:, 1]], 1).repeat(1, 2)
    assert (moved <= (extent * 0.1).clamp(max=0.05 * SIZE) + 1e-4).all()
    assert boxes.points_bp2.min() >= 0
    assert boxes.points_bp2.max() <= SIZE - 1


def test_interior_clicks_prefer_the_middle() -> None:
    mask = torch.zeros(400, SIZE, SIZE, dtype=torch.bool)
    mask[:, 4:28, 4:28] = True

    def mean_distance(interior: float) -> float:
        points = sample_clicks(mask, generator(1), interior_chance=interior).points_bp2[:, 0]
        return (points - 15.5).abs().amax(1).mean().item()

    assert mean_distance(1.0) < mean_distance(0.0) - 1
    assert mask_boxes(torch.zeros(1, SIZE, SIZE, dtype=torch.bool)).tolist() == [[0, 0, SIZE - 1, SIZE - 1]]


@given(seed=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_the_oracle_clicks_the_deepest_error(seed: int) -> None:
    truth, predicted = (random_masks(seed + offset, 1)[0].numpy() for offset in (0, 7))
    click = next_click(truth, predicted)
    depths = {
        positive: distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1]
        for positive, region in ((True, truth & ~predicted), (False, predicted & ~truth))
    }
    assert click.is_positive == (depths[True].max() > depths[False].max() + 1e-6)
    assert depths[click.is_positive][click.y, click.x] == pytest.approx(depths[click.is_positive].max(), abs=1e-3)
    first = next_click(truth)
    assert first.is_positive
    assert truth[first.y, first.x]
    with pytest.raises(ValueError, match="empty mask"):
        tight_box(np.zeros((4, 4), bool))


def test_plans_follow_their_settings_and_their_number() -> None:
    shape = ClipShape(batch=2, frames=4, size=64, objects=2)
    prompts = PromptSettings()
    plans = [draw_step_plan(shape, prompts, (1, step)) for step in range(1500)]
    assert plans[7] == draw_step_plan(shape, prompts, (1, 7))
    kinds = Counter(plan.kind for plan in plans)
    for kind, share in zip(("click", "box", "mask"), prompts.clip_kinds, strict=True):
        assert kinds[kind] / len(plans) == pytest.approx(share, abs=0.04)
    # At least a quarter of all steps see a box, counting the extra pass.
    assert sum(plan.kind == "box" or plan.extra_kind == "box" for plan in plans) / len(plans) > 0.25
    for plan in plans:
        assert plan.frames[0].is_initial
        assert plan.order[0] == 0
        assert sorted(plan.order) == [0, 1, 2, 3]
        initial = [index for index in range(4) if plan.frames[index].is_initial]
        assert list(plan.order[: len(initial)]) == initial
        assert len(initial) <= 2
        assert plan.frame_times[0] == 0
        assert all(
            1 <= later - sooner <= 3 for sooner, later in zip(plan.frame_times, plan.frame_times[1:], strict=False)
        )
        assert plan.extra_kind != plan.kind
        if plan.kind == "mask":
            assert all(plan.frames[index].corrections == 0 for index in initial)
    later = [frame.corrections for plan in plans for frame in plan.frames[1:] if not frame.is_initial]
    assert np.mean(later) == pytest.approx(prompts.correct_later_chance, abs=0.03)
    still = ClipShape(batch=2, frames=1, size=64, objects=2)
    stills = Counter(draw_step_plan(still, prompts, (2, step)).kind for step in range(400))
    assert stills["mask"] == 0
    assert stills["box"] / 400 == pytest.approx(prompts.still_kinds[1], abs=0.08)
