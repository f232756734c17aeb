"""The released SAM 2 models as transformers configurations: four sizes, two versions.

Source: sam2/configs/{sam2,sam2.1}/*.yaml@2b90b9f.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

from transformers import Sam2VideoConfig

HubSize = Literal["tiny", "small", "base-plus", "large"]
HUB_SIZES: tuple[HubSize, ...] = get_args(HubSize)
ARCHITECTURES = ("sam2.1", "sam2.0")

_TRUNKS: dict[HubSize, dict[str, Any]] = {
    "tiny": {},
    "small": {"blocks_per_stage": [1, 2, 11, 2], "global_attention_blocks": [7, 10, 13]},
    "base-plus": {
        "hidden_size": 112,
        "num_attention_heads": 2,
        "embed_dim_per_stage": [112, 224, 448, 896],
        "num_attention_heads_per_stage": [2, 4, 8, 16],
        "blocks_per_stage": [2, 3, 16, 3],
        "global_attention_blocks": [12, 16, 20],
        "window_positional_embedding_background_size": [14, 14],
    },
    "large": {
        "hidden_size": 144,
        "num_attention_heads": 2,
        "embed_dim_per_stage": [144, 288, 576, 1152],
        "num_attention_heads_per_stage": [2, 4, 8, 16],
        "blocks_per_stage": [2, 6, 36, 4],
        "global_attention_blocks": [23, 33, 43],
        "window_size_per_stage": [8, 4, 16, 8],
    },
}


def hub_configuration(size: HubSize, architecture: str = "sam2.1") -> Sam2VideoConfig:
    """Configuration of `facebook/sam2[.1]-hiera-<size>` at its own input size, 1024."""
    trunk = _TRUNKS[size]
    channels = trunk.get("embed_dim_per_stage", [96, 192, 384, 768])
    is_21 = architecture == "sam2.1"
    return Sam2VideoConfig(
        vision_config={
            "backbone_config": {"model_type": "sam2_hiera_det_model", **trunk},
            "backbone_channel_list": channels[::-1],
        },
        enable_occlusion_spatial_embedding=is_21,
        enable_temporal_pos_encoding_for_object_pointers=is_21,
    )


def hub_repository(size: HubSize, architecture: str) -> str:
    """Name of the official weights on the model hub."""
    return f"facebook/{'sam2.1' if architecture == 'sam2.1' else 'sam2'}-hiera-{size}"
