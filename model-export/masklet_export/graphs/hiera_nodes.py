"""Nodes of SAM 2's own image encoder: Hiera with its feature pyramid, tokens as rows of a matrix.

Windows are cut by reshapes and one transpose of four axes; pooled queries are two maxima over an axis of two.
Source: SAM 2 §4 "image encoder"; sam2/modeling/backbones/{hieradet,image_encoder}.py@2b90b9f.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from transformers.models.sam2.modeling_sam2 import Sam2HieraDetModel, Sam2MultiScaleBlock

from masklet_export.graphs.conv_trunk_nodes import FeatureValues, conv, upsample_nearest
from masklet_export.graphs.graph_builder import GraphBuilder, Value
from masklet_export.graphs.layers import gelu, gemm, in_query_chunks, layer_norm, linear, query_chunks, softmax_sum
from masklet_export.model.hub_model import HubModel

_TORCH_CUBIC = -0.75
"""PyTorch's bicubic coefficient."""


@dataclass(frozen=True)
class _Tokens:
    """A map as rows: [side·side,channels], row-major."""

    rows: Value
    side: int
    channels: int


def hiera_features(graph: GraphBuilder, image: Value, model: HubModel) -> FeatureValues:
    """Backbone and neck on [1,3,S,S], with the decoder's `conv_s0` and `conv_s1`."""
    backbone = model.vision_encoder.backbone
    tokens = _patches(graph, image, backbone, model.image_size)
    stages = []
    for index, block in enumerate(backbone.blocks):
        tokens = _block(graph, tokens, block)
        if index in backbone.stage_ends:
            stages.append(tokens)
    return feature_pyramid(graph, (_to_map(stage) for stage in stages), model)


def feature_pyramid(graph: GraphBuilder, maps: Iterable[Value], model: HubModel) -> FeatureValues:
    """The neck over maps from fine to coarse, with the decoder's `conv_s0` and `conv_s1`."""
    neck, decoder = model.vision_encoder.neck, model.mask_decoder
    # The neck's convolutions are listed from coarse to fine.
    laterals = [conv(graph, each, layer) for each, layer in zip(maps, reversed(neck.convs), strict=True)]
    levels = [laterals[-1]]
    for index in range(len(laterals) - 2, -1, -1):
        is_top_down = index in neck.fpn_top_down_levels
        levels.insert(0, laterals[index] + upsample_nearest(graph, levels[0]) if is_top_down else laterals[index])
    return FeatureValues(
        stride4=conv(graph, levels[0], decoder.conv_s0),
        stride8=conv(graph, levels[1], decoder.conv_s1),
        stride16=levels[2],
    )


def _patches(graph: GraphBuilder, image: Value, backbone: Sam2HieraDetModel, image_size: int) -> _Tokens:
    projection = backbone.patch_embed.projection
    stride, padding = projection.stride[0], projection.padding[0]
    side, channels = image_size // stride, projection.out_channels
    x = graph.op(
        "Conv",
        image,
        graph.weight(projection.weight),
        graph.weight(projection.bias),
        kernel_shape=list(projection.kernel_size),
        strides=[stride] * 2,
        pads=[padding] * 4,
    )
    x = x + _positions(graph, backbone, side)
    return _Tokens(x.reshape(channels, side * side).transpose(1, 0), side, channels)


def _positions(graph: GraphBuilder, backbone: Sam2HieraDetModel, side: int) -> Value:
    """Background table resampled to the map, window table repeated over it: [1,C,side,side], computed at load."""
    channels, window = backbone.pos_embed_window.shape[1:3]
    background = graph.op(
        "Resize",
        graph.weight(backbone.pos_embed),
        Value(graph, ""),
        Value(graph, ""),
        graph.constant(np.array([1, channels, side, side], np.int64)),
        mode="cubic",
        cubic_coeff_a=_TORCH_CUBIC,
        coordinate_transformation_mode="half_pixel",
    )
    repeats = graph.constant(np.array([1, 1, side // window, side // window], np.int64))
    return background + graph.op("Tile", graph.weight(backbone.pos_embed_window), repeats)


def _block(graph: GraphBuilder, tokens: _Tokens, block: Sam2MultiScaleBlock) -> _Tokens:
    normed = _Tokens(layer_norm(graph, tokens.rows, block.layer_norm1), tokens.side, tokens.channels)
    residual = tokens
    if block.dim != block.dim_out:
        residual = _Tokens(linear(graph, normed.rows, block.proj), tokens.side, block.dim_out)
        if block.query_stride:
            residual = _pooled(graph, residual, 1)
    attended = _attention(graph, normed, block, residual.side)
    rows = residual.rows + linear(graph, attended, block.attn.proj)
    inner = gelu(graph, linear(graph, layer_norm(graph, rows, block.layer_norm2), block.mlp.proj_in))
    return _Tokens(rows + linear(graph, inner, block.mlp.proj_out), residual.side, block.dim_out)


def _attention(graph: GraphBuilder, tokens: _Tokens, block: Sam2MultiScaleBlock, side_out: int) -> Value:
    """Attention inside windows (or globally), before its output projection: [side_out²,dim_out]."""
    attention, channels = block.attn, block.dim_out
    window = block.window_size or tokens.side
    heads, width = attention.num_attention_heads, channels // attention.num_attention_heads
    windows, count = _partition(graph, tokens, window)
    scale = np.concatenate([np.full(channels, attention.scale), np.ones(2 * channels)]).astype(np.float32)
    weight = graph.weight(attention.qkv.weight) * graph.constant(scale.reshape(-1, 1))
    qkv = gemm(graph, windows, weight, graph.weight(attention.qkv.bias) * graph.constant(scale))
    query, keys_and_values = qkv.split([channels, 2 * channels], axis=1)
    window_out = window
    if block.query_stride:
        window_out = window // 2
        query = _pooled(graph, _Tokens(query, window, channels), count).rows
    query = query.reshape(count, window_out**2, heads, width).transpose(0, 2, 1, 3)
    pair = keys_and_values.reshape(count, window**2, 2 * heads, width).transpose(0, 2, 1, 3)
    key, value = pair.split([heads, heads], axis=1)
    transposed = key.transpose(0, 1, 3, 2)
    attended = in_query_chunks(
        graph,
        query,
        2,
        window_out**2,
        query_chunks(window_out**2, window**2, count * heads),
        lambda piece: softmax_sum(graph, piece @ transposed, value, window**2),
    )
    attended = attended.transpose(0, 2, 1, 3).reshape(count * window_out**2, channels)
    return _unpartition(graph, attended, window_out, count, side_out, channels)


def _partition(graph: GraphBuilder, tokens: _Tokens, window: int) -> tuple[Value, int]:
    """Rows regrouped window by window, zeros filling up the last ones; and the number of windows."""
    side, channels = tokens.side, tokens.channels
    per_side = -(-side // window)
    if per_side == 1 and side == window:
        return tokens.rows, 1
    rows = tokens.rows
    padded = per_side * window
    if padded != side:
        pads = np.array([0, 0, 0, padded - side, padded - side, 0], np.int64)
        rows = graph.op("Pad", rows.reshape(side, side, channels), graph.constant(pads), mode="constant")
    rows = rows.reshape(per_side, window, per_side, window * channels).transpose(0, 2, 1, 3)
    return rows.reshape(per_side**2 * window**2, channels), per_side**2


def _unpartition(graph: GraphBuilder, rows: Value, window: int, count: int, side: int, channels: int) -> Value:
    """Inverse of `_partition`, cut to side x side."""
    per_side = round(count**0.5)
    if count == 1 and side == window:
        return rows
    padded = per_side * window
    rows = rows.reshape(per_side, per_side, window, window * channels).transpose(0, 2, 1, 3)
    if padded != side:
        rows = _cropped(graph, rows.reshape(padded, padded, channels), side)
    return rows.reshape(side * side, channels)


def _cropped(graph: GraphBuilder, x_hwc: Value, side: int) -> Value:
    bounds: Sequence[Sequence[int]] = ([0, 0], [side, side], [0, 1])
    return graph.op("Slice", x_hwc, *(graph.constant(np.array(values, np.int64)) for values in bounds))


def _pooled(graph: GraphBuilder, tokens: _Tokens, count: int) -> _Tokens:
    """Maxima over 2x2 neighbours of `count` maps stacked in the rows."""
    half, channels = tokens.side // 2, tokens.channels
    axis = graph.constant(np.array([1], np.int64))
    rows = tokens.rows.reshape(count * half, 2, tokens.side * channels)
    rows = graph.op("ReduceMax", rows, axis, keepdims=0).reshape(count * half * half, 2, channels)
    return _Tokens(graph.op("ReduceMax", rows, axis, keepdims=0), half, channels)


def _to_map(tokens: _Tokens) -> Value:
    return tokens.rows.transpose(1, 0).reshape(1, tokens.channels, tokens.side, tokens.side)
