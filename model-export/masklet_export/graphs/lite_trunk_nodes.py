"""Nodes of EfficientNet-Lite: convolutions with bias, ReLU6 as Clip, TensorFlow's padding as the convolution's own."""

from __future__ import annotations

import numpy as np

from masklet_export.graphs.graph_builder import GraphBuilder, Value
from masklet_export.model.lite_trunk import InvertedResidual, LiteTrunk, SameConv


def lite_maps(graph: GraphBuilder, image: Value, trunk: LiteTrunk) -> list[Value]:
    """Maps at strides 4, 8, 16 and 32 of [1,3,S,S]; the coarsest reduced, before attention."""
    x = _relu6(graph, _same_conv(graph, image, trunk.stem))
    maps = []
    for stage in trunk.stages:
        for block in stage:
            x = _block(graph, x, block)
        maps.append(x)
    weight, bias = graph.weight(trunk.reduce.weight), graph.weight(trunk.reduce.bias)
    maps[-1] = graph.op("Conv", x, weight, bias, kernel_shape=[1, 1])
    return maps[1:]


def _block(graph: GraphBuilder, x: Value, block: InvertedResidual) -> Value:
    inner = x if block.expand is None else _relu6(graph, _same_conv(graph, x, block.expand))
    inner = _same_conv(graph, _relu6(graph, _same_conv(graph, inner, block.depthwise)), block.project)
    return x + inner if block.has_skip else inner


def _same_conv(graph: GraphBuilder, x: Value, layer: SameConv) -> Value:
    return graph.op(
        "Conv",
        x,
        graph.weight(layer.weight),
        graph.weight(layer.bias),
        kernel_shape=list(layer.kernel_size),
        strides=list(layer.stride),
        pads=[layer.before, layer.before, layer.after, layer.after],
        group=layer.groups,
    )


def _relu6(graph: GraphBuilder, x: Value) -> Value:
    return graph.op("Clip", x, graph.constant(np.array(0, np.float32)), graph.constant(np.array(6, np.float32)))
