"""Nodes that choose among the four mask tokens, as products with weights that are 0 or 1.

No ArgMax and no int64 tensor: on WebGPU those would run on the CPU, with a read-back in the middle of a frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from onnx import TensorProto

from masklet_export.graphs.graph_builder import GraphBuilder, Value
from masklet_export.model.video_model import NUM_MASK_TOKENS

_BEST, _STABLE = -1, -2
"""Values of the graph's `selection` input beyond a token's own number."""


@dataclass(frozen=True)
class Selection:
    """Weights over the four tokens, one of them 1."""

    mask_b4: Value
    pointer_b4: Value
    """Differs from the mask's after a stability fallback: the pointer stays token 0's."""
    stability_b1: Value
    """area(logit > +δ) / area(logit > −δ) of token 0; 1 where the latter is empty."""


def select(
    graph: GraphBuilder, selection_b: Value, masks_b4n: Value, ious_b4: Value, delta: float, threshold: float
) -> Selection:
    """Resolve −1 (best of tokens 1..3), −2 (token 0 unless unstable) and 0..3 for every object.

    Source: sam2_base.py@2b90b9f `_forward_sam_heads`, mask_decoder.py@2b90b9f `_dynamic_multimask_via_stability`.
    """
    table = np.zeros((NUM_MASK_TOKENS + 2, NUM_MASK_TOKENS + 2), np.float32)
    table[:NUM_MASK_TOKENS, :NUM_MASK_TOKENS] = np.eye(NUM_MASK_TOKENS)
    table[_BEST, NUM_MASK_TOKENS] = 1
    table[_STABLE, [0, NUM_MASK_TOKENS + 1]] = 1
    # Negative indices count from the table's end, as −1 and −2 do.
    fixed, wants_best, wants_stable = graph.gather(graph.constant(table), selection_b).split(
        [NUM_MASK_TOKENS, 1, 1], axis=1
    )
    best = _best_of_three(graph, ious_b4)
    stability = _stability(graph, masks_b4n, delta)
    falls_back = wants_stable * _float(graph, "Less", stability, threshold)
    takes_best = wants_best + falls_back
    return Selection(
        mask_b4=fixed * (1.0 - takes_best) + best * takes_best,
        pointer_b4=fixed + best * wants_best,
        stability_b1=stability,
    )


def _best_of_three(graph: GraphBuilder, ious_b4: Value) -> Value:
    """One-hot [B,4] of the highest IoU among tokens 1..3, the first one where they tie."""
    _, candidates = ious_b4.split([1, NUM_MASK_TOKENS - 1], axis=1)
    highest = graph.op("ReduceMax", candidates, graph.constant(np.array([1], np.int64)), keepdims=1)
    is_highest = _float(graph, "GreaterOrEqual", candidates, highest)
    # For each candidate, how many before it are as high.
    earlier = np.triu(np.ones((NUM_MASK_TOKENS - 1, NUM_MASK_TOKENS - 1), np.float32), k=1)
    first = is_highest * _float(graph, "Less", is_highest @ graph.constant(earlier), 0.5)
    pads = graph.constant(np.array([0, 1, 0, 0], np.int64))
    return graph.op("Pad", first, pads, mode="constant")


def _stability(graph: GraphBuilder, masks_b4n: Value, delta: float) -> Value:
    single, _ = masks_b4n.split([1, NUM_MASK_TOKENS - 1], axis=1)
    axis = graph.constant(np.array([2], np.int64))
    upper, lower = (
        graph.op("ReduceSum", _float(graph, "Greater", single, bound), axis, keepdims=0) for bound in (delta, -delta)
    )
    # Areas are whole numbers: this is 1 where the lower area is 0, else 0.
    is_empty = graph.op("Relu", 1.0 - lower)
    return (upper + is_empty) / (lower + is_empty)


def _float(graph: GraphBuilder, comparison: str, left: Value, right: Value | float) -> Value:
    return graph.op("Cast", graph.op(comparison, left, graph.value(right)), to=TensorProto.FLOAT)
