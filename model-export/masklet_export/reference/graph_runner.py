"""Runs a pack's graphs for the tracker: one run per graph and frame for all objects that need it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from masklet_export.reference.clean_up import keep_clicked
from masklet_export.reference.limit_points import MAX_MODEL_POINTS, limit_points
from masklet_export.reference.memory_bank import FrameResult
from masklet_export.reference.object_pointers import pointer_time
from masklet_export.reference.pack_sessions import PackSessions
from masklet_export.reference.prompt_tensors import (
    MASK_LOGIT,
    UNUSED_LABEL,
    FramePrompt,
    mask_prompt_input,
    mask_prompt_logits,
    point_tensors,
    positive_clicks,
    previous_mask_input,
)
from masklet_export.reference.track_frame import Evaluation, Features, MemoryEncoding

_BEST_OF_THREE, _TOKEN_ZERO_IF_STABLE, _TOKEN_ZERO = -1, -2, 0
_CACHED_FRAMES = 4

ImageSource = Callable[[int], np.ndarray]
"""Frame index → normalised picture float32 [1,3,S,S]."""


class GraphRunner:
    """A `FrameRunner` over ONNX Runtime.

    Args:
        sessions: the pack.
        image_of: gives the encoder's input of a frame.
        video_size: (width, height); the scale of points.
        max_points: of a prompt's points, how many reach the decoder; None for all, as in the reference.
        rounds_memories: store spatial memories in bfloat16 precision, as the reference does.
    """

    def __init__(
        self,
        sessions: PackSessions,
        image_of: ImageSource,
        video_size: tuple[int, int],
        *,
        max_points: int | None = MAX_MODEL_POINTS,
        rounds_memories: bool = False,
    ) -> None:
        self.sessions = sessions
        self.manifest = sessions.manifest
        self.image_of = image_of
        self.video_size = video_size
        self.max_points = max_points
        self.rounds_memories = rounds_memories
        self._features: OrderedDict[int, dict[str, np.ndarray]] = OrderedDict()

    def evaluate(self, frame_index: int, evaluations: Sequence[Evaluation]) -> list[FrameResult]:
        """Decode all, then encode the memories of those that are tracked."""
        decoded = self.sessions.run("mask_decoder", self._decoder_inputs(frame_index, evaluations))
        results = [self._result(decoded, slot, evaluation) for slot, evaluation in enumerate(evaluations)]
        tracked = [slot for slot, evaluation in enumerate(evaluations) if evaluation.prompt is None]
        encodings = [
            MemoryEncoding(evaluations[slot].object_id, frame_index, results[slot], False, False) for slot in tracked
        ]
        for slot, memory in zip(tracked, self.encode_memories(frame_index, encodings), strict=True):
            results[slot] = replace(results[slot], spatial_memory=memory)
        return results

    def encode_memories(self, frame_index: int, encodings: Sequence[MemoryEncoding]) -> list[np.ndarray]:
        """One run for all; an empty list runs nothing."""
        if not encodings:
            return []
        inputs = {
            "features_stride16": self._frame_features(frame_index)["features_stride16"],
            "mask_logits": np.stack([encoding.result.mask_logits for encoding in encodings])[:, None],
            "occlusion_score": np.array([[encoding.result.occlusion_score] for encoding in encodings], np.float32),
            "binarize": np.array([encoding.binarize for encoding in encodings], np.float32),
        }
        memories = self.sessions.run("memory_encoder", inputs)["spatial_memory"]
        return [round_to_bfloat16(memory) if self.rounds_memories else memory for memory in memories]

    def _frame_features(self, frame_index: int) -> dict[str, np.ndarray]:
        if frame_index not in self._features:
            self._features[frame_index] = self.sessions.run("image_encoder", {"image": self.image_of(frame_index)})
            while len(self._features) > _CACHED_FRAMES:
                self._features.popitem(last=False)
        self._features.move_to_end(frame_index)
        return self._features[frame_index]

    def _conditioned(self, frame_index: int, evaluations: Sequence[Evaluation]) -> np.ndarray:
        """Stride-16 features of every evaluation, [B,D,h,h]; one memory attention for those with memory."""
        features = self._frame_features(frame_index)
        plain = {Features.RAW: features["features_stride16"][0], Features.NO_MEMORY: features["features_no_memory"][0]}
        attending = [evaluation for evaluation in evaluations if evaluation.features is Features.MEMORY]
        attended = iter(())
        if attending:
            inputs = self._attention_inputs(features["features_stride16"], attending)
            attended = iter(self.sessions.run("memory_attention", inputs)["conditioned_features"])
        return np.stack(
            [
                next(attended) if evaluation.features is Features.MEMORY else plain[evaluation.features]
                for evaluation in evaluations
            ]
        )

    def _attention_inputs(self, features: np.ndarray, evaluations: Sequence[Evaluation]) -> dict[str, np.ndarray]:
        """Banks of all objects padded to the longest; at least one slot each, masked where nothing is in it."""
        slots, hidden, channels = len(evaluations), features.shape[1], self.manifest.memory_channels
        cells = features.shape[2] * features.shape[3]
        # A memory has a token for each cell, or as many as a perceiver has latents.
        stored = (memory.result.spatial_memory for evaluation in evaluations for memory in evaluation.memories)
        tokens = next((len(memory) for memory in stored), cells)
        memories = max(1, *(len(evaluation.memories) for evaluation in evaluations))
        pointers = max(1, *(len(evaluation.pointers) for evaluation in evaluations))
        inputs = {
            "features_stride16": features,
            "spatial_memories": np.zeros((slots, memories, tokens, channels), np.float32),
            "temporal_rows": np.zeros((slots, memories), np.int32),
            "memory_mask": np.zeros((slots, memories), np.float32),
            "object_pointers": np.zeros((slots, pointers, hidden), np.float32),
            "pointer_times": np.zeros((slots, pointers), np.float32),
            "pointer_mask": np.zeros((slots, pointers), np.float32),
        }
        for slot, evaluation in enumerate(evaluations):
            for place, memory in enumerate(evaluation.memories):
                inputs["spatial_memories"][slot, place] = memory.result.spatial_memory
                inputs["temporal_rows"][slot, place] = memory.temporal_row
                inputs["memory_mask"][slot, place] = 1
            for place, pointer in enumerate(evaluation.pointers):
                inputs["object_pointers"][slot, place] = pointer.result.object_pointer
                inputs["pointer_times"][slot, place] = pointer_time(
                    pointer.distance, evaluation.pointer_normaliser or 1
                )
                inputs["pointer_mask"][slot, place] = 1
        return inputs

    def _limited(self, prompt: FramePrompt | None) -> FramePrompt | None:
        if prompt is None or self.max_points is None:
            return prompt
        return limit_points(prompt, self.video_size, self.max_points)

    def _decoder_inputs(self, frame_index: int, evaluations: Sequence[Evaluation]) -> dict[str, np.ndarray]:
        features, size = self._frame_features(frame_index), self.manifest.image_size
        prompts = [point_tensors(self._limited(evaluation.prompt), self.video_size, size) for evaluation in evaluations]
        length = max(len(prompt.labels) for prompt in prompts)
        points = np.zeros((len(prompts), length, 2), np.float32)
        labels = np.full((len(prompts), length), UNUSED_LABEL, np.int32)
        for slot, prompt in enumerate(prompts):
            points[slot, : len(prompt.labels)] = prompt.points
            labels[slot, : len(prompt.labels)] = prompt.labels
        masks = [self._mask_input(evaluation) for evaluation in evaluations]
        empty = np.zeros((size // 4, size // 4), np.float32)
        return {
            "conditioned_features": self._conditioned(frame_index, evaluations),
            "features_stride4": features["features_stride4"],
            "features_stride8": features["features_stride8"],
            "points": points,
            "point_labels": labels,
            "mask_input": np.stack([empty if mask is None else mask for mask in masks])[:, None],
            "has_mask_input": np.array([mask is not None for mask in masks], np.float32),
            "selection": np.array([self._selection(evaluation) for evaluation in evaluations], np.int32),
            "presence": np.array([_presence(evaluation) for evaluation in evaluations], np.float32),
        }

    def _mask_input(self, evaluation: Evaluation) -> np.ndarray | None:
        if evaluation.mask_prompt is not None:
            manifest = self.manifest
            return mask_prompt_input(
                evaluation.mask_prompt, manifest.mask_downsample_weight, manifest.mask_downsample_bias
            )
        return None if evaluation.previous is None else previous_mask_input(evaluation.previous.mask_logits)

    def _selection(self, evaluation: Evaluation) -> int:
        """Differs from sam2 for packs with `singleClick: token0`: a single click shows the single-mask token's."""
        if not evaluation.multimask:
            return _TOKEN_ZERO_IF_STABLE
        is_prompted = evaluation.prompt is not None
        return _TOKEN_ZERO if is_prompted and self.manifest.tracker.single_click == "token0" else _BEST_OF_THREE

    def _result(self, decoded: dict[str, np.ndarray], slot: int, evaluation: Evaluation) -> FrameResult:
        pointer = decoded["object_pointer"][slot]
        iou, score, token, stability, *candidates = decoded["scores"][slot].tolist()
        if evaluation.mask_prompt is not None:
            # The prompt itself is the mask; the decoder only made the pointer.
            score = MASK_LOGIT if evaluation.mask_prompt.any() else -MASK_LOGIT
            logits = mask_prompt_logits(evaluation.mask_prompt)
            return FrameResult(logits, pointer, score, candidate_ious=tuple(candidates))
        logits = decoded["mask_logits"][slot, 0]
        if evaluation.prompt is not None and self.manifest.tracker.keep_clicked_component:
            logits = keep_clicked(logits, positive_clicks(evaluation.prompt, self.video_size, logits.shape[0]))
        return FrameResult(
            mask_logits=logits,
            object_pointer=pointer,
            occlusion_score=score,
            predicted_iou=iou,
            token=round(token),
            stability=stability,
            candidate_ious=tuple(candidates),
        )


def _presence(evaluation: Evaluation) -> float:
    return 0.0 if evaluation.mask_prompt is not None and not evaluation.mask_prompt.any() else 1.0


def round_to_bfloat16(values: np.ndarray) -> np.ndarray:
    """Round float32 to the nearest bfloat16 (ties to even), still stored as float32."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) & np.uint32(0xFFFF0000)
    return rounded.view(np.float32)
