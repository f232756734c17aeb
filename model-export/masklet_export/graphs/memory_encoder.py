"""Graph `memory_encoder`: one frame's features and B objects' masks → spatial memories.

in:  features_stride16 float32[1,D,h,h], mask_logits [B,1,S/4,S/4], occlusion_score [B,1], binarize [B]
out: spatial_memory [B,L,64]: L = h·h in row-major order, in EdgeTAM its perceiver's latents

Source: SAM 2 §4 "memory encoder"; sam2/modeling/memory_encoder.py@2b90b9f, sam2_base.py@2b90b9f `_encode_new_memory`.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto
from torch import nn
from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoMemoryFuserCXBlock

from masklet_export.graphs.graph_builder import GraphBuilder, Storage, Value
from masklet_export.graphs.layers import gelu, gemm, layer_norm, linear, pointwise_conv
from masklet_export.graphs.perceiver_nodes import SpatialPerceiver
from masklet_export.model.video_model import SIGMOID_BIAS, SIGMOID_SCALE, VideoModel

NAME = "memory_encoder"
_STEP_SLOPE = 2.0**100
"""A power of two, so that scaling the logits by it changes no bit of their interpolation."""
_STEP_SHIFT = -1e4
"""Sends a logit of exactly 0 to the outside of the step; any other logit is beyond it by far."""
_SATURATED = 30.0
"""tanh is ±1 in float32 well before; shaders may overflow on much larger inputs."""


def build_memory_encoder(model: VideoModel, storage: Storage = "float16") -> onnx.ModelProto:
    """Write the graph for the model's current input size."""
    graph = GraphBuilder(NAME, model, storage)
    encoder, hidden, grid = model.memory_encoder, model.hidden_size, model.grid
    cells, side = grid * grid, 4 * grid
    features = graph.input("features_stride16", (1, hidden, grid, grid))
    logits = graph.input("mask_logits", ("B", 1, side, side))
    score = graph.input("occlusion_score", ("B", 1))
    binarize = graph.input("binarize", ("B",))

    masks = _downsampled_masks(graph, _mask_signal(graph, logits, binarize), model)
    frame = features.reshape(hidden, cells).transpose(1, 0)
    x = masks.reshape(-1, cells, hidden) + pointwise_conv(graph, frame, encoder.feature_projection)
    for block in encoder.memory_fuser.layers:
        x = _fuser_block(graph, x, block, grid)
    channels = model.memory_channels
    memory = pointwise_conv(graph, x.reshape(-1, hidden), encoder.projection).reshape(-1, cells, channels)
    if model.occlusion_embedding is not None:
        is_absent = 1.0 - graph.op("Cast", graph.op("Greater", score, graph.value(0.0)), to=TensorProto.FLOAT)
        memory = memory + is_absent.reshape(0, 1, 1) * graph.weight(model.occlusion_embedding)
    if model.spatial_perceiver is not None:
        memory = SpatialPerceiver(graph, model).resample(memory)
    graph.output(memory, "spatial_memory", ("B", model.memory_tokens, channels))
    return graph.to_model()


def _mask_signal(graph: GraphBuilder, logits: Value, binarize_b: Value) -> Value:
    """The mask the first convolution sees, over 10: [B,1,S,S] in −1..1.

    20·sigmoid(x) − 10 = 10·tanh(x/2), and 20·(x > 0) − 10 is the same with an infinite slope: one tanh serves both,
    its slope chosen per object on the small map. The factor 10 goes into the convolution's weight.
    """
    binarize = binarize_b.reshape(-1, 1, 1, 1)
    sloped = logits * (binarize * (_STEP_SLOPE - 0.5) + 0.5) + binarize * _STEP_SHIFT
    scales = graph.constant(np.array([1, 1, 4, 4], np.float32))
    upsampled = graph.op(
        "Resize", sloped, Value(graph, ""), scales, mode="linear", coordinate_transformation_mode="half_pixel"
    )
    clipped = graph.op("Clip", upsampled, graph.value(-_SATURATED), graph.value(_SATURATED))
    return graph.op("Tanh", clipped)


def _downsampled_masks(graph: GraphBuilder, signal: Value, model: VideoModel) -> Value:
    """Four strided convolutions with layer norm and GELU, then to D channels: rows [B·h·h,D]."""
    downsampler = model.memory_encoder.mask_downsampler
    amplitude = SIGMOID_SCALE / 2
    if -amplitude != SIGMOID_BIAS:
        raise ValueError("the mask signal is only a tanh when bias = −scale / 2")
    x, side = signal, model.image_size
    last = len(downsampler.layers) - 1
    for index, layer in enumerate(downsampler.layers):
        channels, side = layer.conv.out_channels, side // layer.conv.stride[0]
        x = _conv(graph, x, layer.conv, amplitude if index == 0 else 1.0)
        x = x.reshape(0, channels, side * side).transpose(0, 2, 1)
        x = gelu(graph, layer_norm(graph, x, layer.layer_norm))
        if index < last:
            x = x.transpose(0, 2, 1).reshape(0, channels, side, side)
    return pointwise_conv(graph, x.reshape(-1, channels), downsampler.final_conv)


def _conv(graph: GraphBuilder, x: Value, conv: nn.Conv2d, weight_scale: float = 1.0) -> Value:
    weight = graph.weight(conv.weight)
    return graph.op(
        "Conv",
        x,
        weight if weight_scale == 1.0 else weight * weight_scale,
        graph.weight(conv.bias),
        kernel_shape=list(conv.kernel_size),
        strides=list(conv.stride),
        pads=list(conv.padding) * 2,
        group=conv.groups,
    )


def _fuser_block(graph: GraphBuilder, x_bnd: Value, block: Sam2VideoMemoryFuserCXBlock, grid: int) -> Value:
    """ConvNeXt block on tokens [B,h·h,D]; the layer scale goes into the last weight."""
    hidden, cells = block.scale.shape[0], grid * grid
    x = _conv(graph, x_bnd.transpose(0, 2, 1).reshape(0, hidden, grid, grid), block.depthwise_conv)
    x = x.reshape(0, hidden, cells).transpose(0, 2, 1).reshape(-1, hidden)
    x = gelu(graph, linear(graph, layer_norm(graph, x, block.layer_norm), block.pointwise_conv1))
    scale = graph.weight(block.scale)
    weight = graph.weight(block.pointwise_conv2.weight) * scale.reshape(-1, 1)
    x = gemm(graph, x, weight, graph.weight(block.pointwise_conv2.bias) * scale)
    return x_bnd + x.reshape(-1, cells, hidden)
