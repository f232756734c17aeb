"""What a run measures on the held-out slice: prompts on stills, tracking on synthetic and on real clips.

Prompts are deterministic: clicks at the deepest point of the error region, exact boxes. Nothing here is a benchmark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from masklet_export.evaluate.click_oracle import next_click
from masklet_export.model.video_model import DecodedMasks, VideoModel
from masklet_export.train.banks import Banks
from masklet_export.train.clip_tracking import track_clips
from masklet_export.train.clip_unroll import normalise_frames
from masklet_export.train.clips.clip_generator import ClipBatch, ClipGenerator
from masklet_export.train.clips.settings import ClipShape, GeneratorSettings
from masklet_export.train.configuration import DataSettings, ValidationSettings
from masklet_export.train.data_loading import load_records
from masklet_export.train.losses import mask_iou
from masklet_export.train.prompt_sampling import mask_boxes
from masklet_export.train.readers.davis_layout import list_davis
from masklet_export.train.readers.records import StillRecord

_BATCH = 8
_MIN_SHARE = 0.01
_MIN_VISIBLE_PIXELS = 30
SCORE_KEYS = ("click1", "click3", "box", "clip_j", "present_right", "absent_right")
"""A run's best checkpoint is the one with the highest mean of these."""


@dataclass(frozen=True)
class LabelledVideo:
    """A real video at the validation size; masks on some frames after the first."""

    name: str
    frames_t3ss: Tensor
    masks: dict[int, Tensor]
    """bool [S,S] by frame; frame 0 is the prompt."""


@dataclass(frozen=True)
class ValidationSet:
    """Held-out material, fixed for the whole run."""

    images_n3ss: Tensor
    masks_nss: Tensor
    clips: ClipBatch | None
    videos: tuple[LabelledVideo, ...]


def build_validation_set(
    settings: ValidationSettings, data: DataSettings, generator: GeneratorSettings, banks: Banks, root: Path
) -> ValidationSet:
    """Load held-out stills (one object each) and videos, and generate clips from the held-out banks."""
    size = settings.size
    images, masks = [], []
    stills = [
        record
        for record in load_records(data, root, held_out=True)
        if isinstance(record, StillRecord) and (not settings.sets or record.set_name in settings.sets)
    ]
    order = np.random.default_rng(1).permutation(len(stills))
    for index in order:
        if len(images) == settings.stills:
            break
        if (mask := _middle_instance(stills[index])) is not None:
            images.append(_square(stills[index].image, size))
            masks.append(_square(mask.astype(np.uint8) * 255, size) > 127)
    clips = None
    if settings.clips > 0:
        shape = ClipShape(batch=settings.clips, frames=settings.clip_frames, size=size, objects=1)
        clips = ClipGenerator(banks, generator).generate(shape, (7,))
    device = banks.pictures.images_n3hw.device
    stacked = np.stack(images).transpose(0, 3, 1, 2) if images else np.zeros((0, 3, size, size), np.uint8)
    return ValidationSet(
        images_n3ss=torch.from_numpy(stacked.copy()).to(device),
        masks_nss=torch.from_numpy(np.stack(masks) if masks else np.zeros((0, size, size), bool)).to(device),
        clips=clips,
        videos=tuple(video for name in settings.videos for video in _load_videos(root / name, size, device)),
    )


@torch.no_grad()
def validate(model: VideoModel, material: ValidationSet) -> dict[str, float]:
    """All measures of an eval-mode model; its input size is restored afterwards."""
    previous = model.image_size
    model.set_image_size(material.images_n3ss.shape[-1])
    try:
        scores = _measure_prompts(model, material)
        if material.clips is not None:
            scores |= _measure_clips(model, material.clips)
        for video in material.videos:
            scores[f"video/{video.name}"] = _measure_video(model, video)
    finally:
        model.set_image_size(previous)
    return scores


def overall_score(scores: dict[str, float]) -> float:
    """One number to compare checkpoints by."""
    present = [scores[key] for key in SCORE_KEYS if key in scores and np.isfinite(scores[key])]
    return float(np.mean(present)) if present else float("nan")


def _measure_prompts(model: VideoModel, material: ValidationSet) -> dict[str, float]:
    sums: dict[str, list[Tensor]] = {}
    for start in range(0, len(material.images_n3ss), _BATCH):
        images = material.images_n3ss[start : start + _BATCH]
        masks = material.masks_nss[start : start + _BATCH]
        for name, values in _prompt_ious(model, images, masks).items():
            sums.setdefault(name, []).append(values)
    return {name: torch.cat(values).mean().item() for name, values in sums.items()}


def _prompt_ious(model: VideoModel, images: Tensor, masks: Tensor) -> dict[str, Tensor]:
    features = model.encode_image(normalise_frames(images))
    conditioned = model.without_memory(features.stride16)

    def decode(points: Tensor, labels: Tensor, previous: Tensor | None = None) -> DecodedMasks:
        return model.decode_masks(conditioned, features.stride4, features.stride8, points, labels, previous)

    wanted = masks[:, None].float()
    points, labels = _clicks(None, masks)
    decoded = decode(points, labels)
    iou = mask_iou(_enlarge(decoded.mask_logits, images), wanted.expand(-1, 4, -1, -1))
    own = decoded.predicted_iou[:, 1:].argmax(1, keepdim=True) + 1
    result = {
        "click1": iou[:, 0],
        "click1_selected": iou.gather(1, own)[:, 0],
        "click1_best": iou[:, 1:].amax(1),
    }
    logits = decoded.mask_logits[:, :1]
    for _ in range(2):
        more_points, more_labels = _clicks(_enlarge(logits, images)[:, 0] > 0, masks)
        points, labels = torch.cat([points, more_points], 1), torch.cat([labels, more_labels], 1)
        logits = decode(points, labels, logits.clamp(-32, 32)).mask_logits[:, :1]
    result["click3"] = mask_iou(_enlarge(logits, images), wanted)[:, 0]
    corners = mask_boxes(masks).view(-1, 2, 2)
    box_labels = torch.tensor([[2, 3]], device=masks.device).expand(len(masks), 2)
    result["box"] = mask_iou(_enlarge(decode(corners, box_labels).mask_logits[:, :1], images), wanted)[:, 0]
    return result


def _measure_clips(model: VideoModel, clips: ClipBatch) -> dict[str, float]:
    ious, present_right, absent_right = [], [], []
    for start in range(0, len(clips.frames_bt3ss), _BATCH):
        frames = clips.frames_bt3ss[start : start + _BATCH].transpose(0, 1)
        masks = clips.masks_bktss[start : start + _BATCH, 0].transpose(0, 1)
        valid = clips.is_valid_bk[start : start + _BATCH, 0]
        tracked = track_clips(model, frames, masks[0])
        visible = masks.flatten(2).sum(2)
        shown, hidden = (visible > _MIN_VISIBLE_PIXELS) & valid, (visible == 0) & valid
        iou = mask_iou(tracked.masks_tnss.float(), masks.float())
        says_present = tracked.occlusion_scores_tn > 0
        ious.append(iou[1:][shown[1:]])
        present_right.append(says_present[1:][shown[1:]].float())
        absent_right.append((~says_present[1:][hidden[1:]]).float())
    return {
        "clip_j": torch.cat(ious).mean().item(),
        "present_right": torch.cat(present_right).mean().item(),
        "absent_right": torch.cat(absent_right).mean().item(),
    }


def _measure_video(model: VideoModel, video: LabelledVideo) -> float:
    last = max(video.masks)
    tracked = track_clips(model, video.frames_t3ss[: last + 1, None], video.masks[0][None])
    ious = [
        mask_iou(tracked.masks_tnss[index].float(), mask[None].float())
        for index, mask in video.masks.items()
        if index > 0
    ]
    return torch.cat(ious).mean().item()


def _clicks(predicted: Tensor | None, masks: Tensor) -> tuple[Tensor, Tensor]:
    given = torch.zeros_like(masks) if predicted is None else predicted
    clicks = [next_click(mask, guess) for mask, guess in zip(masks.cpu().numpy(), given.cpu().numpy(), strict=True)]
    points = torch.tensor([[[click.x, click.y]] for click in clicks], dtype=torch.float32, device=masks.device)
    labels = torch.tensor([[int(click.is_positive)] for click in clicks], device=masks.device)
    return points, labels


def _enlarge(logits: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(logits, size=like.shape[-2:], mode="bilinear", align_corners=False)


def _middle_instance(record: StillRecord) -> np.ndarray | None:
    """The instance of median size among those that are not specks; one object per picture, always the same."""
    areas = np.bincount(record.instances.reshape(-1), minlength=1) / record.instances.size
    usable = [number for number in np.argsort(-areas[1:]) + 1 if areas[number] > _MIN_SHARE]
    if not usable:
        return None
    chosen = usable[len(usable) // 2] if len(usable) > 2 else usable[0]
    return record.instances == chosen


def _square(image: np.ndarray, size: int) -> np.ndarray:
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)


def _load_videos(root: Path, size: int, device: torch.device) -> Sequence[LabelledVideo]:
    videos = []
    for sequence in list_davis(root):
        frames = np.stack([_square(sequence.frame(index), size) for index in range(sequence.num_frames)])
        tensor = torch.from_numpy(frames.transpose(0, 3, 1, 2).copy()).to(device)
        for object_id in sequence.object_ids:
            masks = {index: sequence.mask(index, object_id) for index in sequence.annotated_frames(object_id)}
            first = min(index for index, mask in masks.items() if mask.any())
            small = {
                index - first: torch.from_numpy(_square(mask.astype(np.uint8) * 255, size) > 127).to(device)
                for index, mask in masks.items()
                if index >= first
            }
            videos.append(LabelledVideo(f"{sequence.name}_{object_id}", tensor[first:], small))
    return videos
