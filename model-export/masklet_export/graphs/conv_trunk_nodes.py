"""Nodes of the nano image encoder: convolutions with their batch norms folded, attention in token layout."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import nn

from masklet_export.graphs.graph_builder import GraphBuilder, Value
from masklet_export.graphs.layers import gelu, layer_norm, linear, pointwise_conv, relu
from masklet_export.graphs.lite_trunk_nodes import lite_maps
from masklet_export.model.conv_trunk import AttentionTrunk, ConvNorm, ConvTrunk, GlobalAttentionBlock, ResidualBlock
from masklet_export.model.feature_neck import FeatureNeck
from masklet_export.model.lite_trunk import DetailPath, LiteTrunk
from masklet_export.model.nano import NanoModel


@dataclass(frozen=True)
class FeatureValues:
    """The three levels as graph values, NCHW."""

    stride4: Value
    stride8: Value
    stride16: Value


def nano_features(graph: GraphBuilder, image: Value, model: NanoModel) -> FeatureValues:
    """Trunk and neck on [1,3,S,S]."""
    trunk, neck = model.trunk, model.neck
    maps = lite_maps(graph, image, trunk) if isinstance(trunk, LiteTrunk) else conv_maps(graph, image, trunk)
    fine, middle = conv(graph, maps[0], neck.conv_stride4), conv(graph, maps[1], neck.conv_stride8)
    top = conv(graph, maps[2], neck.lateral_stride16) + _coarse(graph, maps[3], trunk, neck, model.image_size // 32)
    if isinstance(trunk, LiteTrunk):
        detail4, detail8 = conv_maps(graph, image, trunk.detail)
        fine, middle = fine + conv(graph, detail4, neck.detail[0]), middle + conv(graph, detail8, neck.detail[1])
        weight = graph.weight(neck.detail_stride16.weight)
        top = top + graph.op("Conv", detail8, weight, kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2])
    return FeatureValues(
        stride4=fine, stride8=middle, stride16=top if neck.fuse is None else residual_block(graph, top, neck.fuse)
    )


def conv_maps(graph: GraphBuilder, image: Value, trunk: ConvTrunk | DetailPath) -> list[Value]:
    """One map a stage, attention not applied."""
    x = image
    for layer in trunk.stem:
        x = relu(graph, conv_norm(graph, x, layer))
    maps = []
    for stage in trunk.stages:
        if stage.downsample is not None:
            x = relu(graph, conv_norm(graph, x, stage.downsample))
        for block in stage.blocks:
            x = residual_block(graph, x, block)
        maps.append(x)
    return maps


def conv_norm(graph: GraphBuilder, x: Value, layer: ConvNorm) -> Value:
    """Convolution with the batch norm's scale on its weights.

    The scale is a Mul over the stored weight, not part of it: weights that are exact in float16 stay exact.
    """
    norm = layer.norm
    deviation = (norm.running_var.double() + norm.eps).sqrt()
    scale = norm.weight.double() / deviation
    bias = norm.bias.double() - norm.running_mean.double() * scale
    weight = graph.weight(layer.conv.weight) * graph.constant(scale.float().reshape(-1, 1, 1, 1))
    stride = layer.conv.stride[0]
    return graph.op(
        "Conv", x, weight, graph.constant(bias.float()), kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[stride] * 2
    )


def residual_block(graph: GraphBuilder, x: Value, block: ResidualBlock) -> Value:
    inner = relu(graph, conv_norm(graph, x, block.first))
    return relu(graph, conv_norm(graph, inner, block.second) + x)


def conv(graph: GraphBuilder, x: Value, layer: nn.Conv2d) -> Value:
    """A plain 1x1 convolution, NCHW."""
    weights = [graph.weight(each) for each in (layer.weight, layer.bias) if each is not None]
    return graph.op("Conv", x, *weights, kernel_shape=[1, 1])


def upsample_nearest(graph: GraphBuilder, x: Value) -> Value:
    """Twice the height and width."""
    scales = graph.constant(np.array([1, 1, 2, 2], np.float32))
    return graph.op(
        "Resize",
        x,
        Value(graph, ""),
        scales,
        mode="nearest",
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    )


def _coarse(graph: GraphBuilder, x: Value, trunk: AttentionTrunk, neck: FeatureNeck, side: int) -> Value:
    """Attention on the coarsest map, its lateral projection, then to the next finer size."""
    if len(trunk.attention_blocks) == 0:
        return upsample_nearest(graph, conv(graph, x, neck.lateral_stride32))
    channels = trunk.attention_positions.shape[1]
    positions = trunk.positions_at(side, side)
    is_own_size = positions is trunk.attention_positions
    x = x + (graph.weight(positions) if is_own_size else graph.constant(positions))
    tokens = x.reshape(channels, side * side).transpose(1, 0)
    for block in trunk.attention_blocks:
        tokens = _attention_block(graph, tokens, block, side * side, channels)
    hidden = neck.lateral_stride32.weight.shape[0]
    lateral = pointwise_conv(graph, tokens, neck.lateral_stride32)
    return upsample_nearest(graph, lateral.transpose(1, 0).reshape(1, hidden, side, side))


def _attention_block(
    graph: GraphBuilder, x_nc: Value, block: GlobalAttentionBlock, tokens: int, channels: int
) -> Value:
    heads = block.num_heads
    width = channels // heads
    normed = layer_norm(graph, x_nc, block.attention_norm)
    qkv = linear(graph, normed, block.qkv).reshape(tokens, 3 * heads, width).transpose(1, 0, 2)
    query, key, value = qkv.split([heads] * 3, axis=0)
    scores = (query * width**-0.5) @ key.transpose(0, 2, 1)
    attended = (graph.op("Softmax", scores, axis=-1) @ value).transpose(1, 0, 2).reshape(tokens, channels)
    x_nc = x_nc + linear(graph, attended, block.output)
    hidden = gelu(graph, linear(graph, layer_norm(graph, x_nc, block.mlp_norm), block.mlp_in))
    return x_nc + linear(graph, hidden, block.mlp_out)
