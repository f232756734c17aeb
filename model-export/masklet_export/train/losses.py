"""SAM 2's training losses on un-gated outputs: focal and dice on the masks, L1 on the predicted IoU, occlusion CE.

Source: SAM 2 appendix D.2.2 and training/loss_fns.py@2b90b9f of facebookresearch/sam2 (20 : 1 : 1 : 1; of several
candidates only the one with the lowest focal + dice loss is back-propagated).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from masklet_export.model.video_model import DecodedMasks


@dataclass(frozen=True)
class LossWeights:
    """Weights and the two deviations that a small model trained from scratch needs.

    Differs from sam2: `focal_alpha` 0.5 (theirs 0.25 favours background: a small model answers with empty masks for
    the first thousands of steps) and a little plain cross-entropy (`cross_entropy`, theirs 0) for the same reason;
    token 0 is trained on ambiguous prompts too (`single_mask`, theirs 0), because for one click it is the better
    answer of a model this size.
    """

    focal: float = 20.0
    dice: float = 1.0
    iou: float = 1.0
    occlusion: float = 1.0
    focal_alpha: float = 0.25
    focal_gamma: float = 2.0
    cross_entropy: float = 0.0
    """Share of plain cross-entropy mixed into the focal term."""
    single_mask: float = 0.0
    """Weight of token 0's mask loss relative to the best candidate's on multimask steps."""
    supervise_all_iou: bool = True


@dataclass(frozen=True)
class StepLoss:
    """Loss of one decoder pass and what it says about the model."""

    total: Tensor
    """Scalar, mean over valid objects."""
    best_iou: Tensor
    """Scalar: mean IoU of the candidate with the lowest loss, objects that are present only."""
    single_iou: Tensor
    """Scalar: mean IoU of token 0."""
    selected_iou: Tensor
    """Scalar: mean IoU of the candidate the model itself would pick."""


def focal_loss(logits: Tensor, targets: Tensor, *, alpha: float, gamma: float, cross_entropy: float = 0.0) -> Tensor:
    """Mean sigmoid focal loss over the last two axes; `cross_entropy` is added un-modulated (× alpha_t).

    Source: Lin et al., "Focal loss for dense object detection", eq. 5.
    """
    plain = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    probability = torch.sigmoid(logits)
    miss = probability * (1 - targets) + (1 - probability) * targets
    weight = alpha * targets + (1 - alpha) * (1 - targets)
    return (weight * plain * (miss**gamma + cross_entropy)).mean(dim=(-2, -1))


def dice_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """1 − (2·Σ pt + 1) / (Σ p + Σ t + 1) over the last two axes.

    Differs from sam2: 2·Σ pt where theirs is Σ p + Σ t − Σ |p − t|; equal for the binary targets used here.
    """
    probability = torch.sigmoid(logits)
    overlap = (probability * targets).sum(dim=(-2, -1))
    return 1 - (2 * overlap + 1) / (probability.sum(dim=(-2, -1)) + targets.sum(dim=(-2, -1)) + 1)


def mask_iou(logits: Tensor, targets: Tensor) -> Tensor:
    """IoU of `logits > 0` with binary targets over the last two axes; 0 for two empty masks, as in sam2."""
    predicted, wanted = logits > 0, targets > 0.5
    union = (predicted | wanted).sum(dim=(-2, -1)).float()
    return (predicted & wanted).sum(dim=(-2, -1)).float() / union.clamp(min=1)


def decoder_loss(
    decoded: DecodedMasks, masks_bss: Tensor, is_valid_b: Tensor, weights: LossWeights, *, multimask: bool
) -> StepLoss:
    """Loss of one decoder pass at half the model's resolution (a quarter of the cost, no measurable loss of quality).

    Args:
        masks_bss: bool [B,S,S], ground truth; empty = absent, then only the occlusion score is trained.
        is_valid_b: bool [B]; False leaves the object out altogether.
        multimask: candidates 1..3 compete (0 or 1 point); else token 0 alone.
    """
    targets = (F.avg_pool2d(masks_bss[:, None].float(), 2) >= 0.5).float()
    tokens = 4 if multimask else 1
    logits = F.interpolate(decoded.mask_logits[:, :tokens], scale_factor=2.0, mode="bilinear", align_corners=False)
    wanted = targets.expand_as(logits)
    focal = focal_loss(
        logits, wanted, alpha=weights.focal_alpha, gamma=weights.focal_gamma, cross_entropy=weights.cross_entropy
    )
    mask_loss = weights.focal * focal + weights.dice * dice_loss(logits, wanted)
    with torch.no_grad():
        iou = mask_iou(logits, wanted)
    iou_error = (decoded.predicted_iou[:, :tokens] - iou).abs()
    is_present = masks_bss.flatten(1).any(1)
    share = is_valid_b.float() / is_valid_b.float().sum().clamp(min=1)
    if multimask:
        best = mask_loss[:, 1:].detach().argmin(1, keepdim=True) + 1
        chosen = mask_loss.gather(1, best)[:, 0]
        chosen = (chosen + weights.single_mask * mask_loss[:, 0]) / (1 + weights.single_mask)
        iou_term = iou_error.mean(1) if weights.supervise_all_iou else iou_error.gather(1, best)[:, 0]
        own = decoded.predicted_iou[:, 1:4].detach().argmax(1, keepdim=True) + 1
    else:
        best = own = torch.zeros((len(masks_bss), 1), dtype=torch.long, device=masks_bss.device)
        chosen, iou_term = mask_loss[:, 0], iou_error[:, 0]
    occlusion = F.binary_cross_entropy_with_logits(decoded.occlusion_score[:, 0], is_present.float(), reduction="none")
    per_object = is_present * (chosen + weights.iou * iou_term) + weights.occlusion * occlusion
    shown = (is_present & is_valid_b).float()
    shown = shown / shown.sum().clamp(min=1)
    return StepLoss(
        total=(per_object * share).sum(),
        best_iou=(iou.gather(1, best)[:, 0] * shown).sum(),
        single_iou=(iou[:, 0] * shown).sum(),
        selected_iou=(iou.gather(1, own)[:, 0] * shown).sum(),
    )


def prototype_loss(embeddings_btehw: Tensor, masks_bktss: Tensor, scale_and_bias: Tensor, noise: Tensor) -> Tensor:
    """Auxiliary loss: an object's pixels on all frames lie near one prototype, the rest does not.

    The prototype is a randomly weighted mean over the object's pixels in the whole clip, so it also teaches
    re-identification. Not in SAM 2; brings a small model off its start-up plateau sooner.

    Args:
        embeddings_btehw: unit vectors [B,T,E,h,w].
        scale_and_bias: [2]; a logit is 2·(|scale|·cosine + bias).
        noise: uniform [B,K,T·h·w].
    """
    size = embeddings_btehw.shape[-1]
    embeddings = embeddings_btehw.permute(0, 2, 1, 3, 4).flatten(2)
    cover = F.adaptive_avg_pool2d(masks_bktss.flatten(0, 2)[:, None].float(), size)
    cover = cover.view(*masks_bktss.shape[:3], size, size).flatten(2)
    prototype = torch.einsum("bkn,ben->bke", cover * noise**4, embeddings)
    prototype = F.normalize(prototype, dim=2)
    cosine = torch.einsum("bke,ben->bkn", prototype, embeddings)
    logits = 2 * (cosine * scale_and_bias[0].abs() + scale_and_bias[1])
    probability = torch.sigmoid(logits)
    overlap = (probability * cover).sum(2)
    dice = 1 - (2 * overlap + 1) / (probability.sum(2) + cover.sum(2) + 1)
    return F.binary_cross_entropy_with_logits(logits, cover) + dice.mean()
