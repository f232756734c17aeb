"""Teacher-forced cases (`graphs/<version>/*.safetensors`): one graph each, inputs and outputs of the reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file

from masklet_export.reference.pack_sessions import PackSessions
from masklet_export.reference.prompt_tensors import mask_prompt_input, mask_prompt_logits

Arrays = Mapping[str, np.ndarray]

TOLERANCES = {
    "image_encoder": {"": 2e-5},
    "memory_attention": {"": 1e-5},
    "memory_encoder": {"": 1e-5},
    "decoder": {"masks4": 1e-3, "low": 1e-3, "score": 2e-4, "ptr": 5e-5, "ious4": 2e-6, "stability": 1e-3, "token": 0},
    "mask_prompt": {"low": 1e-5, "score": 0, "ptr": 5e-5},
}
"""Largest absolute difference, by kind of case and tensor; the suite's own recommendations."""


def run_graph_case(path: Path, sessions: PackSessions) -> list[str]:
    """Differences beyond the tolerance, one sentence each; empty = passed."""
    kind = next(name for name in TOLERANCES if path.stem.startswith(name))
    tensors = load_file(path)
    actual, expected = _RUNNERS[kind](path, tensors, sessions)
    problems = []
    for name, theirs in expected.items():
        tolerance = TOLERANCES[kind].get(name, TOLERANCES[kind].get("", 0.0))
        error = np.abs(actual[name].reshape(theirs.shape).astype(np.float64) - theirs).max()
        if not error <= tolerance:
            problems.append(f"{name} differs by {error:.2g}, allowed {tolerance:.2g}")
    return problems


def _image_encoder(path: Path, case: Arrays, sessions: PackSessions) -> tuple[Arrays, Arrays]:
    outputs = sessions.run("image_encoder", {"image": case["image"]})
    names = {"s0": "stride4", "s1": "stride8", "feat": "stride16", "feat_no_mem": "no_memory"}
    return {key: outputs[f"features_{name}"] for key, name in names.items()}, {key: case[key] for key in names}


def _memory_attention(path: Path, case: Arrays, sessions: PackSessions) -> tuple[Arrays, Arrays]:
    hidden, memories = case["feat"].shape[1], case["mem"].shape[0]
    pointers = case.get("ptrs", np.zeros((0, hidden), np.float32)).reshape(-1, hidden)
    count = len(pointers)
    # A graph takes at least one pointer slot: an empty one is masked.
    padded = pointers if count > 0 else np.zeros((1, hidden), np.float32)
    times = case["ptr_dt"] / case["ptr_norm"] if count > 0 else np.zeros(1)
    inputs = {
        "features_stride16": case["feat"],
        "spatial_memories": case["mem"][None],
        "temporal_rows": case["mem_tpos_row"][None],
        "memory_mask": np.ones((1, memories), np.float32),
        "object_pointers": padded[None],
        "pointer_times": times.astype(np.float32)[None],
        "pointer_mask": np.full((1, len(padded)), float(count > 0), np.float32),
    }
    outputs = sessions.run("memory_attention", inputs)
    return {"cond": outputs["conditioned_features"]}, {"cond": case["cond"]}


def _memory_encoder(path: Path, case: Arrays, sessions: PackSessions) -> tuple[Arrays, Arrays]:
    inputs = {
        "features_stride16": case["feat"],
        "mask_logits": case["low"][None, None],
        "occlusion_score": case["score"].reshape(1, 1),
        "binarize": case["binarize"].astype(np.float32),
    }
    memory = sessions.run("memory_encoder", inputs)["spatial_memory"]
    return {"mem": memory[0].T}, {"mem": case["mem"]}


def _decoder(path: Path, case: Arrays, sessions: PackSessions) -> tuple[Arrays, Arrays]:
    features = _decoder_features(path)
    side = case["masks4"].shape[-1]
    mask = case.get("mask_in")
    outputs = sessions.run(
        "mask_decoder",
        {
            "conditioned_features": features["cond"],
            "features_stride4": features["s0"],
            "features_stride8": features["s1"],
            "points": case["points"][None],
            "point_labels": case["labels"][None],
            "mask_input": np.zeros((1, 1, side, side), np.float32) if mask is None else mask[None, None],
            "has_mask_input": np.array([mask is not None], np.float32),
            "selection": np.where(case["multimask"] > 0, -1, -2).astype(np.int32),
            "presence": np.ones(1, np.float32),
        },
    )
    actual = _decoder_outputs(outputs)
    compared = [name for name in actual if name in case]
    if case["multimask"][0] > 0:
        # The stability of token 0 is only defined by the reference on its single-mask path.
        compared.remove("stability")
    return actual, {name: case[name] for name in compared}


def _mask_prompt(path: Path, case: Arrays, sessions: PackSessions) -> tuple[Arrays, Arrays]:
    features, mask, manifest = _decoder_features(path), case["mask"], sessions.manifest
    is_present = bool(mask.any())
    outputs = sessions.run(
        "mask_decoder",
        {
            "conditioned_features": features["feat"],
            "features_stride4": features["s0"],
            "features_stride8": features["s1"],
            "points": np.zeros((1, 1, 2), np.float32),
            "point_labels": np.full((1, 1), -1, np.int32),
            "mask_input": mask_prompt_input(mask, manifest.mask_downsample_weight, manifest.mask_downsample_bias)[
                None, None
            ],
            "has_mask_input": np.ones(1, np.float32),
            "selection": np.full(1, -2, np.int32),
            "presence": np.full(1, is_present, np.float32),
        },
    )
    actual = {
        "low": mask_prompt_logits(mask),
        "ptr": outputs["object_pointer"],
        "score": np.array([10.0 if is_present else -10.0]),
    }
    return actual, {name: case[name] for name in actual}


def _decoder_outputs(outputs: Arrays) -> dict[str, np.ndarray]:
    scores = outputs["scores"][0]
    return {
        "masks4": outputs["candidate_logits"][0],
        "low": outputs["mask_logits"][0, 0],
        "ptr": outputs["object_pointer"],
        "score": scores[1:2],
        "token": scores[2:3],
        "stability": scores[3:4],
        "ious4": scores[4:],
    }


def _decoder_features(path: Path) -> dict[str, np.ndarray]:
    """Feature maps that several cases share; the case's header names its own."""
    with safe_open(path, framework="numpy") as file:
        header = file.metadata()
    shared = load_file(path.with_name(header["features"]))
    return {key: shared[name] for key, name in header.items() if key != "features"}


_RUNNERS: dict[str, Callable[[Path, Arrays, PackSessions], tuple[Arrays, Arrays]]] = {
    "image_encoder": _image_encoder,
    "memory_attention": _memory_attention,
    "memory_encoder": _memory_encoder,
    "decoder": _decoder,
    "mask_prompt": _mask_prompt,
}
