"""Nodes of the prompt encoder: points become tokens, the mask input becomes a dense embedding.

Source: SAM 2 §4 "prompt encoder"; sam2/modeling/sam/prompt_encoder.py@2b90b9f.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet_export.graphs.graph_builder import GraphBuilder, Value
from masklet_export.graphs.layers import gelu, gemm, layer_norm, pointwise_conv
from masklet_export.graphs.position_tables import fourier_code
from masklet_export.model.video_model import NUM_MASK_TOKENS, VideoModel

NUM_OUTPUT_TOKENS = 2 + NUM_MASK_TOKENS
"""Occlusion token, IoU token, mask tokens; the tokens before those of the prompt."""
_MASKED = 1e4


@dataclass(frozen=True)
class PromptTokens:
    """T = 7 + P tokens: output tokens, the reference's trailing padding token, then the points in their order.

    Attention does not see the order of its keys, so the padding may stand in front: there it is a constant.
    """

    tokens_btd: Value
    bias_b11t: Value
    """0, or −1e4 for unused slots (label −2)."""


def embed_points(
    graph: GraphBuilder, points_bp2: Value, labels_bp: Value, zero_b: Value, model: VideoModel
) -> PromptTokens:
    """Tokens of the decoder's transformer. `zero_b` [B] is all zeros and lends its length only."""
    encoder, decoder, hidden = model.prompt_encoder, model.mask_decoder, model.hidden_size
    not_a_point = graph.weight(encoder.not_a_point_embed.weight)
    # Rows 0..3 are the labels' own; −2 and −1 count from the end: an unused slot, then "no prompt".
    table = graph.concat(
        [graph.weight(encoder.point_embed.weight), graph.constant(np.zeros((1, hidden), np.float32)), not_a_point], 0
    )
    code_weights = graph.constant(np.array([1, 1, 1, 1, 0, 0], np.float32))
    biases = graph.constant(np.array([0, 0, 0, 0, -_MASKED, 0], np.float32))
    # 2 · (p + 0.5) / S − 1: the shift to the pixel's centre comes after the scaling to model pixels.
    coordinates = points_bp2 * (2 / model.image_size) + (1 / model.image_size - 1)
    code = fourier_code(graph, coordinates, model) * graph.gather(code_weights, labels_bp).reshape(0, 0, 1)
    points = code + graph.gather(table, labels_bp)
    constant = graph.concat(
        [
            graph.weight(decoder.obj_score_token.weight),
            graph.weight(decoder.iou_token.weight),
            graph.weight(decoder.mask_tokens.weight),
            not_a_point,
        ],
        axis=0,
    )
    leading = zero_b.reshape(-1, 1, 1) + constant.reshape(1, NUM_OUTPUT_TOKENS + 1, hidden)
    pads = graph.constant(np.array([0, NUM_OUTPUT_TOKENS + 1, 0, 0], np.int64))
    bias = graph.op("Pad", graph.gather(biases, labels_bp), pads, mode="constant")
    return PromptTokens(
        tokens_btd=graph.concat([leading, points], axis=1),
        bias_b11t=bias.reshape(0, 1, 1, -1),
    )


def embed_mask(graph: GraphBuilder, mask_b1hw: Value, has_mask_b: Value, model: VideoModel) -> Value:
    """Dense embedding in token layout, [B,h·h,D]; the learned no-mask embedding where `has_mask` is 0.

    The first 2x2 convolution is done for all four quarters of a stride-16 cell at once, as one 4x4 convolution
    with a block-sparse weight; from there on a cell is a row and every layer a Gemm.
    """
    layers, cells = model.prompt_encoder.mask_embed, model.grid**2
    narrow, wide = layers.conv1.out_channels, layers.conv2.out_channels
    x = graph.op(
        "Conv",
        mask_b1hw,
        _quarters(graph, graph.weight(layers.conv1.weight), narrow),
        graph.concat([graph.weight(layers.conv1.bias)] * 4, axis=0),
        kernel_shape=[4, 4],
        strides=[4, 4],
    )
    x = x.reshape(0, 4 * narrow, cells).transpose(0, 2, 1).reshape(-1, narrow)
    x = gelu(graph, layer_norm(graph, x, layers.layer_norm1)).reshape(-1, 4 * narrow)
    # [out,in,2,2] → [out,(2,2,in)]: the row's order is quarter first, channel second.
    weight = graph.weight(layers.conv2.weight).transpose(0, 2, 3, 1).reshape(wide, 4 * narrow)
    x = gelu(graph, layer_norm(graph, gemm(graph, x, weight, graph.weight(layers.conv2.bias)), layers.layer_norm2))
    dense = pointwise_conv(graph, x, layers.conv3).reshape(-1, cells, model.hidden_size)
    none = graph.weight(model.prompt_encoder.no_mask_embed.weight)
    has_mask = has_mask_b.reshape(-1, 1, 1)
    return dense * has_mask + (1.0 - has_mask) * none


def _quarters(graph: GraphBuilder, weight_o122: Value, channels: int) -> Value:
    """[C,1,2,2] → [4·C,1,4,4]: the kernel once in each quarter, quarters row by row."""
    placed = []
    for row in (0, 2):
        for column in (0, 2):
            pads = np.array([0, 0, row, column, 0, 0, 2 - row, 2 - column], np.int64)
            placed.append(graph.op("Pad", weight_o122, graph.constant(pads), mode="constant"))
    return graph.concat(placed, axis=0)
