"""Reads a transformers `Sam2VideoModel` folder (config.json and model.safetensors), offline and strictly."""

from __future__ import annotations

import json
from pathlib import Path

from transformers import Sam2VideoConfig, Sam2VideoModel
from transformers.utils import logging

from masklet_export.model.hub_model import HubModel
from masklet_export.model.nano_config import STRIDE16, check_image_size

_PATCH_STRIDE = 4


def is_hub_folder(path: Path) -> bool:
    """Whether the folder holds a SAM 2 video model in transformers' layout."""
    config = path / "config.json"
    return config.is_file() and json.loads(config.read_text()).get("model_type") == "sam2_video"


def load_hub_folder(path: Path, image_size: int | None = None) -> HubModel:
    """Load the model for an input size (default: the folder's own), eval mode, float32.

    Raises `ValueError` when a tensor is missing, unexpected or of another shape: transformers alone would fill
    gaps with random numbers and go on.
    """
    logging.disable_progress_bar()
    settings = Sam2VideoConfig.from_pretrained(path, local_files_only=True)
    set_config_image_size(settings, image_size or settings.image_size)
    model, report = Sam2VideoModel.from_pretrained(
        path, config=settings, attn_implementation="eager", local_files_only=True, output_loading_info=True
    )
    problems = {name: sorted(map(str, keys)) for name, keys in report.items() if name != "error_msgs" and keys}
    if problems or report.get("error_msgs"):
        raise ValueError(f"{path.name} does not fit its config.json: {problems or report['error_msgs']}")
    return HubModel(model.float().eval())


def set_config_image_size(settings: Sam2VideoConfig, image_size: int) -> None:
    """Write the input size into all five places that must agree."""
    check_image_size(image_size)
    grid = image_size // STRIDE16
    settings.image_size = image_size
    settings.prompt_encoder_config.image_size = image_size
    settings.memory_attention_rope_feat_sizes = [grid, grid]
    settings.vision_config.backbone_feature_sizes = [
        [image_size // stride] * 2 for stride in (_PATCH_STRIDE, 2 * _PATCH_STRIDE, 4 * _PATCH_STRIDE)
    ]
    settings.vision_config.backbone_config.image_size = [image_size, image_size]
