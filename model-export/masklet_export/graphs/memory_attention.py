"""Graph `memory_attention`: condition one frame's features on each object's memory bank.

in:  features_stride16 float32[1,D,h,h], spatial_memories [B,N,L,64], temporal_rows int32[B,N], memory_mask [B,N],
     object_pointers [B,K,D], pointer_times [B,K], pointer_mask [B,K]
out: conditioned_features [B,D,h,h]
L = h·h; in EdgeTAM the perceiver's latents, of which the global ones have no place: no position, no rotation.

Everything up to the first cross attention depends on the frame alone and has batch 1: layer 0's self attention is
computed once for all objects. Source: SAM 2 §4; sam2/modeling/memory_attention.py@2b90b9f.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto
from torch import nn
from transformers.models.edgetam_video.modeling_edgetam_video import EdgeTamVideoMemoryAttentionLayer
from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoRoPEAttention

from masklet_export.graphs.graph_builder import GraphBuilder, Storage, Value
from masklet_export.graphs.layers import gemm, in_query_chunks, layer_norm, linear, query_chunks, relu, softmax_sum
from masklet_export.graphs.position_tables import rope_tables, sine_table, time_code
from masklet_export.model.video_model import VideoModel, perceiver_windows

NAME = "memory_attention"
_MASKED = 1e4
"""Subtracted from the scores of padding slots: exp(−1e4) is exactly 0 in float32, and 1e4 still fits float16."""
_POINTERS = 16
"""Object pointers that a full bank holds (`max_obj_ptrs_in_encoder`)."""
_POSITION_WEIGHT = 0.1
"""Share of the sine position added to the features at the input (memory_attention.py `pos_enc_at_input`)."""


@dataclass(frozen=True)
class _Bank:
    """What every layer's cross attention reads; T = N·L + K·D/64 tokens."""

    values_btc: Value
    """[B,T,64]: memories and pieces of pointers as they are."""
    keys_btc: Value
    """[B,T,64]: the same with positions added."""
    cosines: Value
    """[T,D/2]; ones for pointers and global latents, which are not rotated."""
    sines: Value
    """[T,D/2]; zeros for those."""
    bias_b1t: Value
    """[B,1,T]: 0 for real tokens, −1e4 for padding."""


class _MemoryAttention:
    """Writes the nodes of one model's memory attention."""

    def __init__(self, graph: GraphBuilder, model: VideoModel) -> None:
        self.graph = graph
        self.model = model
        self.hidden = model.hidden_size
        self.channels = model.memory_channels
        self.cells = model.grid**2
        self.memory_tokens = model.memory_tokens
        self.cosines, self.sines = rope_tables(graph, model, model.grid)

    def condition(self, features: Value, bank: _Bank) -> Value:
        """All layers: features [1,D,h,h] → [B,D,h,h]."""
        graph, attention = self.graph, self.model.memory_attention
        x_nd = features.reshape(self.hidden, self.cells).transpose(1, 0)
        x_nd = x_nd + sine_table(graph, self.hidden, self.model.grid) * _POSITION_WEIGHT
        for layer in attention.layers:
            x_nd = x_nd + self._self_attention(layer_norm(graph, x_nd, layer.layer_norm1), layer.self_attn)
            crossed = self._cross_attention(layer_norm(graph, x_nd, layer.layer_norm2), layer.cross_attn_image, bank)
            # Before the first layer's sum x has batch 1; from here on it has the objects' batch.
            x_nd = (self._with_batch(x_nd, self.hidden) + crossed).reshape(-1, self.hidden)
            up, down = _feed_forward_layers(layer)
            inner = relu(graph, linear(graph, layer_norm(graph, x_nd, layer.layer_norm3), up))
            x_nd = x_nd + linear(graph, inner, down)
        x_bnd = self._with_batch(layer_norm(graph, x_nd, attention.layer_norm), self.hidden)
        return x_bnd.transpose(0, 2, 1).reshape(-1, self.hidden, self.model.grid, self.model.grid)

    def bank(
        self, memories: Value, rows: Value, memory_mask: Value, pointers: Value, times: Value, pointer_mask: Value
    ) -> _Bank:
        """Lay memories and pointers out as one list of tokens."""
        graph, channels, split = self.graph, self.channels, self.hidden // self.channels
        temporal = graph.gather(graph.weight(self.model.temporal_positions), rows).reshape(0, 0, 1, channels)
        positioned = memories + (self._memory_positions() + temporal)
        cosines, sines = self._memory_rotations()
        return _Bank(
            values_btc=graph.concat([memories.reshape(0, -1, channels), pointers.reshape(0, -1, channels)], axis=1),
            keys_btc=graph.concat([positioned.reshape(0, -1, channels), self._timed(pointers, times)], axis=1),
            cosines=self._token_table(cosines, 1.0, memory_mask, pointer_mask),
            sines=self._token_table(sines, 0.0, memory_mask, pointer_mask),
            bias_b1t=graph.concat(
                [_repeated(graph, memory_mask, self.memory_tokens), _repeated(graph, pointer_mask, split)], axis=2
            ),
        )

    def _memory_positions(self) -> Value:
        """Position code of a memory's tokens, [L,64]."""
        graph, perceiver = self.graph, self.model.spatial_perceiver
        if perceiver is None:
            return sine_table(graph, self.channels, self.model.grid)
        nowhere = graph.filled(0.0, (perceiver.num_latents_1d, self.channels))
        return graph.concat([nowhere, sine_table(graph, self.channels, perceiver_windows(perceiver))], axis=0)

    def _memory_rotations(self) -> tuple[Value, Value]:
        """Cosines and sines for a memory's tokens, each [L,D/2]."""
        graph, perceiver = self.graph, self.model.spatial_perceiver
        if perceiver is None:
            return self.cosines, self.sines
        shape = (perceiver.num_latents_1d, self.hidden // 2)
        unturned = graph.filled(1.0, shape), graph.filled(0.0, shape)
        tables = rope_tables(graph, self.model, perceiver_windows(perceiver))
        cosines, sines = (graph.concat(pair, axis=0) for pair in zip(unturned, tables, strict=True))
        return cosines, sines

    def _timed(self, pointers_bkd: Value, times_bk: Value) -> Value:
        """Pointers in pieces of 64 with their time code added, [B,K·D/64,64]; 2.0 has no time code."""
        projection = self.model.pointer_time_projection
        if projection is None:
            return pointers_bkd.reshape(0, -1, self.channels)
        code = time_code(self.graph, times_bk, self.hidden) @ self.graph.weight(projection.weight).transpose(1, 0)
        code = (code + self.graph.weight(projection.bias)).reshape(0, 0, 1, self.channels)
        pieces = pointers_bkd.reshape(0, 0, self.hidden // self.channels, self.channels) + code
        return pieces.reshape(0, -1, self.channels)

    def _token_table(self, table_nc: Value, at_pointers: float, memory_mask: Value, pointer_mask: Value) -> Value:
        """The RoPE table once per memory, then constant rows for the pointers: [T,D/2].

        The masks only lend their lengths: adding zero times a mask spares the int64 shape nodes of a Tile.
        """
        graph, half, split = self.graph, self.hidden // 2, self.hidden // self.channels
        pieces = []
        constant = graph.constant(np.full((1, split, half), at_pointers, np.float32))
        for mask, base in ((memory_mask, table_nc.reshape(1, self.memory_tokens, half)), (pointer_mask, constant)):
            first = graph.gather(mask, [0]).reshape(-1, 1, 1)
            pieces.append((first * 0.0 + base).reshape(-1, half))
        return graph.concat(pieces, axis=0)

    def _self_attention(self, x_nd: Value, layer: Sam2VideoRoPEAttention) -> Value:
        """[n,D] → [n,D]; attends over the normed features themselves, W_v folded into W_o."""
        graph = self.graph
        halves = []
        for parity in (0, 1):
            query = self._half(layer.q_proj, parity, layer.scaling)
            key = self._half(layer.k_proj, parity, 1.0)
            weight = graph.concat([query[0], key[0]], axis=0)
            bias = graph.concat([query[1], key[1]], axis=0)
            halves.append(self._with_batch(gemm(graph, x_nd, weight, bias), self.hidden))
        tables = [graph.concat([table, table], axis=1) for table in (self.cosines, self.sines)]
        first, second = _rotate(halves[0], halves[1], *tables)
        half = self.hidden // 2
        parts = [first.split([half, half], axis=2), second.split([half, half], axis=2)]
        query, key = (graph.concat([parts[0][i], parts[1][i]], axis=2) for i in (0, 1))
        attended = self._attend(query, key, self._with_batch(x_nd, self.hidden), None, self.cells)
        return gemm(graph, attended.reshape(-1, self.hidden), *self._output_fold(layer))

    def _cross_attention(self, x_nd: Value, layer: Sam2VideoRoPEAttention, bank: _Bank) -> Value:
        """[n,D] over the bank's tokens → [B,h·h,D]; attends over raw 64-d values, W_v folded into W_o."""
        graph, half = self.graph, self.hidden // 2
        queries, keys = [], []
        for parity in (0, 1):
            queries.append(self._with_batch(gemm(graph, x_nd, *self._half(layer.q_proj, parity, layer.scaling)), half))
            weight, bias = self._half(layer.k_proj, parity, 1.0)
            keys.append(bank.keys_btc @ weight.transpose(1, 0) + bias)
        query = graph.concat(_rotate(*queries, self.cosines, self.sines), axis=2)
        key = graph.concat(_rotate(*keys, bank.cosines, bank.sines), axis=2)
        spatial_tokens = self.model.temporal_positions.shape[0] * self.memory_tokens
        largest_bank = spatial_tokens + _POINTERS * self.hidden // self.channels
        attended = self._attend(query, key, bank.values_btc, bank.bias_b1t, largest_bank)
        output = gemm(graph, attended.reshape(-1, self.channels), *self._output_fold(layer))
        return self._with_batch(output, self.hidden)

    def _attend(self, query: Value, key: Value, values: Value, bias: Value | None, max_keys: int) -> Value:
        """softmax(q·kᵀ + bias)·v for all h·h queries; `max_keys` of one object decides into how many pieces."""
        graph, transposed = self.graph, key.transpose(0, 2, 1)

        def attend(piece: Value) -> Value:
            scores = piece @ transposed
            if bias is not None:
                scores = scores + bias
            return softmax_sum(graph, scores, values, max_keys)

        return in_query_chunks(graph, query, 1, self.cells, query_chunks(self.cells, max_keys), attend)

    def _half(self, projection, parity: int, scale: float) -> tuple[Value, Value]:
        """Weight [D/2,C] and bias of the even (0) or odd (1) outputs: the two members of RoPE's rotated pairs."""
        rows = list(range(parity, self.hidden, 2))
        weight = self.graph.gather(self.graph.weight(projection.weight), rows)
        bias = self.graph.gather(self.graph.weight(projection.bias), rows)
        return (weight, bias) if scale == 1.0 else (weight * scale, bias * scale)

    def _output_fold(self, layer: Sam2VideoRoPEAttention) -> tuple[Value, Value]:
        """W_o·W_v and W_o·b_v + b_o. Exact with one head: the rows of a softmax sum to 1."""
        graph = self.graph
        output = graph.weight(layer.o_proj.weight)
        weight = output @ graph.weight(layer.v_proj.weight)
        return weight, output @ graph.weight(layer.v_proj.bias) + graph.weight(layer.o_proj.bias)

    def _with_batch(self, x_nc: Value, channels: int) -> Value:
        return x_nc.reshape(-1, self.cells, channels)


def build_memory_attention(model: VideoModel, storage: Storage = "float16") -> onnx.ModelProto:
    """Write the graph for the model's current input size. One attention head, as every SAM 2 has."""
    if any(layer.cross_attn_image.num_attention_heads != 1 for layer in model.memory_attention.layers):
        raise ValueError("memory attention with more than one head cannot fold W_o·W_v")
    graph = GraphBuilder(NAME, model, storage)
    hidden, grid = model.hidden_size, model.grid
    features = graph.input("features_stride16", (1, hidden, grid, grid))
    memories = graph.input("spatial_memories", ("B", "N", model.memory_tokens, model.memory_channels))
    rows = graph.input("temporal_rows", ("B", "N"), TensorProto.INT32)
    memory_mask = graph.input("memory_mask", ("B", "N"))
    pointers = graph.input("object_pointers", ("B", "K", hidden))
    nodes = _MemoryAttention(graph, model)
    times_and_mask = graph.input("pointer_times", ("B", "K")), graph.input("pointer_mask", ("B", "K"))
    bank = nodes.bank(memories, rows, memory_mask, pointers, *times_and_mask)
    graph.output(nodes.condition(features, bank), "conditioned_features", ("B", hidden, grid, grid))
    return graph.to_model()


def _feed_forward_layers(layer: nn.Module) -> tuple[nn.Linear, nn.Linear]:
    """EdgeTAM keeps the two in a module of their own."""
    if isinstance(layer, EdgeTamVideoMemoryAttentionLayer):
        return layer.mlp.up_proj, layer.mlp.down_proj
    return layer.linear1, layer.linear2


def _rotate(first: Value, second: Value, cosines: Value, sines: Value) -> list[Value]:
    """Rotate every pair (first, second) by its angle. Source: position_encoding.py@2b90b9f `apply_rotary_enc`."""
    return [first * cosines - second * sines, second * cosines + first * sines]


def _repeated(graph: GraphBuilder, mask_bn: Value, times: int) -> Value:
    """Additive bias of a mask, every slot's value for all its tokens: [B,N] → [B,1,N·times]."""
    bias = ((mask_bn - 1.0) * _MASKED).reshape(0, 0, 1)
    return (bias + graph.constant(np.zeros((1, 1, times), np.float32))).reshape(0, 1, -1)
