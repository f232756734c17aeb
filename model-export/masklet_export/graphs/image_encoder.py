"""Graph `image_encoder`: one normalised picture → image features at three strides.

in:  image float32[1,3,S,S]
out: features_stride4 [1,D/8,S/4,S/4], features_stride8 [1,D/4,S/8,S/8], features_stride16 [1,D,h,h],
     features_no_memory [1,D,h,h] (stride 16 plus the no-memory embedding)
"""

from __future__ import annotations

import onnx

from masklet_export.graphs.conv_trunk_nodes import nano_features
from masklet_export.graphs.graph_builder import GraphBuilder, Storage
from masklet_export.graphs.hiera_nodes import hiera_features
from masklet_export.graphs.repvit_nodes import repvit_features
from masklet_export.model.hub_model import HubModel
from masklet_export.model.nano import NanoModel
from masklet_export.model.video_model import VideoModel

NAME = "image_encoder"


def build_image_encoder(model: VideoModel, storage: Storage = "float16") -> onnx.ModelProto:
    """Write the graph for the model's current input size."""
    graph = GraphBuilder(NAME, model, storage)
    size, hidden, grid = model.image_size, model.hidden_size, model.grid
    image = graph.input("image", (1, 3, size, size))
    if isinstance(model, NanoModel):
        features = nano_features(graph, image, model)
    elif isinstance(model, HubModel):
        write = hiera_features if model.spatial_perceiver is None else repvit_features
        features = write(graph, image, model)
    else:
        raise TypeError(f"no image encoder graph for {type(model).__name__}")
    graph.output(features.stride4, "features_stride4", (1, hidden // 8, size // 4, size // 4))
    graph.output(features.stride8, "features_stride8", (1, hidden // 4, size // 8, size // 8))
    graph.output(features.stride16, "features_stride16", (1, hidden, grid, grid))
    no_memory = features.stride16 + graph.weight(model.no_memory_embedding)
    graph.output(no_memory, "features_no_memory", (1, hidden, grid, grid))
    return graph.to_model()
