"""Inputs for every graph that reach its branches: padding, all label kinds, all selections, an absent object."""

from __future__ import annotations

import numpy as np
import torch

from masklet_export.model.video_model import VideoModel
from masklet_export.pack.torch_reference import run_reference

_LABELS = [[1, 0, -2], [2, 3, 1], [-1, -2, -2], [1, -2, -2], [0, 1, 1], [2, 3, -2]]
_SELECTIONS = [-1, -2, -1, 2, 0, -2]
_HAS_MASK = [0, 1, 0, 1, 1, 0]
_PRESENCE = [1, 1, 1, 0, 1, 1]
_ABSENT_SCORE = -1.5

Arrays = dict[str, np.ndarray]


def example_inputs(model: VideoModel, seed: int = 0, slots: int = 3) -> dict[str, Arrays]:
    """Graph name → its inputs for `slots` (1..6) objects; features are the model's own of a smooth random picture."""
    random = np.random.default_rng(seed)
    image = _picture(random, model.image_size)
    features = run_reference(model, "image_encoder", {"image": image})
    memory = _memory_attention_inputs(model, random, features, slots)
    conditioned = run_reference(model, "memory_attention", memory)["conditioned_features"]
    decoder = _mask_decoder_inputs(model, random, features, conditioned)
    masks = run_reference(model, "mask_decoder", decoder)["candidate_logits"][:, :1]
    scores = np.full((slots, 1), 1.0, np.float32)
    scores[-1] = _ABSENT_SCORE
    encoder = {
        "features_stride16": features["features_stride16"],
        "mask_logits": masks,
        "occlusion_score": scores,
        "binarize": np.array([i % 2 for i in range(slots)], np.float32),
    }
    return {
        "image_encoder": {"image": image},
        "memory_attention": memory,
        "mask_decoder": decoder,
        "memory_encoder": encoder,
    }


def _picture(random: np.random.Generator, size: int) -> np.ndarray:
    """Low-frequency noise of unit variance, as a normalised picture is."""
    coarse = torch.from_numpy(random.standard_normal((1, 3, 8, 8)).astype(np.float32))
    image = torch.nn.functional.interpolate(coarse, size=(size, size), mode="bicubic", align_corners=False)
    return (image + 0.1 * torch.from_numpy(random.standard_normal(image.shape).astype(np.float32))).numpy()


def _memory_attention_inputs(
    model: VideoModel, random: np.random.Generator, features: Arrays, slots: int, memories: int = 3, pointers: int = 4
) -> Arrays:
    memory_mask, pointer_mask = np.ones((slots, memories), np.float32), np.ones((slots, pointers), np.float32)
    memory_mask[-1, 1:] = 0
    pointer_mask[-1, 2:] = 0
    shape = (slots, memories, model.memory_tokens, model.memory_channels)
    return {
        "features_stride16": features["features_stride16"],
        "spatial_memories": random.standard_normal(shape).astype(np.float32),
        "temporal_rows": random.integers(0, model.temporal_positions.shape[0], (slots, memories)).astype(np.int32),
        "memory_mask": memory_mask,
        "object_pointers": random.standard_normal((slots, pointers, model.hidden_size)).astype(np.float32),
        "pointer_times": random.uniform(-1, 1, (slots, pointers)).astype(np.float32),
        "pointer_mask": pointer_mask,
    }


def _mask_decoder_inputs(
    model: VideoModel, random: np.random.Generator, features: Arrays, conditioned: np.ndarray
) -> Arrays:
    slots, side = conditioned.shape[0], 4 * model.grid
    return {
        "conditioned_features": conditioned,
        "features_stride4": features["features_stride4"],
        "features_stride8": features["features_stride8"],
        "points": random.uniform(0, model.image_size, (slots, 3, 2)).astype(np.float32),
        "point_labels": np.array(_LABELS[:slots], np.int32),
        "mask_input": (4 * random.standard_normal((slots, 1, side, side))).clip(-32, 32).astype(np.float32),
        "has_mask_input": np.array(_HAS_MASK[:slots], np.float32),
        "selection": np.array(_SELECTIONS[:slots], np.int32),
        "presence": np.array(_PRESENCE[:slots], np.float32),
    }
