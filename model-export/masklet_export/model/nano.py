"""The nano model: SAM 2.1's video architecture on a compact trunk."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import Sam2VideoConfig
from transformers.models.sam2_video.modeling_sam2_video import (
    Sam2VideoFeedForward,
    Sam2VideoMaskDecoder,
    Sam2VideoMemoryAttention,
    Sam2VideoMemoryEncoder,
    Sam2VideoPromptEncoder,
)

from masklet_export.model.conv_trunk import ConvTrunk
from masklet_export.model.feature_neck import FeatureNeck, ImageFeatures
from masklet_export.model.lite_trunk import LiteTrunk
from masklet_export.model.nano_config import STRIDE16, NanoConfig
from masklet_export.model.prototype_heads import PrototypeHeads
from masklet_export.model.video_model import VideoModel


class NanoModel(VideoModel):
    """Own trunk and neck; prompt encoder, mask decoder and memory modules from transformers, unchanged.

    Training: `encode_image` (B images, channels_last works), then per prompt or tracked frame `without_memory` or
    `attend_memory` → `decode_masks` → `encode_memory` and `make_pointer`. All of it is differentiable and un-gated.

    Args:
        config: sizes.
        attention: transformers' attention implementation; `sdpa` is faster on a GPU, `eager` on a CPU.
        with_prototype_heads: adds the auxiliary training heads (`prototype_heads`), absent from exported graphs.
    """

    def __init__(
        self, config: NanoConfig | None = None, *, attention: str = "eager", with_prototype_heads: bool = False
    ) -> None:
        super().__init__()
        self.config = config or NanoConfig()
        self.hidden_size = self.config.hidden_size
        self.memory_channels = self.config.memory_channels
        self.trunk = ConvTrunk(self.config) if self.config.trunk == "conv" else LiteTrunk(self.config)
        self.neck = FeatureNeck(self.config)
        self._build_video_modules(attention)
        self._build_tables()
        self.prototype_heads = PrototypeHeads(self.hidden_size) if with_prototype_heads else None
        self.set_image_size(self.config.image_size)

    def encode_image(self, image_b3ss: Tensor) -> ImageFeatures:
        """[B,3,S,S] normalised → strides 4, 8 and 16 (`ImageFeatures`)."""
        return self.neck(self.trunk(image_b3ss))

    def _build_video_modules(self, attention: str) -> None:
        settings = sam2_video_config(self.config, attention)
        self.prompt_encoder = Sam2VideoPromptEncoder(settings.prompt_encoder_config)
        self.mask_decoder = Sam2VideoMaskDecoder(settings.mask_decoder_config)
        # The neck projects strides 4 and 8 itself, from fewer channels than the decoder's own layers expect.
        del self.mask_decoder.conv_s0, self.mask_decoder.conv_s1
        self.memory_attention = Sam2VideoMemoryAttention(settings)
        self.memory_encoder = Sam2VideoMemoryEncoder(settings)
        for layer in self.memory_encoder.memory_fuser.layers:
            # transformers' 1e-6 would make the fuser an identity for most of a short training.
            nn.init.constant_(layer.scale, 0.1)

    def _build_tables(self) -> None:
        hidden, memory = self.hidden_size, self.memory_channels
        self.object_pointer_projection = Sam2VideoFeedForward(hidden, hidden, hidden, 3)
        self.pointer_time_projection = nn.Linear(hidden, memory)
        self.mask_downsample = nn.Conv2d(1, 1, kernel_size=4, stride=4)
        # A mean filter is what the layer should come close to.
        nn.init.constant_(self.mask_downsample.weight, 1 / 16)
        nn.init.zeros_(self.mask_downsample.bias)
        self.no_memory_embedding = nn.Parameter(torch.randn(1, hidden, 1, 1) * 0.02)
        self.temporal_positions = nn.Parameter(torch.randn(self.config.num_spatial_memories, memory) * 0.02)
        self.no_object_pointer = nn.Parameter(torch.randn(1, hidden) * 0.02)
        self.occlusion_embedding = nn.Parameter(torch.randn(1, memory) * 0.02)
        self.spatial_perceiver = None


@torch.no_grad()
def initialise_locality(model: NanoModel) -> None:
    """Make the decoder's and the memory's cross attentions look at the same place before any training.

    Shared q and k projections turn the random-Fourier point code into a peak at the click (about 8 % of the image
    wide); constant q/k biases in the memory attention leave RoPE alone to say where: "copy the last mask".
    No change of architecture; brings the start-up plateau forward by roughly 1.2–1.5×.
    """
    transformer = model.mask_decoder.transformer
    attentions = [transformer.final_attn_token_to_image]
    for layer in transformer.layers:
        attentions += [layer.cross_attn_token_to_image, layer.cross_attn_image_to_token]
    for attention in attentions:
        nn.init.normal_(attention.q_proj.weight, 0, 1.6 / attention.q_proj.in_features**0.5)
        attention.k_proj.weight.copy_(attention.q_proj.weight)
        attention.q_proj.bias.zero_()
        attention.k_proj.bias.zero_()
    for layer in model.memory_attention.layers:
        attention = layer.cross_attn_image
        for projection in (attention.q_proj, attention.k_proj):
            nn.init.constant_(projection.bias, 0.6)
            projection.weight.mul_(0.7)


def sam2_video_config(config: NanoConfig, attention: str) -> Sam2VideoConfig:
    """transformers' configuration with our sizes in all the fields that must agree."""
    hidden, grid = config.hidden_size, config.image_size // STRIDE16
    settings = Sam2VideoConfig(
        prompt_encoder_config={
            "hidden_size": hidden,
            "image_size": config.image_size,
            "patch_size": STRIDE16,
            "mask_input_channels": 16,
        },
        mask_decoder_config={
            "hidden_size": hidden,
            "mlp_dim": config.decoder_mlp,
            "num_attention_heads": 8,
            "iou_head_hidden_dim": config.iou_head_size,
        },
        image_size=config.image_size,
        memory_attention_hidden_size=hidden,
        memory_attention_num_layers=config.memory_attention_layers,
        memory_attention_feed_forward_hidden_size=config.memory_attention_mlp,
        memory_attention_rope_feat_sizes=[grid, grid],
        memory_attention_dropout=0.0,
        memory_attention_rope_dropout=0.0,
        memory_encoder_hidden_size=hidden,
        memory_encoder_output_channels=config.memory_channels,
        mask_downsampler_embed_dim=hidden,
        memory_fuser_embed_dim=hidden,
        memory_fuser_intermediate_dim=config.memory_fuser_mlp,
        memory_fuser_num_layers=config.memory_fuser_layers,
    )
    settings.mask_decoder_config._attn_implementation = attention
    settings._attn_implementation = attention
    return settings
