"""Position tables as nodes over small constants; ONNX Runtime computes the full tables once, at load."""

from __future__ import annotations

import numpy as np
import torch

from masklet_export.graphs.graph_builder import GraphBuilder, Value
from masklet_export.model.positions import sine_positions_2d
from masklet_export.model.video_model import VideoModel


def sine_table(graph: GraphBuilder, channels: int, grid: int) -> Value:
    """`sine_positions_2d` as [grid·grid,channels], stored as its two [grid,channels/2] factors."""
    table = sine_positions_2d(channels, grid).reshape(grid, grid, channels).numpy()
    half = channels // 2
    rows = np.concatenate([table[:, 0, :half], np.zeros((grid, half), np.float32)], axis=1)
    columns = np.concatenate([np.zeros((grid, half), np.float32), table[0, :, half:]], axis=1)
    return _sum_of_factors(graph, rows, columns)


def rope_tables(graph: GraphBuilder, model: VideoModel, side: int) -> tuple[Value, Value]:
    """Cosines and sines of axial RoPE, each [side·side,D/2]: one column per rotated pair, x pairs before y pairs.

    Source: sam2/modeling/position_encoding.py@2b90b9f `compute_axial_cis`.
    """
    frequencies = model.memory_attention.rotary_emb.inv_freq.detach().float().cpu()
    angles = torch.arange(side, dtype=torch.float32)[:, None] * frequencies
    zeros = np.zeros(angles.shape, np.float32)
    tables = []
    for values in (angles.cos().numpy(), angles.sin().numpy()):
        rows = np.concatenate([zeros, values], axis=1)
        columns = np.concatenate([values, zeros], axis=1)
        tables.append(_sum_of_factors(graph, rows, columns))
    return tables[0], tables[1]


def image_position_table(graph: GraphBuilder, model: VideoModel) -> Value:
    """Random-Fourier code of every stride-16 cell's centre, [h·h,D] (`VideoModel.image_positions`)."""
    grid = model.grid
    centres = (torch.arange(grid, dtype=torch.float32) + 0.5) / grid
    y, x = torch.meshgrid(centres, centres, indexing="ij")
    coordinates = torch.stack([x.flatten(), y.flatten()], dim=-1)
    return fourier_code(graph, graph.constant(2 * coordinates - 1), model)


def fourier_code(graph: GraphBuilder, coordinates_n2: Value, model: VideoModel) -> Value:
    """Sines then cosines of 2π · coordinates · G for coordinates in −1..1: [n,2] → [n,D]."""
    gaussian = graph.weight(model.prompt_encoder.shared_embedding.positional_embedding)
    angles = (coordinates_n2 @ gaussian) * (2 * np.pi)
    return graph.concat([graph.op("Sin", angles), graph.op("Cos", angles)], axis=-1)


def time_code(graph: GraphBuilder, times_bk: Value, channels: int) -> Value:
    """`sine_positions_1d` of the pointers' times, [B,K] → [B,K,channels]; a cosine is a sine a quarter turn on."""
    half = channels // 2
    frequencies = 1.0 / (10000.0 ** (2 * (np.arange(half) // 2) / half))
    phases = np.concatenate([np.zeros(half), np.full(half, np.pi / 2)])
    with graph.in_float32():
        angles = times_bk.reshape(0, 0, 1) * graph.constant(np.tile(frequencies, 2).astype(np.float32))
        return graph.op("Sin", angles + graph.constant(phases.astype(np.float32)))


def _sum_of_factors(graph: GraphBuilder, rows_hc: np.ndarray, columns_hc: np.ndarray) -> Value:
    """[h·h,C] whose entry (y,x) is rows[y] + columns[x]."""
    grid, channels = rows_hc.shape
    rows = graph.constant(rows_hc.reshape(grid, 1, channels))
    columns = graph.constant(columns_hc.reshape(1, grid, channels))
    return (rows + columns).reshape(grid * grid, channels)
