"""All four graphs of a model, by their names."""

from __future__ import annotations

from collections.abc import Callable

import onnx

from masklet_export.graphs import image_encoder, mask_decoder, memory_attention, memory_encoder
from masklet_export.graphs.graph_builder import Storage
from masklet_export.model.video_model import VideoModel

BUILDERS: dict[str, Callable[[VideoModel, Storage], onnx.ModelProto]] = {
    image_encoder.NAME: image_encoder.build_image_encoder,
    memory_attention.NAME: memory_attention.build_memory_attention,
    mask_decoder.NAME: mask_decoder.build_mask_decoder,
    memory_encoder.NAME: memory_encoder.build_memory_encoder,
}
"""Graph name → function that writes it, in the order a tracked frame runs them."""


def build_graph_bytes(model: VideoModel, name: str, storage: Storage) -> bytes:
    """One graph as the bytes of its file; the same weights always give the same bytes."""
    return BUILDERS[name](model, storage).SerializeToString(deterministic=True)
