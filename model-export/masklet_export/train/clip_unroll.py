"""One training step through the video model: prompts on conditioning frames, memory, tracking, corrections, losses.

Memory and pointers are gated by the ground truth ("is the object there?"), never by the prediction: gradients of a
wrongly gated mask would be lost. Source: SAM 2 §5 and appendix D.2; training/model/sam2.py@2b90b9f `forward_tracking`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from masklet_export.model.feature_neck import ImageFeatures
from masklet_export.model.nano import NanoModel
from masklet_export.model.video_model import SIGMOID_BIAS, SIGMOID_SCALE, DecodedMasks
from masklet_export.train.clips.clip_generator import ClipBatch
from masklet_export.train.losses import LossWeights, StepLoss, decoder_loss, prototype_loss
from masklet_export.train.prompt_sampling import (
    PointPrompts,
    sample_boxes,
    sample_clicks,
    sample_corrections,
    sample_near_misses,
)
from masklet_export.train.step_plan import StepPlan

IMAGE_MEAN = (0.485, 0.456, 0.406)
IMAGE_STD = (0.229, 0.224, 0.225)
POINTER_TIME_SCALE = 15.0
"""min(frames, 16) − 1 of any video of 16 frames or more: training clips stand for pieces of longer videos."""
MAX_TIME_ROW = 6
"""Tracked frames further back than this have left the memory bank; the same number is the conditioning row."""
_LOGIT_CLAMP = 32.0
_ABSENT_LOGIT = -10.0
_MASK_PROMPT_WEIGHT = 0.5
_EXTRA_PROMPT_WEIGHT = 0.7


@dataclass
class _Tally:
    """Running weighted sum of losses, and named scalars for the log."""

    loss: Tensor | float = 0.0
    weight: float = 0.0
    scalars: dict[str, Tensor] = field(default_factory=dict)

    def add(self, name: str, step: StepLoss, weight: float = 1.0) -> None:
        self.loss = self.loss + weight * step.total
        self.weight += weight
        self.scalars[f"iou/{name}"] = step.best_iou.detach()
        if name in ("click", "track"):
            self.scalars[f"iou/{name}_token0"] = step.single_iou.detach()
            self.scalars[f"iou/{name}_selected"] = step.selected_iou.detach()


@dataclass(frozen=True)
class _Memory:
    """What one processed frame leaves behind."""

    time: int
    is_conditioning: bool
    spatial_bnc: Tensor
    pointer_bd: Tensor


@dataclass(frozen=True)
class _FrameInputs:
    """One frame, repeated for the K objects of each clip: N = B·K object slots."""

    features: ImageFeatures
    masks_nss: Tensor
    is_present_n: Tensor
    is_valid_n: Tensor


class ClipUnroll(nn.Module):
    """The trainable whole: `forward` takes a batch and a plan and returns the loss (so that it can be wrapped by DDP).

    Args:
        model: with `prototype_heads` when `prototype_weight` is not 0.
    """

    def __init__(self, model: NanoModel, weights: LossWeights, prototype_weight: float = 0.0) -> None:
        super().__init__()
        if prototype_weight > 0 and model.prototype_heads is None:
            raise ValueError("an auxiliary prototype loss needs a model with prototype heads")
        self.model = model
        self.weights = weights
        self.prototype_weight = prototype_weight

    def forward(self, batch: ClipBatch, plan: StepPlan, seed: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Scalar loss, and scalars for the log (detached). `seed` decides prompts and prototype weights."""
        generator = torch.Generator(batch.masks_bktss.device).manual_seed(seed)
        objects, frames = plan.shape.objects, plan.shape.frames
        features = self.model.encode_image(normalise_frames(batch.frames_bt3ss.flatten(0, 1)))
        tally = _Tally()
        auxiliary = self._prototype_loss(features, batch, generator)
        slots = [_frame_inputs(features, batch, frame, objects) for frame in range(frames)]
        memories: list[_Memory] = []
        for frame in plan.order:
            memory = self._process_frame(slots[frame], frame, plan, memories, tally, generator)
            memories.append(memory)
        loss = tally.loss / tally.weight + self.prototype_weight * auxiliary
        return loss, {**tally.scalars, "loss/prototype": auxiliary.detach()}

    def _process_frame(
        self,
        slot: _FrameInputs,
        frame: int,
        plan: StepPlan,
        memories: list[_Memory],
        tally: _Tally,
        generator: torch.Generator,
    ) -> _Memory:
        frame_plan, time = plan.frames[frame], plan.frame_times[frame]
        if frame_plan.is_initial and plan.kind == "mask":
            decoded, selected, logits = self._answer_mask(slot, tally)
        elif frame_plan.is_initial:
            decoded, selected, logits = self._answer_points(slot, frame, plan, tally, generator)
        else:
            decoded, selected, logits = self._track(slot, frame, plan, memories, tally, generator)
        if frame == 0 and plan.extra_kind is not None:
            self._practise_other_prompt(slot, plan, tally, generator)
        is_conditioning = frame_plan.is_initial or frame_plan.corrections > 0
        present = slot.is_present_n
        gated = torch.where(present[:, None, None, None] > 0, logits, _ABSENT_LOGIT)
        return _Memory(
            time=time,
            is_conditioning=is_conditioning,
            spatial_bnc=self.model.encode_memory(
                slot.features.stride16, gated, present, binarize=is_conditioning and plan.binarize_clicks
            ),
            pointer_bd=self.model.make_pointer(_take(decoded.mask_tokens, selected), present),
        )

    def _answer_mask(self, slot: _FrameInputs, tally: _Tally) -> tuple[DecodedMasks, Tensor, Tensor]:
        """A mask prompt is its own answer; the decoder runs for the pointer and learns to repeat the mask."""
        masks = slot.masks_nss[:, None].float()
        features = slot.features
        decoded = self.model.decode_masks(
            features.stride16, features.stride4, features.stride8, None, None, self.model.mask_downsample(masks)
        )
        tally.add("mask", self._loss(decoded, slot, multimask=False), _MASK_PROMPT_WEIGHT)
        logits = F.avg_pool2d(masks, 4) * SIGMOID_SCALE + SIGMOID_BIAS
        return decoded, _first(masks), logits

    def _answer_points(
        self, slot: _FrameInputs, frame: int, plan: StepPlan, tally: _Tally, generator: torch.Generator
    ) -> tuple[DecodedMasks, Tensor, Tensor]:
        conditioned = self.model.without_memory(slot.features.stride16)
        prompts = _first_prompts(slot.masks_nss, plan, generator)
        multimask = plan.kind == "click" and not plan.has_negative
        name = "box" if plan.kind == "box" else "click" if multimask else "click_and_negative"
        decoded = self._decode(conditioned, slot, prompts, None)
        tally.add(name, self._loss(decoded, slot, multimask=multimask))
        selected = _select(decoded, multimask and plan.frames[frame].use_best_candidate)
        for _ in range(plan.frames[frame].corrections):
            decoded, selected, prompts = self._correct(conditioned, slot, decoded, selected, prompts, generator)
            tally.add("corrected", self._loss(decoded, slot, multimask=False))
        return decoded, selected, _take(decoded.mask_logits, selected)[:, None]

    def _track(
        self,
        slot: _FrameInputs,
        frame: int,
        plan: StepPlan,
        memories: list[_Memory],
        tally: _Tally,
        generator: torch.Generator,
    ) -> tuple[DecodedMasks, Tensor, Tensor]:
        conditioned = self._attend(slot, plan.frame_times[frame], memories)
        decoded = self._decode(conditioned, slot, None, None)
        tally.add("track", self._loss(decoded, slot, multimask=True))
        tally.scalars.update(_occlusion_scalars(decoded, slot))
        selected = _select(decoded, plan.frames[frame].use_best_candidate)
        prompts: PointPrompts | None = None
        for _ in range(plan.frames[frame].corrections):
            decoded, selected, prompts = self._correct(conditioned, slot, decoded, selected, prompts, generator)
            tally.add("track_corrected", self._loss(decoded, slot, multimask=False))
        return decoded, selected, _take(decoded.mask_logits, selected)[:, None]

    def _correct(
        self,
        conditioned: Tensor,
        slot: _FrameInputs,
        decoded: DecodedMasks,
        selected: Tensor,
        prompts: PointPrompts | None,
        generator: torch.Generator,
    ) -> tuple[DecodedMasks, Tensor, PointPrompts]:
        """One more click in the error region, together with the previous logits."""
        previous = _take(decoded.mask_logits, selected).detach()[:, None]
        size = slot.masks_nss.shape[-1]
        shown = F.interpolate(previous, size=(size, size), mode="bilinear", align_corners=False)[:, 0] > 0
        click = sample_corrections(shown, slot.masks_nss, generator)
        prompts = click if prompts is None else prompts.joined(click)
        decoded = self._decode(conditioned, slot, prompts, previous.clamp(-_LOGIT_CLAMP, _LOGIT_CLAMP))
        return decoded, _first(previous), prompts

    def _practise_other_prompt(
        self, slot: _FrameInputs, plan: StepPlan, tally: _Tally, generator: torch.Generator
    ) -> None:
        """The encoder is the expensive part: a second prompt on the same features costs little."""
        is_click = plan.extra_kind == "click"
        prompts = sample_clicks(slot.masks_nss, generator) if is_click else sample_boxes(slot.masks_nss, generator)
        decoded = self._decode(self.model.without_memory(slot.features.stride16), slot, prompts, None)
        name = "click" if is_click else "box"
        tally.add(name, self._loss(decoded, slot, multimask=is_click), _EXTRA_PROMPT_WEIGHT)

    def _attend(self, slot: _FrameInputs, time: int, memories: list[_Memory]) -> Tensor:
        """All conditioning frames (future ones too) and the last six tracked ones; pointers of the past only."""
        kept = [memory for memory in memories if memory.is_conditioning or 0 < time - memory.time <= MAX_TIME_ROW]
        rows = [MAX_TIME_ROW if memory.is_conditioning else time - memory.time - 1 for memory in kept]
        past = [memory for memory in memories if memory.time < time]
        device = slot.masks_nss.device
        return self.model.attend_memory(
            slot.features.stride16,
            torch.stack([memory.spatial_bnc for memory in kept], dim=1),
            torch.tensor([rows], device=device),
            torch.stack([memory.pointer_bd for memory in past], dim=1) if past else None,
            torch.tensor([[(time - memory.time) / POINTER_TIME_SCALE for memory in past]], device=device),
        )

    def _decode(
        self, conditioned: Tensor, slot: _FrameInputs, prompts: PointPrompts | None, previous: Tensor | None
    ) -> DecodedMasks:
        points, labels = (None, None) if prompts is None else (prompts.points_bp2, prompts.labels_bp)
        features = slot.features
        return self.model.decode_masks(conditioned, features.stride4, features.stride8, points, labels, previous)

    def _loss(self, decoded: DecodedMasks, slot: _FrameInputs, *, multimask: bool) -> StepLoss:
        return decoder_loss(decoded, slot.masks_nss, slot.is_valid_n, self.weights, multimask=multimask)

    def _prototype_loss(self, features: ImageFeatures, batch: ClipBatch, generator: torch.Generator) -> Tensor:
        heads, masks = self.model.prototype_heads, batch.masks_bktss
        if self.prototype_weight == 0 or heads is None:
            return features.stride16.new_zeros((), dtype=torch.float32)
        levels = heads(features.stride16, features.stride8)
        total = features.stride16.new_zeros((), dtype=torch.float32)
        for level, embeddings in enumerate(levels):
            pixels = masks.shape[2] * embeddings.shape[-1] ** 2
            noise = torch.rand((*masks.shape[:2], pixels), generator=generator, device=masks.device)
            shaped = embeddings.unflatten(0, (masks.shape[0], masks.shape[2]))
            total = total + prototype_loss(shaped, masks, heads.logit_scales[2 * level : 2 * level + 2], noise)
        return total / len(levels)


def normalise_frames(frames_n3ss: Tensor) -> Tensor:
    """uint8 RGB → the model's input, channels last in memory (faster convolutions on both kinds of device)."""
    device = frames_n3ss.device
    mean = torch.tensor(IMAGE_MEAN, device=device).view(1, 3, 1, 1) * 255
    std = torch.tensor(IMAGE_STD, device=device).view(1, 3, 1, 1) * 255
    return ((frames_n3ss.float() - mean) / std).contiguous(memory_format=torch.channels_last)


def _frame_inputs(features: ImageFeatures, batch: ClipBatch, frame: int, objects: int) -> _FrameInputs:
    clips, frames = batch.frames_bt3ss.shape[:2]

    def repeated(level: Tensor) -> Tensor:
        return level.unflatten(0, (clips, frames))[:, frame].repeat_interleave(objects, dim=0)

    masks = batch.masks_bktss[:, :, frame].flatten(0, 1)
    return _FrameInputs(
        features=ImageFeatures(repeated(features.stride4), repeated(features.stride8), repeated(features.stride16)),
        masks_nss=masks,
        is_present_n=masks.flatten(1).any(1).float(),
        is_valid_n=batch.is_valid_bk.flatten(),
    )


def _first_prompts(masks_nss: Tensor, plan: StepPlan, generator: torch.Generator) -> PointPrompts:
    if plan.kind == "box":
        return sample_boxes(masks_nss, generator)
    clicks = sample_clicks(masks_nss, generator)
    return clicks.joined(sample_near_misses(masks_nss, generator)) if plan.has_negative else clicks


def _select(decoded: DecodedMasks, best_candidate: bool) -> Tensor:
    """Token per object: the best-scored of 1..3, or 0."""
    best = decoded.predicted_iou[:, 1:].detach().argmax(1) + 1
    return best if best_candidate else torch.zeros_like(best)


def _first(like: Tensor) -> Tensor:
    return torch.zeros(len(like), dtype=torch.long, device=like.device)


def _take(values: Tensor, selected_b: Tensor) -> Tensor:
    return values[torch.arange(len(selected_b), device=values.device), selected_b]


def _occlusion_scalars(decoded: DecodedMasks, slot: _FrameInputs) -> dict[str, Tensor]:
    says_present = (decoded.occlusion_score[:, 0] > 0).float()
    present = slot.is_present_n * slot.is_valid_n
    absent = (1 - slot.is_present_n) * slot.is_valid_n
    scalars = {"occlusion/present_right": (says_present * present).sum() / present.sum().clamp(min=1)}
    if absent.sum() > 0:
        scalars["occlusion/absent_right"] = ((1 - says_present) * absent).sum() / absent.sum()
    return scalars
