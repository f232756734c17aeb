"""Losses against closed forms, and which outputs they send gradients to."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from masklet_export.model.video_model import DecodedMasks
from masklet_export.train.losses import (
    LossWeights,
    decoder_loss,
    dice_loss,
    focal_loss,
    mask_iou,
    prototype_loss,
)


def logit(probability: float) -> float:
    return math.log(probability / (1 - probability))


@given(
    probability=st.floats(0.05, 0.95),
    alpha=st.sampled_from([0.25, 0.5]),
    gamma=st.sampled_from([0.0, 2.0]),
    share=st.floats(0, 1),
)
@settings(max_examples=30, deadline=None)
def test_focal_and_dice_of_a_constant_prediction(probability: float, alpha: float, gamma: float, share: float) -> None:
    pixels = 64
    positive = round(share * pixels)
    target = (torch.arange(pixels) < positive).float().view(1, 8, 8)
    logits = torch.full((1, 8, 8), logit(probability))
    on_object = -alpha * (1 - probability) ** gamma * math.log(probability)
    elsewhere = -(1 - alpha) * probability**gamma * math.log(1 - probability)
    expected = (positive * on_object + (pixels - positive) * elsewhere) / pixels
    assert focal_loss(logits, target, alpha=alpha, gamma=gamma).item() == pytest.approx(expected, rel=1e-4, abs=1e-6)
    plain = focal_loss(logits, target, alpha=0.5, gamma=0.0).item()
    assert plain == pytest.approx(0.5 * F.binary_cross_entropy_with_logits(logits, target).item(), rel=1e-4)
    dice = 1 - (2 * probability * positive + 1) / (probability * pixels + positive + 1)
    assert dice_loss(logits, target).item() == pytest.approx(dice, rel=1e-4, abs=1e-6)


def test_reference_dice_is_the_same_for_binary_targets() -> None:
    logits, target = torch.randn(3, 2, 16, 16), (torch.rand(3, 2, 16, 16) > 0.6).float()
    probability = logits.sigmoid().flatten(2)
    flat = target.flatten(2)
    denominator = probability.sum(-1) + flat.sum(-1)
    reference = 1 - (denominator - (probability - flat).abs().sum(-1) + 1) / (denominator + 1)
    torch.testing.assert_close(dice_loss(logits, target), reference)


def test_iou_counts_pixels() -> None:
    target = torch.zeros(1, 10, 10)
    target[:, :5] = 1
    logits = torch.full((1, 10, 10), -1.0)
    logits[:, 3:7] = 1.0
    assert mask_iou(logits, target).item() == pytest.approx(20 / 70)
    assert mask_iou(-torch.ones(1, 4, 4), torch.zeros(1, 4, 4)).item() == 0


def decoded_of(masks: Tensor, iou: Tensor, score: Tensor) -> DecodedMasks:
    return DecodedMasks(mask_logits=masks, predicted_iou=iou, mask_tokens=torch.zeros(1), occlusion_score=score)


def gradients(
    *, present: bool, valid: bool, multimask: bool, weights: LossWeights, best: int = 2
) -> tuple[Tensor, Tensor, Tensor, float]:
    """Gradients of masks, IoUs and score for one object whose candidate `best` is nearly right."""
    masks = torch.full((1, 4, 16, 16), -3.0)
    masks[:, best, 4:12, 4:12] = 3.0
    masks.requires_grad_()
    iou = torch.full((1, 4), 0.4, requires_grad=True)
    score = torch.full((1, 1), 0.3, requires_grad=True)
    truth = torch.zeros(1, 64, 64, dtype=torch.bool)
    truth[:, 16:48, 16:48] = present
    loss = decoder_loss(
        decoded_of(masks, iou, score), truth, torch.tensor([valid]), weights, multimask=multimask
    )  # fmt: skip
    loss.total.backward()
    assert masks.grad is not None
    assert iou.grad is not None
    assert score.grad is not None
    return masks.grad[0].abs().sum((1, 2)), iou.grad[0], score.grad[0], loss.total.item()


def test_only_the_candidate_with_the_lowest_loss_is_trained() -> None:
    masks, iou, score, _ = gradients(present=True, valid=True, multimask=True, weights=LossWeights())
    assert [bool(value > 0) for value in masks] == [False, False, True, False]
    assert (iou != 0).all()
    assert score.item() == pytest.approx(torch.sigmoid(torch.tensor(0.3)).item() - 1)
    masks, iou, _, _ = gradients(
        present=True, valid=True, multimask=True, weights=LossWeights(single_mask=1.0, supervise_all_iou=False)
    )
    assert [bool(value > 0) for value in masks] == [True, False, True, False]
    assert [bool(value != 0) for value in iou] == [False, False, True, False]
    masks, iou, _, _ = gradients(present=True, valid=True, multimask=False, weights=LossWeights())
    assert [bool(value > 0) for value in masks] == [True, False, False, False]
    assert [bool(value != 0) for value in iou] == [True, False, False, False]


def test_absent_objects_train_the_occlusion_score_alone() -> None:
    masks, iou, score, loss = gradients(present=False, valid=True, multimask=True, weights=LossWeights())
    assert masks.sum() == 0
    assert (iou == 0).all()
    assert score.item() == pytest.approx(torch.sigmoid(torch.tensor(0.3)).item())
    assert loss == pytest.approx(math.log(1 + math.exp(0.3)), rel=1e-5)


def test_invalid_objects_train_nothing() -> None:
    masks, iou, score, loss = gradients(present=True, valid=False, multimask=True, weights=LossWeights())
    assert masks.sum() == iou.abs().sum() == score.abs().sum() == loss == 0


def test_the_total_is_the_weighted_sum_of_the_paper() -> None:
    generator = torch.Generator().manual_seed(0)
    masks = torch.randn(2, 4, 16, 16, generator=generator)
    iou = torch.rand(2, 4, generator=generator)
    score = torch.randn(2, 1, generator=generator)
    truth = torch.zeros(2, 64, 64, dtype=torch.bool)
    truth[0, 8:40, 8:56] = True
    truth[1, 30:60, 4:20] = True
    weights = LossWeights(focal=20, dice=1, iou=1, occlusion=1, focal_alpha=0.25, focal_gamma=2)
    loss = decoder_loss(decoded_of(masks, iou, score), truth, torch.ones(2, dtype=torch.bool), weights, multimask=True)
    target = F.avg_pool2d(truth[:, None].float(), 2).expand(-1, 4, -1, -1)
    logits = F.interpolate(masks, scale_factor=2, mode="bilinear")
    combined = 20 * focal_loss(logits, target, alpha=0.25, gamma=2) + dice_loss(logits, target)
    true_iou = mask_iou(logits, target)
    rows = []
    for index in range(2):
        mask_term = combined[index, 1:].min()
        rows.append(mask_term + (iou[index] - true_iou[index]).abs().mean() + F.softplus(-score[index, 0]))
    assert loss.total.item() == pytest.approx(torch.stack(rows).mean().item(), rel=1e-5)
    best = combined[:, 1:].argmin(1) + 1
    assert loss.best_iou.item() == pytest.approx(true_iou[torch.arange(2), best].mean().item(), rel=1e-5)
    assert loss.single_iou.item() == pytest.approx(true_iou[:, 0].mean().item(), rel=1e-5)
    own = iou[:, 1:].argmax(1) + 1
    assert loss.selected_iou.item() == pytest.approx(true_iou[torch.arange(2), own].mean().item(), rel=1e-5)


def test_prototypes_pull_an_objects_pixels_together() -> None:
    masks = torch.zeros(1, 1, 2, 32, 32, dtype=torch.bool)
    masks[:, :, :, 8:24, 8:24] = True
    cover = F.adaptive_avg_pool2d(masks[0, 0].float(), 8)[:, None]
    separated = torch.cat([cover, 1 - cover], dim=1)[None]
    mixed = torch.full_like(separated, 0.5**0.5)
    scale, noise = torch.tensor([8.0, -4.0]), torch.rand(1, 1, 2 * 64)
    good, bad = (prototype_loss(F.normalize(e, dim=2), masks, scale, noise) for e in (separated, mixed))
    assert good < 0.01
    assert bad > 1.0
