"""Nodes of EdgeTAM's spatial perceiver: a memory's h·h positions become a few tokens.

Global latents attend to the whole memory and to each other; every other token attends to one window of it. Alone in
its window a token's self attention is a linear layer, and W_v folds into W_o.
Source: Zhou et al., "EdgeTAM" (2025) §3.2; transformers' `EdgeTamVideoPerceiverResampler`.
"""

from __future__ import annotations

from torch import nn
from transformers.models.edgetam_video.modeling_edgetam_video import (
    EdgeTamVideoPerceiverAttention,
    EdgeTamVideoPerceiverEncoderLayer,
    EdgeTamVideoPerceiverMLP,
)

from masklet_export.graphs.graph_builder import GraphBuilder, Value
from masklet_export.graphs.layers import gelu, layer_norm
from masklet_export.graphs.position_tables import sine_table
from masklet_export.model.video_model import VideoModel, perceiver_windows


class SpatialPerceiver:
    """Writes the nodes of one model's perceiver."""

    def __init__(self, graph: GraphBuilder, model: VideoModel) -> None:
        assert model.spatial_perceiver is not None
        self.graph = graph
        self.perceiver = model.spatial_perceiver
        self.channels = model.memory_channels
        self.grid = model.grid
        if any(layer.cross_attention.num_attention_heads != 1 for layer in self.perceiver.layers):
            raise ValueError("a perceiver with more than one head cannot fold W_o·W_v")

    def resample(self, memory_bnc: Value) -> Value:
        """[B,h·h,64] → [B,L,64], the global latents first."""
        latents = [self._global_latents(memory_bnc), self._window_latents(memory_bnc)]
        return layer_norm(self.graph, self.graph.concat(latents, axis=1), self.perceiver.layer_norm)

    def _global_latents(self, memory_bnc: Value) -> Value:
        graph, count = self.graph, self.perceiver.num_latents_1d
        positions = sine_table(graph, self.channels, self.grid)
        latents = graph.weight(self.perceiver.latents_1d).reshape(1, count, self.channels)
        for layer in self.perceiver.layers:
            crossed = layer.cross_attention
            query = self._query(layer_norm(graph, latents, layer.layer_norm_latents), crossed)
            keys = layer_norm(graph, memory_bnc, layer.layer_norm_input)
            key = self._linear(keys, crossed.k_proj) + positions
            value = self._linear(keys, crossed.v_proj) + positions
            latents = latents + self._linear(self._attend(query, key, value), crossed.o_proj)
            latents = latents + self._mlp(latents, layer.mlp)
            normed, attention = layer_norm(graph, latents, layer.layer_norm_self), layer.self_attention
            attended = self._attend(self._query(normed, attention), self._linear(normed, attention.k_proj), normed)
            latents = latents + self._folded(attended, attention)
            latents = latents + self._mlp(latents, layer.self_mlp)
        return latents

    def _window_latents(self, memory_bnc: Value) -> Value:
        graph, channels = self.graph, self.channels
        windows = perceiver_windows(self.perceiver)
        count, side = windows**2, self.grid // windows
        # Four axes at most: the batch shares one with the rows of windows.
        rows = memory_bnc.reshape(-1, side, windows, side * channels).transpose(0, 2, 1, 3)
        pixels = rows.reshape(-1, side * side, channels)
        latents = graph.weight(self.perceiver.latents_2d).reshape(1, count, channels)
        for layer in self.perceiver.layers:
            latents = latents + self._attend_windows(latents, pixels, layer, count, side * side)
            latents = latents + self._mlp(latents, layer.mlp)
            normed = layer_norm(graph, latents, layer.layer_norm_self)
            latents = latents + self._folded(normed, layer.self_attention)
            latents = latents + self._mlp(latents, layer.self_mlp)
        return latents

    def _attend_windows(
        self, latents_blc: Value, pixels: Value, layer: EdgeTamVideoPerceiverEncoderLayer, count: int, size: int
    ) -> Value:
        """Every latent to its own window: [1 or B,L,64] over [B·L,size,64] → [B,L,64]."""
        graph, channels, attention = self.graph, self.channels, layer.cross_attention
        query = self._query(layer_norm(graph, latents_blc, layer.layer_norm_latents), attention)
        normed = layer_norm(graph, pixels, layer.layer_norm_input)
        key = self._linear(normed, attention.k_proj).reshape(-1, count, size, channels)
        attended = self._attend(
            query.reshape(-1, count, 1, channels), key, normed.reshape(-1, count, size, channels), (0, 1, 3, 2)
        )
        return self._folded(attended.reshape(-1, count, channels), attention)

    def _attend(self, query: Value, key: Value, value: Value, order: tuple[int, ...] = (0, 2, 1)) -> Value:
        scores = query @ key.transpose(*order)
        return self.graph.op("Softmax", scores, axis=-1) @ value

    def _query(self, normed: Value, attention: EdgeTamVideoPerceiverAttention) -> Value:
        return normed @ (self.graph.weight(attention.q_proj.weight) * attention.scaling).transpose(1, 0)

    def _folded(self, attended: Value, attention: EdgeTamVideoPerceiverAttention) -> Value:
        """Through W_o·W_v, for values that were left as they are."""
        graph = self.graph
        weight = graph.weight(attention.o_proj.weight) @ graph.weight(attention.v_proj.weight)
        return attended @ weight.transpose(1, 0)

    def _linear(self, x: Value, layer: nn.Linear) -> Value:
        return x @ self.graph.weight(layer.weight).transpose(1, 0)

    def _mlp(self, latents_blc: Value, mlp: EdgeTamVideoPerceiverMLP) -> Value:
        rows = layer_norm(self.graph, latents_blc, mlp.layer_norm)
        return self._linear(gelu(self.graph, self._linear(rows, mlp.up_proj)), mlp.down_proj)
