"""`expectations.json` of a pack: what its graphs answer to inputs made up by a rule.

A runtime computes the same inputs and compares before it trusts a device with the model: the same rules stand in
`workers/segment/self-check.ts`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import numpy as np

from masklet_export.pack.manifest import GRAPH_NAMES

EXPECTATIONS_FILE = "expectations.json"
CHECKED_OUTPUTS = {
    "image_encoder": ("features_stride4", "features_stride8", "features_stride16", "features_no_memory"),
    "memory_attention": ("conditioned_features",),
    # Not the outputs that hang on the sign of a score or on which token is the best.
    "mask_decoder": ("candidate_logits",),
    "memory_encoder": ("spatial_memory",),
}
_SAMPLES = 256
_DIGITS = 6

Arrays = dict[str, np.ndarray]


def expectations(
    image_size: int, hidden_size: int, memory_tokens: int, run: Callable[[str, Arrays], Mapping[str, np.ndarray]]
) -> dict[str, dict[str, list[float]]]:
    """Graph name → output name → up to 256 of its values, evenly spread. `run` computes one graph by its name."""
    inputs = made_up_inputs(image_size, hidden_size, memory_tokens)
    answers = {}
    for name in GRAPH_NAMES:
        outputs = run(name, inputs[name])
        answers[name] = {output: _samples(outputs[output]) for output in CHECKED_OUTPUTS[name]}
    return answers


def to_json(answers: Mapping[str, Mapping[str, list[float]]]) -> str:
    return json.dumps(answers, separators=(",", ":")) + "\n"


def made_up_inputs(image_size: int, hidden_size: int, memory_tokens: int) -> dict[str, Arrays]:
    """Graph name → its inputs: one object, but in memory attention two, with padding."""
    grid = image_size // 16
    side = 4 * grid
    features = {
        "features_stride4": made_up(1, hidden_size // 8, side, side),
        "features_stride8": made_up(1, hidden_size // 4, side // 2, side // 2),
        "features_stride16": made_up(1, hidden_size, grid, grid),
    }
    memories = [made_up(1, 1, memory_tokens, 64, phase=1 + k) for k in range(3)]
    memories = np.concatenate([*memories, np.zeros_like(memories[0])], axis=1).reshape(2, 2, memory_tokens, 64)
    pointer = made_up(1, 1, hidden_size)
    return {
        "image_encoder": {"image": made_up(1, 3, image_size, image_size)},
        "memory_attention": {
            "features_stride16": features["features_stride16"],
            "spatial_memories": memories,
            "temporal_rows": np.array([[0, 1], [0, 0]], np.int32),
            "memory_mask": np.array([[1, 1], [1, 0]], np.float32),
            "object_pointers": np.concatenate([pointer, np.zeros_like(pointer)]),
            "pointer_times": np.array([[0.5], [0]], np.float32),
            "pointer_mask": np.array([[1], [0]], np.float32),
        },
        "mask_decoder": {
            "conditioned_features": features["features_stride16"],
            "features_stride4": features["features_stride4"],
            "features_stride8": features["features_stride8"],
            "points": np.array([[[image_size / 3, image_size / 2]]], np.float32),
            "point_labels": np.array([[1]], np.int32),
            "mask_input": np.zeros((1, 1, side, side), np.float32),
            "has_mask_input": np.zeros(1, np.float32),
            "selection": np.array([-1], np.int32),
            "presence": np.ones(1, np.float32),
        },
        "memory_encoder": {
            "features_stride16": features["features_stride16"],
            "mask_logits": 6 * made_up(1, 1, side, side),
            "occlusion_score": np.ones((1, 1), np.float32),
            "binarize": np.zeros(1, np.float32),
        },
    }


def made_up(*shape: int, phase: float = 0.0) -> np.ndarray:
    """Numbers without a pattern that a wrong index would leave as it is."""
    n = np.arange(np.prod(shape), dtype=np.float64)
    return (np.sin(0.7 * n + phase) + np.sin(0.001 * n * n)).astype(np.float32).reshape(shape)


def _samples(values: np.ndarray) -> list[float]:
    flat = values.reshape(-1)
    count = min(_SAMPLES, flat.size)
    picked = flat[np.arange(count) * flat.size // count]
    return [float(f"{value:.{_DIGITS}g}") for value in picked]
