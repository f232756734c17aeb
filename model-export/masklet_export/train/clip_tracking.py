"""First-mask tracking with the PyTorch model on batches of equally long clips: for validation between steps only.

What ships is measured with `masklet-eval` on exported graphs; this is the short way there while weights move.
Rules as in the app: all conditioning frames (here one), the last six tracked ones, sixteen pointers, best candidate,
gating by the predicted occlusion score. Source: SAM 2 §4.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from masklet_export.model.video_model import SIGMOID_BIAS, SIGMOID_SCALE, VideoModel
from masklet_export.train.clip_unroll import MAX_TIME_ROW, POINTER_TIME_SCALE, normalise_frames

_MAX_POINTERS = 16
_ABSENT_LOGIT = -1024.0


@dataclass(frozen=True)
class TrackedClips:
    """Masks where the model says the object is (empty where it says absent), and its scores."""

    masks_tnss: Tensor
    """bool [T,N,S,S]; frame 0 repeats the given masks."""
    occlusion_scores_tn: Tensor


@torch.no_grad()
def track_clips(model: VideoModel, frames_tn3ss: Tensor, first_masks_nss: Tensor) -> TrackedClips:
    """Track one object through each of N clips (uint8 [T,N,3,S,S]) from its mask (bool [N,S,S]) on frame 0."""
    size = frames_tn3ss.shape[-1]
    masks, scores = [first_masks_nss], [torch.full((len(first_masks_nss),), 10.0, device=first_masks_nss.device)]
    spatial: list[Tensor] = []
    pointers: list[Tensor] = []
    for time, frames in enumerate(frames_tn3ss):
        features = model.encode_image(normalise_frames(frames))
        levels = (features.stride4, features.stride8)
        if time == 0:
            given = first_masks_nss[:, None].float()
            decoded = model.decode_masks(features.stride16, *levels, None, None, model.mask_downsample(given))
            logits = F.avg_pool2d(given, 4) * SIGMOID_SCALE + SIGMOID_BIAS
            present = first_masks_nss.flatten(1).any(1).float()
            token = torch.zeros(len(given), dtype=torch.long, device=given.device)
        else:
            conditioned = _attend(model, features.stride16, spatial, pointers, time)
            decoded = model.decode_masks(conditioned, *levels)
            token = decoded.predicted_iou[:, 1:].argmax(1) + 1
            present = (decoded.occlusion_score[:, 0] > 0).float()
            logits = decoded.mask_logits.take_along_dim(token[:, None, None, None], dim=1)
            logits = torch.where(present[:, None, None, None] > 0, logits, _ABSENT_LOGIT)
            shown = F.interpolate(logits, size=(size, size), mode="bilinear", align_corners=False)[:, 0] > 0
            masks.append(shown)
            scores.append(decoded.occlusion_score[:, 0])
        spatial.append(model.encode_memory(features.stride16, logits, present, binarize=time == 0))
        chosen = decoded.mask_tokens.take_along_dim(token[:, None, None], dim=1)[:, 0]
        pointers.append(model.make_pointer(chosen, present))
    return TrackedClips(torch.stack(masks), torch.stack(scores))


def _attend(model: VideoModel, stride16: Tensor, spatial: list[Tensor], pointers: list[Tensor], time: int) -> Tensor:
    recent = range(max(1, time - MAX_TIME_ROW), time)
    pointed = [0, *range(max(1, time - _MAX_POINTERS + 1), time)]
    rows = [MAX_TIME_ROW, *(time - index - 1 for index in recent)]
    device = stride16.device
    return model.attend_memory(
        stride16,
        torch.stack([spatial[index] for index in (0, *recent)], dim=1),
        torch.tensor([rows], device=device),
        torch.stack([pointers[index] for index in pointed], dim=1),
        torch.tensor([[min(time - index, _MAX_POINTERS - 1) / POINTER_TIME_SCALE for index in pointed]], device=device),
    )
