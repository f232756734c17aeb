"""Nodes of EdgeTAM's image encoder: RepViT, its parallel branches merged into single convolutions at load.

Source: Wang et al., "RepViT" (CVPR 2024) §3 "structural re-parameterization".
"""

from __future__ import annotations

import numpy as np
from torch import nn

from masklet_export.graphs.conv_trunk_nodes import FeatureValues, conv
from masklet_export.graphs.graph_builder import GraphBuilder, Value
from masklet_export.graphs.hiera_nodes import feature_pyramid
from masklet_export.graphs.layers import gelu, relu
from masklet_export.model.hub_model import HubModel
from masklet_export.model.repvit import (
    ChannelMixer,
    ConvNorm,
    RepVitBlock,
    RepVitDownsample,
    SqueezeExcite,
    TokenMixer,
)


def repvit_features(graph: GraphBuilder, image: Value, model: HubModel) -> FeatureValues:
    """Backbone and neck on [1,3,S,S], with the decoder's `conv_s0` and `conv_s1`."""
    network = model.vision_encoder.backbone.timm_model
    x = gelu(graph, _conv_norm(graph, image, network.stem.conv1))
    x = _conv_norm(graph, x, network.stem.conv2)
    maps = []
    for stage in network.stages:
        if isinstance(stage.downsample, RepVitDownsample):
            x = _downsample(graph, x, stage.downsample)
        for block in stage.blocks:
            x = _block(graph, x, block)
        maps.append(x)
    return feature_pyramid(graph, maps, model)


def _downsample(graph: GraphBuilder, x: Value, layer: RepVitDownsample) -> Value:
    x = _conv_norm(graph, _block(graph, x, layer.pre_block), layer.spatial_downsample)
    x = _conv_norm(graph, x, layer.channel_downsample)
    return x + _channel_mixer(graph, x, layer.ffn)


def _block(graph: GraphBuilder, x: Value, block: RepVitBlock) -> Value:
    x = _token_mixer(graph, x, block.token_mixer)
    if isinstance(block.se, SqueezeExcite):
        x = _squeeze_excite(graph, x, block.se)
    return x + _channel_mixer(graph, x, block.channel_mixer)


def _token_mixer(graph: GraphBuilder, x: Value, mixer: TokenMixer) -> Value:
    """3x3 + 1x1 + identity as one depthwise 3x3: the latter two are kernels that are zero but for their centre."""
    wide, wide_bias = _folded(graph, mixer.conv)
    narrow, narrow_bias = _folded(graph, mixer.conv1)
    pads = graph.constant(np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64))
    centre = graph.op("Pad", narrow + 1.0, pads, mode="constant")
    return _convolved(graph, x, mixer.conv.c, wide + centre, wide_bias + narrow_bias)


def _squeeze_excite(graph: GraphBuilder, x: Value, layer: SqueezeExcite) -> Value:
    squeezed = relu(graph, conv(graph, graph.op("GlobalAveragePool", x), layer.fc1))
    return x * graph.op("Sigmoid", conv(graph, squeezed, layer.fc2))


def _channel_mixer(graph: GraphBuilder, x: Value, mixer: ChannelMixer) -> Value:
    return _conv_norm(graph, gelu(graph, _conv_norm(graph, x, mixer.conv1)), mixer.conv2)


def _conv_norm(graph: GraphBuilder, x: Value, layer: ConvNorm) -> Value:
    return _convolved(graph, x, layer.c, *_folded(graph, layer))


def _folded(graph: GraphBuilder, layer: ConvNorm) -> tuple[Value, Value]:
    """Weight and bias of a convolution that has its batch norm in it; nodes over weights only."""
    norm = layer.bn
    deviation = graph.op("Sqrt", graph.weight(norm.running_var) + norm.eps)
    scale = graph.weight(norm.weight) / deviation
    bias = graph.weight(norm.bias) - graph.weight(norm.running_mean) * scale
    return graph.weight(layer.c.weight) * scale.reshape(-1, 1, 1, 1), bias


def _convolved(graph: GraphBuilder, x: Value, layer: nn.Conv2d, weight: Value, bias: Value) -> Value:
    return graph.op(
        "Conv",
        x,
        weight,
        bias,
        kernel_shape=list(layer.kernel_size),
        strides=list(layer.stride),
        pads=list(layer.padding) * 2,
        group=layer.groups,
    )
