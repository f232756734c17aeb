"""Stand-in networks for policy scenarios: what they return is the id of the event that made it.

So the lists they write down say what was really attended to, whatever the tracker's code intended.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from masklet_export.reference.memory_bank import FrameResult
from masklet_export.reference.prompt_tensors import FramePrompt, point_tensors
from masklet_export.reference.scenario_options import options_from_scenario
from masklet_export.reference.select_memories import MemoryKind
from masklet_export.reference.track_frame import Evaluation, Features, MemoryEncoding

_KINDS = {MemoryKind.CONDITIONING: "c", MemoryKind.NON_CONDITIONING: "n", MemoryKind.UNSELECTED: "u"}
_FEATURES = {Features.NO_MEMORY: "no_mem_embed", Features.MEMORY: "memory", Features.RAW: "raw"}
_SCORE = 5.0
_MASK_PROMPT_SCORE = 10.0

Json = dict[str, Any]


class RecordingRunner:
    """Stands in for the networks: outputs are event ids, inputs are written down."""

    def __init__(self, scenario: Json) -> None:
        self.video_size: tuple[int, int] = tuple(scenario["video_size"])
        self.model_size: int = scenario["model_size"]
        self.absent = {(object_id, frame) for object_id, frame in scenario.get("absent") or []}
        self.options = options_from_scenario(scenario)
        self.events: list[Json] = []
        self._ids = itertools.count()

    def evaluate(self, frame_index: int, evaluations: Sequence[Evaluation]) -> list[FrameResult]:
        return [self._evaluate(evaluation) for evaluation in evaluations]

    def encode_memories(self, frame_index: int, encodings: Sequence[MemoryEncoding]) -> list[np.ndarray]:
        return [self._encode(encoding) for encoding in encodings]

    def _evaluate(self, evaluation: Evaluation) -> FrameResult:
        event_id = next(self._ids)
        is_mask = evaluation.mask_prompt is not None
        is_absent = (evaluation.object_id, evaluation.frame_index) in self.absent
        score = -_SCORE if is_absent else _SCORE
        if is_mask:
            score = _MASK_PROMPT_SCORE if evaluation.mask_prompt.any() else -_MASK_PROMPT_SCORE
        event: Json = {
            "id": event_id,
            "phase": "track" if evaluation.prompt is None else "prompt",
            "obj": evaluation.object_id,
            "frame": evaluation.frame_index,
            "reverse": evaluation.reverse,
            "features": _FEATURES[evaluation.features],
            "multimask": evaluation.multimask,
            "present": score > 0,
            "ptr_is_no_obj": is_absent or score <= 0,
            "store": "cond" if evaluation.stores_conditioning else "non_cond",
        }
        event |= self._fed_points(evaluation.prompt) | self._fed_mask(evaluation)
        if evaluation.features is Features.MEMORY:
            event |= _fed_memory(evaluation)
        if evaluation.prompt is None:
            event |= {"binarize": False, "no_obj_embed": self._adds_embedding(score)}
        else:
            event["init_cond"] = evaluation.is_initial
        if is_mask:
            event |= {"mask_prompt": True, "score": score}
        self.events.append(event)
        tag = np.array([[event_id]], np.float32)
        memory = tag if evaluation.prompt is None else None
        return FrameResult(mask_logits=tag, object_pointer=tag[0], occlusion_score=score, spatial_memory=memory)

    def _encode(self, encoding: MemoryEncoding) -> np.ndarray:
        event_id = next(self._ids)
        self.events.append(
            {
                "id": event_id,
                "phase": "encode",
                "obj": encoding.object_id,
                "frame": encoding.frame_index,
                "of": event_of(encoding.result.mask_logits),
                "binarize": encoding.binarize,
                "no_obj_embed": self._adds_embedding(encoding.result.occlusion_score),
                "store": "cond" if encoding.stores_conditioning else "non_cond",
            }
        )
        return np.array([[event_id]], np.float32)

    def _adds_embedding(self, score: float) -> bool:
        return self.options.has_occlusion_embedding and score <= 0

    def _fed_points(self, prompt: FramePrompt | None) -> Json:
        tensors = point_tensors(prompt, self.video_size, self.model_size)
        return {"points": tensors.points.tolist(), "labels": tensors.labels.tolist()}

    def _fed_mask(self, evaluation: Evaluation) -> Json:
        if evaluation.mask_prompt is not None:
            return {"mask_in": "mask_downsample"}
        if evaluation.previous is None:
            return {"mask_in": None}
        return {"mask_in": "prev", "prev_event": event_of(evaluation.previous.mask_logits)}


def _fed_memory(evaluation: Evaluation) -> Json:
    memories = [
        [memory.frame_index, _KINDS[memory.kind], memory.temporal_row, event_of(memory.result.spatial_memory)]
        for memory in evaluation.memories
    ]
    pointers = [
        [pointer.frame_index, pointer.distance, event_of(pointer.result.object_pointer)]
        for pointer in evaluation.pointers
    ]
    normaliser = {"ptr_norm": evaluation.pointer_normaliser} if pointers else {}
    return {"mem": memories, "ptr": pointers, **normaliser}


def event_of(tensor: np.ndarray) -> int:
    """The event that made a stand-in's output."""
    return int(tensor.flat[0])
