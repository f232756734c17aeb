"""Nodes of the mask decoder's two-way transformer, in token layout.

The three projections that a layer makes of the image tokens are one Gemm; the position code of the image enters as
a constant table (`positions · Wᵀ`, computed at load) instead of an addition per layer and object.
Source: SAM §A; sam2/modeling/sam/transformer.py@2b90b9f.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import nn
from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoAttention, Sam2VideoTwoWayAttentionBlock

from masklet_export.graphs.graph_builder import GraphBuilder, Value
from masklet_export.graphs.layers import batched_linear, gemm, layer_norm, multi_head_attention, relu
from masklet_export.graphs.prompt_nodes import PromptTokens
from masklet_export.model.video_model import VideoModel


class TwoWayTransformer:
    """Writes the nodes of one model's two-way transformer."""

    def __init__(self, graph: GraphBuilder, model: VideoModel, image_positions_nd: Value) -> None:
        self.graph = graph
        self.transformer = model.mask_decoder.transformer
        self.hidden = model.hidden_size
        self.cells = model.grid**2
        self.positions = image_positions_nd

    def run(self, prompt: PromptTokens, image_bnd: Value) -> tuple[Value, Value]:
        """Tokens [B,T,D] and image [B,h·h,D] → both after all layers."""
        points, last = prompt.tokens_btd, self.transformer.final_attn_token_to_image
        tokens, image = points, image_bnd
        for index, layer in enumerate(self.transformer.layers):
            tokens, image = self._layer(tokens, image, prompt, layer, is_first=index == 0)
        key, value = self._image_heads(image, last, [(last.k_proj, True), (last.v_proj, False)])
        query = self._token_heads(tokens + points, last, [last.q_proj], last.scaling)[0]
        tokens = tokens + self._token_output(multi_head_attention(self.graph, query, key, value), last)
        return layer_norm(self.graph, tokens, self.transformer.layer_norm_final_attn), image

    def _layer(
        self, tokens: Value, image: Value, prompt: PromptTokens, layer: Sam2VideoTwoWayAttentionBlock, *, is_first: bool
    ) -> tuple[Value, Value]:
        graph, points = self.graph, prompt.tokens_btd
        attended = self._self_attention(tokens, prompt, layer.self_attn, is_first=is_first)
        # The first layer replaces its tokens instead of adding to them.
        tokens = layer_norm(graph, attended if is_first else tokens + attended, layer.layer_norm1)

        to_image, to_token = layer.cross_attn_token_to_image, layer.cross_attn_image_to_token
        key, value, back_query = self._image_heads(
            image, to_image, [(to_image.k_proj, True), (to_image.v_proj, False), (to_token.q_proj, True)]
        )
        query = self._token_heads(tokens + points, to_image, [to_image.q_proj], to_image.scaling)[0]
        crossed = self._token_output(multi_head_attention(graph, query, key, value), to_image)
        tokens = layer_norm(graph, tokens + crossed, layer.layer_norm2)

        inner = relu(graph, self._linear(tokens, layer.mlp.proj_in))
        tokens = layer_norm(graph, tokens + self._linear(inner, layer.mlp.proj_out), layer.layer_norm3)

        key = self._token_heads(tokens + points, to_token, [to_token.k_proj], to_token.scaling)[0]
        value = self._token_heads(tokens, to_token, [to_token.v_proj])[0]
        back = multi_head_attention(graph, back_query, key, value, prompt.bias_b11t)
        back = gemm(
            graph,
            back.reshape(-1, to_token.internal_dim),
            graph.weight(to_token.o_proj.weight),
            graph.weight(to_token.o_proj.bias),
        )
        image = image + back.reshape(-1, self.cells, self.hidden)
        return tokens, layer_norm(graph, image, layer.layer_norm4)

    def _self_attention(
        self, tokens: Value, prompt: PromptTokens, attention: Sam2VideoAttention, *, is_first: bool
    ) -> Value:
        """The first layer's tokens are the point embeddings themselves; later ones add them to queries and keys."""
        projections = [attention.q_proj, attention.k_proj, attention.v_proj]
        if is_first:
            query, key, value = self._token_heads(tokens, attention, projections)
        else:
            query, key = self._token_heads(tokens + prompt.tokens_btd, attention, projections[:2])
            value = self._token_heads(tokens, attention, projections[2:])[0]
        query = query * attention.scaling
        return self._token_output(multi_head_attention(self.graph, query, key, value, prompt.bias_b11t), attention)

    def _token_heads(
        self, x_btd: Value, attention: Sam2VideoAttention, projections: Sequence[nn.Linear], scale: float = 1.0
    ) -> list[Value]:
        """Projections of the tokens as one product, split into heads: [B,T,D] → [B,heads,T,c] each."""
        graph, heads = self.graph, attention.num_attention_heads
        weight, bias = self._stacked(projections)
        if scale != 1.0:
            weight, bias = weight * scale, bias * scale
        x = batched_linear(graph, x_btd, weight, bias)
        x = x.reshape(0, 0, len(projections) * heads, attention.head_dim).transpose(0, 2, 1, 3)
        return [x] if len(projections) == 1 else x.split([heads] * len(projections), axis=1)

    def _image_heads(
        self, image_bnd: Value, attention: Sam2VideoAttention, projections: Sequence[tuple[nn.Linear, bool]]
    ) -> list[Value]:
        """Projections of the image tokens as one Gemm, with or without its position code: [B,heads,h·h,c] each."""
        graph, heads, width = self.graph, attention.num_attention_heads, attention.internal_dim
        weight, bias = self._stacked([projection for projection, _ in projections])
        tables = []
        for projection, with_positions in projections:
            if with_positions:
                tables.append(gemm(graph, self.positions, graph.weight(projection.weight)))
            else:
                tables.append(graph.constant(np.zeros((1, width), np.float32)) + self._zero_rows())
        constant = graph.concat(tables, axis=1) + bias
        x = gemm(graph, image_bnd.reshape(-1, self.hidden), weight)
        x = x.reshape(-1, self.cells, len(projections) * width) + constant
        x = x.reshape(0, 0, len(projections) * heads, attention.head_dim).transpose(0, 2, 1, 3)
        return x.split([heads] * len(projections), axis=1)

    def _zero_rows(self) -> Value:
        """[h·h,1] zeros, to give a table without positions its rows."""
        return self.graph.constant(np.zeros((self.cells, 1), np.float32))

    def _token_output(self, heads_bthc: Value, attention: Sam2VideoAttention) -> Value:
        """Heads back together and through the output projection: [B,T,heads,c] → [B,T,D]."""
        return self._linear(heads_bthc.reshape(0, 0, attention.internal_dim), attention.o_proj)

    def _linear(self, x_btc: Value, layer: nn.Linear) -> Value:
        return batched_linear(self.graph, x_btc, self.graph.weight(layer.weight), self.graph.weight(layer.bias))

    def _stacked(self, layers: Sequence[nn.Linear]) -> tuple[Value, Value]:
        graph = self.graph
        weights, biases = [graph.weight(each.weight) for each in layers], [graph.weight(each.bias) for each in layers]
        if len(layers) == 1:
            return weights[0], biases[0]
        return graph.concat(weights, axis=0), graph.concat(biases, axis=0)
