"""The same four steps as `torch.onnx.export` writes them: what the graphs written by hand are measured against.

Fixed sizes, one object, weights inside; no padding, and of the choice among candidates the best of three only.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from io import BytesIO

import numpy as np
import torch
from torch import Tensor, nn

from masklet_export.model.video_model import VideoModel

_OPSET = 18


class _Step(nn.Module):
    def __init__(self, model: VideoModel) -> None:
        super().__init__()
        self.model = model


class _ImageEncoder(_Step):
    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        features = self.model.encode_image(image)
        no_memory = self.model.without_memory(features.stride16)
        return features.stride16, features.stride8, features.stride4, no_memory


class _MemoryAttention(_Step):
    def forward(
        self,
        features_stride16: Tensor,
        spatial_memories: Tensor,
        temporal_rows: Tensor,
        object_pointers: Tensor,
        pointer_times: Tensor,
    ) -> Tensor:
        return self.model.attend_memory(
            features_stride16, spatial_memories, temporal_rows, object_pointers, pointer_times
        )


class _MaskDecoder(_Step):
    def forward(
        self,
        conditioned_features: Tensor,
        features_stride4: Tensor,
        features_stride8: Tensor,
        points: Tensor,
        point_labels: Tensor,
    ) -> tuple[Tensor, ...]:
        features = conditioned_features, features_stride4, features_stride8
        decoded = self.model.decode_masks(*features, points, point_labels)
        best = 1 + decoded.predicted_iou[:, 1:].argmax(dim=1)
        objects = torch.arange(best.shape[0])
        is_present = (decoded.occlusion_score[:, 0] > 0).float()
        pointer = self.model.make_pointer(decoded.mask_tokens[objects, best], is_present)
        return decoded.occlusion_score, decoded.mask_logits[objects, best], decoded.predicted_iou, pointer


class _MemoryEncoder(_Step):
    def forward(self, features_stride16: Tensor, mask_logits: Tensor, occlusion_score: Tensor) -> Tensor:
        return self.model.encode_memory(features_stride16, mask_logits, (occlusion_score[:, 0] > 0).float())


_STEPS: dict[str, type[_Step]] = {
    "image_encoder": _ImageEncoder,
    "memory_attention": _MemoryAttention,
    "mask_decoder": _MaskDecoder,
    "memory_encoder": _MemoryEncoder,
}


def naive_export(
    model: VideoModel, graph: str, inputs: Mapping[str, np.ndarray]
) -> tuple[bytes, dict[str, np.ndarray]]:
    """The traced graph's file, and those of the inputs that it takes."""
    step = _STEPS[graph](model).eval()
    names = list(step.forward.__annotations__)[:-1]
    taken = {name: np.ascontiguousarray(inputs[name]) for name in names}
    buffer = BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        arguments = tuple(torch.from_numpy(array) for array in taken.values())
        torch.onnx.export(step, arguments, buffer, input_names=names, opset_version=_OPSET, dynamo=False)
    return buffer.getvalue(), taken
