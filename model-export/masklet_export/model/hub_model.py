"""SAM 2, SAM 2.1 and EdgeTAM from transformers' video models, behind the same four steps as the nano model."""

from __future__ import annotations

from torch import Tensor, nn
from transformers import EdgeTamVideoConfig, EdgeTamVideoModel, Sam2VideoConfig, Sam2VideoModel

from masklet_export.model.edgetam_configuration import edgetam_configuration
from masklet_export.model.feature_neck import ImageFeatures
from masklet_export.model.hub_configurations import HubSize, hub_configuration
from masklet_export.model.video_model import VideoModel

_HUB_NAMES = {
    "object_pointer_projection": "object_pointer_proj",
    "pointer_time_projection": "temporal_positional_encoding_projection_layer",
    "temporal_positions": "memory_temporal_positional_encoding",
    "occlusion_embedding": "occlusion_spatial_embedding_parameter",
}
"""Our modules and tensors that transformers calls otherwise."""


HubConfig = Sam2VideoConfig | EdgeTamVideoConfig
HubModule = Sam2VideoModel | EdgeTamVideoModel


class HubModel(VideoModel):
    """Borrows the modules and tensors of a loaded `Sam2VideoModel` (any size, 2.0 or 2.1) or `EdgeTamVideoModel`."""

    def __init__(self, hub: HubModule) -> None:
        super().__init__()
        settings = hub.config
        self.hub_shapes = {key: tuple(tensor.shape) for key, tensor in hub.state_dict().items()}
        """Every tensor of transformers' state dict."""
        self.hidden_size = settings.memory_attention_hidden_size
        self.memory_channels = settings.memory_encoder_output_channels
        self.vision_encoder = hub.vision_encoder
        self.prompt_encoder = hub.prompt_encoder
        self.mask_decoder = hub.mask_decoder
        self.memory_attention = hub.memory_attention
        self.memory_encoder = hub.memory_encoder
        self.object_pointer_projection = hub.object_pointer_proj
        times = hub.temporal_positional_encoding_projection_layer
        self.pointer_time_projection = times if isinstance(times, nn.Linear) else None
        self.mask_downsample = hub.mask_downsample
        self.no_memory_embedding = nn.Parameter(hub.no_memory_embedding.reshape(1, -1, 1, 1))
        rows = hub.memory_temporal_positional_encoding
        self.temporal_positions = nn.Parameter(rows.reshape(rows.shape[0], -1))
        self.no_object_pointer = hub.no_object_pointer
        self.occlusion_embedding = hub.occlusion_spatial_embedding_parameter
        self.spatial_perceiver = hub.spatial_perceiver if isinstance(hub, EdgeTamVideoModel) else None
        self.set_image_size(settings.image_size)

    def stored_weight(self, key: str) -> tuple[str, tuple[int, ...]]:
        """Key and shape that a tensor of ours has in transformers' state dict."""
        first, *rest = key.split(".")
        hub_key = ".".join([_HUB_NAMES.get(first, first), *rest])
        return hub_key, self.hub_shapes[hub_key]

    def hub_state(self) -> dict[str, Tensor]:
        """Our tensors under the keys and in the shapes of transformers' state dict."""
        state = {}
        for key, tensor in self.state_dict().items():
            hub_key, shape = self.stored_weight(key)
            state[hub_key] = tensor.reshape(shape)
        return state

    def encode_image(self, image_b3ss: Tensor) -> ImageFeatures:
        """[B,3,S,S] normalised → strides 4, 8 and 16, `conv_s0` and `conv_s1` applied."""
        stride4, stride8, stride16 = self.vision_encoder(image_b3ss, return_dict=True).fpn_hidden_states
        return ImageFeatures(
            stride4=self.mask_decoder.conv_s0(stride4), stride8=self.mask_decoder.conv_s1(stride8), stride16=stride16
        )


def build_hub_module(settings: HubConfig) -> HubModule:
    """transformers' model of a configuration, in eval mode, with the numbers its modules are born with."""
    settings._attn_implementation = "eager"
    return hub_module_class(settings)(settings).eval()


def hub_module_class(settings: HubConfig) -> type[HubModule]:
    return EdgeTamVideoModel if isinstance(settings, EdgeTamVideoConfig) else Sam2VideoModel


def unloaded_hub_model(size: HubSize, architecture: str) -> HubModel:
    """A released SAM 2 with whatever numbers its modules are born with: for its shapes."""
    return HubModel(build_hub_module(hub_configuration(size, architecture)))


def unloaded_edgetam() -> HubModel:
    """EdgeTAM likewise."""
    return HubModel(build_hub_module(edgetam_configuration()))
