"""EdgeTAM as a transformers configuration with our own RepViT in the place of timm's.

Source: transformers' convert_edgetam_video_to_hf.py `get_config`: SAM 2.0's choices (pointers carry no time, absence
adds nothing to a memory), two layers of memory attention, a perceiver behind the memory encoder.
"""

from __future__ import annotations

from typing import Any

from huggingface_hub.dataclasses import strict
from torch import Tensor
from transformers import (
    AutoConfig,
    AutoModel,
    EdgeTamVideoConfig,
    EdgeTamVisionConfig,
    PreTrainedConfig,
    PreTrainedModel,
)
from transformers.modeling_outputs import BaseModelOutput

from masklet_export.model.repvit import RepVit

EDGETAM_REPOSITORY = "yonigozlan/EdgeTAM-hf"
"""transformers' own conversion of Meta's `edgetam.pt`, named in its documentation."""


@strict
class RepVitConfig(PreTrainedConfig):
    """Channels and blocks of each stage; the defaults are timm's `repvit_m1`."""

    model_type = "masklet_repvit"
    widths: list[int] | tuple[int, ...] = (48, 96, 192, 384)
    depths: list[int] | tuple[int, ...] = (2, 2, 14, 2)


class RepVitBackbone(PreTrainedModel):
    """What transformers' `TimmWrapperModel` is to EdgeTAM: the network under `timm_model`, a list of maps as output."""

    config_class = RepVitConfig
    main_input_name = "pixel_values"

    def __init__(self, config: RepVitConfig) -> None:
        super().__init__(config)
        self.timm_model = RepVit(config.widths, config.depths)
        self.post_init()

    def forward(self, pixel_values: Tensor, **_: Any) -> BaseModelOutput:
        return BaseModelOutput(last_hidden_state=self.timm_model(pixel_values))


AutoConfig.register(RepVitConfig.model_type, RepVitConfig)
AutoModel.register(RepVitConfig, RepVitBackbone)


def edgetam_configuration(backbone: RepVitConfig | None = None, **sizes: Any) -> EdgeTamVideoConfig:
    """EdgeTAM as released, at its own input size 1024; `sizes` replace fields, for tests."""
    backbone = backbone or RepVitConfig()
    vision = {"backbone_channel_list": list(backbone.widths)[::-1]} | sizes.pop("vision_config", {})
    return EdgeTamVideoConfig(
        vision_config=EdgeTamVisionConfig(backbone_config=backbone, **vision),
        enable_temporal_pos_encoding_for_object_pointers=False,
        enable_occlusion_spatial_embedding=False,
        **sizes,
    )


def with_own_backbone(settings: EdgeTamVideoConfig) -> EdgeTamVideoConfig:
    """A configuration that was read from a file, its timm backbone replaced by ours.

    Raises `ValueError` when it is another backbone than EdgeTAM's.
    """
    backbone = settings.vision_config.backbone_config
    if not isinstance(backbone, RepVitConfig):
        name = getattr(backbone, "architecture", "")
        if name.split(".")[0] != "repvit_m1":
            raise ValueError(f"EdgeTAM with the backbone {name!r} is not supported, only with repvit_m1")
        sizes = backbone.model_args or {}
        given = {"widths": sizes.get("embed_dim"), "depths": sizes.get("depth")}
        settings.vision_config.backbone_config = RepVitConfig(**{key: value for key, value in given.items() if value})
    return settings
