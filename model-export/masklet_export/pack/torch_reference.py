"""What each graph must answer, computed by the PyTorch model: one object at a time, padding left out.

Independent of the graph code on purpose: selection, gating and padding are plain Python here.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from masklet_export.graphs.mask_decoder import NO_OBJECT_LOGIT
from masklet_export.model.video_model import DecodedMasks, VideoModel

Arrays = Mapping[str, np.ndarray]


@torch.no_grad()
def run_reference(model: VideoModel, graph: str, inputs: Arrays) -> dict[str, np.ndarray]:
    """Outputs of one graph by name, for inputs as docs/model-pack.md lists them."""
    tensors = {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in inputs.items()}
    outputs = _RUNNERS[graph](model, tensors)
    return {name: value.numpy() for name, value in outputs.items()}


def _image_encoder(model: VideoModel, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    features = model.encode_image(inputs["image"])
    return {
        "features_stride4": features.stride4,
        "features_stride8": features.stride8,
        "features_stride16": features.stride16,
        "features_no_memory": model.without_memory(features.stride16),
    }


def _memory_attention(model: VideoModel, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    conditioned = []
    for slot in range(inputs["memory_mask"].shape[0]):
        memories, pointers = inputs["memory_mask"][slot] > 0, inputs["pointer_mask"][slot] > 0
        conditioned.append(
            model.attend_memory(
                inputs["features_stride16"],
                inputs["spatial_memories"][slot, memories][None],
                inputs["temporal_rows"][slot, memories][None],
                inputs["object_pointers"][slot, pointers][None],
                inputs["pointer_times"][slot, pointers][None],
            )
        )
    return {"conditioned_features": torch.cat(conditioned)}


def _mask_decoder(model: VideoModel, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    slots = []
    for slot in range(inputs["selection"].shape[0]):
        is_used = inputs["point_labels"][slot] != -2
        decoded = model.decode_masks(
            inputs["conditioned_features"][slot : slot + 1],
            inputs["features_stride4"],
            inputs["features_stride8"],
            inputs["points"][slot, is_used][None],
            inputs["point_labels"][slot, is_used][None],
            inputs["mask_input"][slot : slot + 1] if inputs["has_mask_input"][slot] > 0 else None,
        )
        slots.append(_chosen(model, decoded, int(inputs["selection"][slot]), float(inputs["presence"][slot])))
    return {name: torch.stack([slot[name] for slot in slots]) for name in slots[0]}


def _chosen(model: VideoModel, decoded: DecodedMasks, selection: int, presence: float) -> dict[str, Tensor]:
    """Selection and gating of one object, after sam2_base.py@2b90b9f `_forward_sam_heads`."""
    masks, ious, score = decoded.mask_logits[0], decoded.predicted_iou[0], decoded.occlusion_score[0]
    best = 1 + int(ious[1:].argmax())
    settings = model.mask_decoder
    stability = stability_score(masks[0], settings.dynamic_multimask_stability_delta)
    is_stable = stability >= settings.dynamic_multimask_stability_thresh
    token = {-1: best, -2: 0 if is_stable else best}.get(selection, selection)
    pointer_token = {-1: best, -2: 0}.get(selection, selection)
    is_visible = bool(score > 0)
    pointer = model.make_pointer(decoded.mask_tokens[:, pointer_token], torch.tensor([is_visible * presence]))
    return {
        "mask_logits": masks[token : token + 1] if is_visible else torch.full_like(masks[:1], NO_OBJECT_LOGIT),
        "occlusion_score": score,
        "object_pointer": pointer[0],
        "scores": torch.cat((ious[token][None], score, torch.tensor([float(token), stability]), ious)),
        "candidate_logits": masks,
    }


def stability_score(mask_logits_hw: Tensor, delta: float) -> float:
    """Area above +delta over area above −delta; 1 when the latter is empty."""
    lower = int((mask_logits_hw > -delta).sum())
    return int((mask_logits_hw > delta).sum()) / lower if lower > 0 else 1.0


def _memory_encoder(model: VideoModel, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    memories = [
        model.encode_memory(
            inputs["features_stride16"],
            inputs["mask_logits"][slot : slot + 1],
            (inputs["occlusion_score"][slot] > 0).float(),
            binarize=bool(inputs["binarize"][slot] > 0),
        )
        for slot in range(inputs["binarize"].shape[0])
    ]
    return {"spatial_memory": torch.cat(memories)}


_RUNNERS = {
    "image_encoder": _image_encoder,
    "memory_attention": _memory_attention,
    "mask_decoder": _mask_decoder,
    "memory_encoder": _memory_encoder,
}
