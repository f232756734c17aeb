"""Graph `mask_decoder`: prompts of B objects on one frame → masks, scores, object pointers.

in:  conditioned_features float32[B,D,h,h] (a batch of 1 is shared by all B), features_stride4 [1,D/8,S/4,S/4],
     features_stride8 [1,D/4,S/8,S/8], points [B,P,2], point_labels int32[B,P], mask_input [B,1,S/4,S/4],
     has_mask_input [B], selection int32[B], presence [B]
out: mask_logits [B,1,S/4,S/4], occlusion_score [B,1], object_pointer [B,D], scores [B,8],
     candidate_logits [B,4,S/4,S/4]

Source: SAM §A, SAM 2 §4; sam2/modeling/sam/mask_decoder.py@2b90b9f, sam2_base.py@2b90b9f `_forward_sam_heads`.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto
from torch import nn

from masklet_export.graphs.graph_builder import GraphBuilder, Storage, Value
from masklet_export.graphs.layers import feed_forward, gelu, gemm, layer_norm, relu
from masklet_export.graphs.position_tables import image_position_table
from masklet_export.graphs.prompt_nodes import NUM_OUTPUT_TOKENS, embed_mask, embed_points
from masklet_export.graphs.selection_nodes import select
from masklet_export.graphs.two_way_nodes import TwoWayTransformer
from masklet_export.model.video_model import NUM_MASK_TOKENS, VideoModel

NAME = "mask_decoder"
NO_OBJECT_LOGIT = -1024.0
"""Mask logits of an absent object (sam2_base.py `NO_OBJ_SCORE`)."""


def build_mask_decoder(model: VideoModel, storage: Storage = "float16") -> onnx.ModelProto:
    """Write the graph for the model's current input size."""
    graph = GraphBuilder(NAME, model, storage)
    decoder, hidden, grid = model.mask_decoder, model.hidden_size, model.grid
    side = 4 * grid
    conditioned = graph.input("conditioned_features", ("B", hidden, grid, grid))
    stride4 = graph.input("features_stride4", (1, hidden // 8, side, side))
    stride8 = graph.input("features_stride8", (1, hidden // 4, side // 2, side // 2))
    points = graph.input("points", ("B", "P", 2))
    labels = graph.input("point_labels", ("B", "P"), TensorProto.INT32)
    mask_input = graph.input("mask_input", ("B", 1, side, side))
    has_mask = graph.input("has_mask_input", ("B",))
    selection = graph.input("selection", ("B",), TensorProto.INT32)
    presence = graph.input("presence", ("B",))

    prompt = embed_points(graph, points, labels, has_mask * 0.0, model)
    image = conditioned.reshape(0, hidden, grid * grid).transpose(0, 2, 1)
    image = image + embed_mask(graph, mask_input, has_mask, model)
    tokens, image = TwoWayTransformer(graph, model, image_position_table(graph, model)).run(prompt, image)
    heads = [1, 1, NUM_MASK_TOKENS]
    first_tokens = graph.gather(tokens, list(range(NUM_OUTPUT_TOKENS)), axis=1)
    occlusion_token, iou_token, mask_tokens = first_tokens.split(heads, axis=1)
    masks = _mask_logits(graph, mask_tokens, image, stride4, stride8, model)
    ious = feed_forward(graph, iou_token.reshape(0, hidden), decoder.iou_prediction_head)
    score = feed_forward(graph, occlusion_token.reshape(0, hidden), decoder.pred_obj_score_head)
    chosen = select(
        graph,
        selection,
        masks,
        ious,
        decoder.dynamic_multimask_stability_delta,
        decoder.dynamic_multimask_stability_thresh,
    )
    is_visible = graph.op("Greater", score, graph.value(0.0))
    mask = chosen.mask_b4.reshape(0, 1, NUM_MASK_TOKENS) @ masks
    mask = graph.op("Where", is_visible.reshape(0, 1, 1), mask, graph.value(NO_OBJECT_LOGIT))
    is_present = graph.op("Cast", is_visible, to=TensorProto.FLOAT) * presence.reshape(-1, 1)
    pointer = _object_pointer(graph, chosen.pointer_b4, mask_tokens, is_present, model)
    # Rows 1..4 of the product: Σ w·iou is the chosen IoU, Σ w·index the chosen token.
    picked = (chosen.mask_b4 * ious) @ graph.constant(np.ones((NUM_MASK_TOKENS, 1), np.float32))
    index = chosen.mask_b4 @ graph.constant(np.arange(NUM_MASK_TOKENS, dtype=np.float32).reshape(-1, 1))
    scores = graph.concat([picked, score, index, chosen.stability_b1, ious], axis=1)

    graph.output(mask.reshape(0, 1, side, side), "mask_logits", ("B", 1, side, side))
    graph.output(score, "occlusion_score", ("B", 1))
    graph.output(pointer, "object_pointer", ("B", hidden))
    graph.output(scores, "scores", ("B", 8))
    graph.output(masks.reshape(0, NUM_MASK_TOKENS, side, side), "candidate_logits", ("B", NUM_MASK_TOKENS, side, side))
    return graph.to_model()


def _mask_logits(
    graph: GraphBuilder, mask_tokens_b4d: Value, image_bnd: Value, stride4: Value, stride8: Value, model: VideoModel
) -> Value:
    """Upscale the image ×4, then one product per token: [B,4,(S/4)²].

    Channels stay last: a 2x2 transposed convolution is a Gemm and a swap of axes, and no layer norm needs a
    transpose around it.
    """
    decoder, hidden, grid = model.mask_decoder, model.hidden_size, model.grid
    x = _upscale(graph, image_bnd.reshape(-1, hidden), decoder.upscale_conv1, grid)
    x = x + _channels_last(stride8, hidden // 4, (2 * grid) ** 2)
    x = gelu(graph, layer_norm(graph, x, decoder.upscale_layer_norm))
    x = _upscale(graph, x.reshape(-1, hidden // 4), decoder.upscale_conv2, 2 * grid)
    x = gelu(graph, x + _channels_last(stride4, hidden // 8, (4 * grid) ** 2))
    return _hypernetworks(graph, mask_tokens_b4d, decoder) @ x.transpose(0, 2, 1)


def _upscale(graph: GraphBuilder, x_nc: Value, conv: nn.ConvTranspose2d, side: int) -> Value:
    """2x2 transposed convolution of stride 2 on rows [B·side·side,C_in] → [B,(2·side)²,C_out]."""
    in_channels, out_channels = conv.weight.shape[:2]
    # [in,out,2,2] → [(2,2,out),in]: rows of the picture first, so that one swap interleaves them.
    weight = graph.weight(conv.weight).transpose(2, 3, 1, 0).reshape(4 * out_channels, in_channels)
    bias = graph.concat([graph.weight(conv.bias)] * 4, axis=0)
    x = gemm(graph, x_nc, weight, bias).reshape(-1, side, 2, 2 * out_channels).transpose(0, 2, 1, 3)
    return x.reshape(-1, (2 * side) ** 2, out_channels)


def _channels_last(x_1chw: Value, channels: int, pixels: int) -> Value:
    return x_1chw.reshape(1, channels, pixels).transpose(0, 2, 1)


def _hypernetworks(graph: GraphBuilder, mask_tokens_b4d: Value, decoder: nn.Module) -> Value:
    """The four tokens' own perceptrons as batched products: [B,4,D] → [B,4,D/8]."""
    heads = list(decoder.output_hypernetworks_mlps)
    x = mask_tokens_b4d.transpose(1, 0, 2)
    for depth in range(2 + len(heads[0].layers)):
        layers = [[head.proj_in, *head.layers, head.proj_out][depth] for head in heads]
        outputs, inputs = layers[0].weight.shape
        weight = graph.concat([graph.weight(layer.weight).reshape(1, outputs, inputs) for layer in layers], axis=0)
        bias = graph.concat([graph.weight(layer.bias).reshape(1, 1, outputs) for layer in layers], axis=0)
        x = x @ weight.transpose(0, 2, 1) + bias
        if layers[0] is not heads[0].proj_out:
            x = relu(graph, x)
    return x.transpose(1, 0, 2)


def _object_pointer(
    graph: GraphBuilder, weights_b4: Value, mask_tokens_b4d: Value, is_present_b1: Value, model: VideoModel
) -> Value:
    token = (weights_b4.reshape(0, 1, NUM_MASK_TOKENS) @ mask_tokens_b4d).reshape(0, model.hidden_size)
    pointer = feed_forward(graph, token, model.object_pointer_projection)
    return pointer * is_present_b1 + (1.0 - is_present_b1) * graph.weight(model.no_object_pointer)
