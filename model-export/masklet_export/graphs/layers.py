"""Layers as nodes: what more than one graph needs. Token layout throughout: channels last."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn
from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoFeedForward

from masklet_export.graphs.graph_builder import MICROSOFT, GraphBuilder, Value

MAX_SCORE_BYTES = 2**27
"""Attention scores of one object are made in pieces of at most this size: WebGPU's default limit of a binding."""

_MANY_KEYS = 1024
"""Beyond so many, a key's share in a softmax has too few digits in float16."""


def linear(graph: GraphBuilder, x_nc: Value, layer: nn.Linear) -> Value:
    """Rows of a matrix through a linear layer: [n,C_in] → [n,C_out], one Gemm."""
    return gemm(graph, x_nc, graph.weight(layer.weight), graph.weight(layer.bias))


def gemm(graph: GraphBuilder, x_nc: Value, weight_oc: Value, bias_o: Value | None = None) -> Value:
    """x · weightᵀ + bias on a matrix; the weight as PyTorch keeps it, [C_out,C_in]."""
    inputs = (x_nc, weight_oc) if bias_o is None else (x_nc, weight_oc, bias_o)
    return graph.op("Gemm", *inputs, transB=1)


def batched_linear(graph: GraphBuilder, x_bnc: Value, weight_oc: Value, bias_o: Value) -> Value:
    """A linear layer on [B,n,C] when both B and n are dynamic: a Gemm's result could not be given its shape back."""
    return x_bnc @ weight_oc.transpose(1, 0) + bias_o


def pointwise_conv(graph: GraphBuilder, x_nc: Value, conv: nn.Conv2d) -> Value:
    """A 1x1 convolution on tokens [n,C_in] → [n,C_out]."""
    out_channels, in_channels = conv.weight.shape[:2]
    return gemm(graph, x_nc, graph.weight(conv.weight).reshape(out_channels, in_channels), graph.weight(conv.bias))


def layer_norm(graph: GraphBuilder, x: Value, norm: nn.LayerNorm) -> Value:
    """Layer norm over the last axis."""
    return graph.op(
        "LayerNormalization", x, graph.weight(norm.weight), graph.weight(norm.bias), axis=-1, epsilon=norm.eps
    )


def gelu(graph: GraphBuilder, x: Value) -> Value:
    """Exact (erf) GELU as ONNX Runtime's own operator: ONNX has one from opset 20 on only."""
    return graph.op("Gelu", x, domain=MICROSOFT)


def relu(graph: GraphBuilder, x: Value) -> Value:
    return graph.op("Relu", x)


def feed_forward(graph: GraphBuilder, x_nc: Value, mlp: Sam2VideoFeedForward) -> Value:
    """SAM's ReLU multi-layer perceptron on the rows of a matrix, with its final sigmoid where it has one."""
    x_nc = relu(graph, linear(graph, x_nc, mlp.proj_in))
    for layer in mlp.layers:
        x_nc = relu(graph, linear(graph, x_nc, layer))
    x_nc = linear(graph, x_nc, mlp.proj_out)
    return graph.op("Sigmoid", x_nc) if mlp.sigmoid_output else x_nc


def multi_head_attention(
    graph: GraphBuilder, query_bhnc: Value, key_bhnc: Value, value_bhnc: Value, bias: Value | None = None
) -> Value:
    """softmax(q·kᵀ + bias)·v per head, [B,heads,n,c] → [B,n,heads,c]; the scale is in the query already."""
    scores = query_bhnc @ key_bhnc.transpose(0, 1, 3, 2)
    if bias is not None:
        scores = scores + bias
    return (graph.op("Softmax", scores, axis=-1) @ value_bhnc).transpose(0, 2, 1, 3)


def softmax_sum(graph: GraphBuilder, scores: Value, values: Value, keys: int) -> Value:
    """softmax(scores)·values. Of many keys always in float32 (`GraphBuilder.in_float32`)."""
    with graph.in_float32(wanted=keys > _MANY_KEYS):
        return graph.op("Softmax", scores, axis=-1) @ values


def query_chunks(queries: int, keys: int, heads: int = 1) -> int:
    """In how many equal pieces the queries are attended for, so that float32 scores keep to `MAX_SCORE_BYTES`."""
    chunks = 1
    while 4 * heads * queries * keys > chunks * MAX_SCORE_BYTES and queries % (2 * chunks) == 0:
        chunks *= 2
    return chunks


def in_query_chunks(
    graph: GraphBuilder, query: Value, axis: int, queries: int, chunks: int, attend: Callable[[Value], Value]
) -> Value:
    """`attend` on equal pieces of the queries along an axis; the results joined along the same axis."""
    if chunks == 1:
        return attend(query)
    pieces = query.split([queries // chunks] * chunks, axis=axis)
    return graph.concat([attend(piece) for piece in pieces], axis=axis)
