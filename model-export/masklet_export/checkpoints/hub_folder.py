"""Reads a transformers folder of SAM 2 or EdgeTAM (config.json and model.safetensors), offline and strictly."""

from __future__ import annotations

import json
from pathlib import Path

from transformers import EdgeTamVideoConfig, Sam2VideoConfig
from transformers.utils import logging

from masklet_export.model.edgetam_configuration import with_own_backbone
from masklet_export.model.hub_model import HubConfig, HubModel, hub_module_class
from masklet_export.model.nano_config import STRIDE16, check_image_size

_PATCH_STRIDE = 4
_MODEL_TYPES = ("sam2_video", "edgetam_video")


def is_hub_folder(path: Path) -> bool:
    """Whether the folder holds a video model of SAM 2 or EdgeTAM in transformers' layout."""
    return _model_type(path) in _MODEL_TYPES


def read_configuration(path: Path) -> HubConfig:
    """Configuration of such a folder."""
    if _model_type(path) == "edgetam_video":
        return with_own_backbone(EdgeTamVideoConfig.from_pretrained(path, local_files_only=True))
    return Sam2VideoConfig.from_pretrained(path, local_files_only=True)


def load_hub_folder(path: Path, image_size: int | None = None) -> HubModel:
    """Load the model for an input size (default: the folder's own), eval mode, float32.

    Raises `ValueError` when a tensor is missing, unexpected or of another shape: transformers alone would fill
    gaps with random numbers and go on.
    """
    logging.disable_progress_bar()
    settings = read_configuration(path)
    set_config_image_size(settings, image_size or settings.image_size)
    model, report = hub_module_class(settings).from_pretrained(
        path, config=settings, attn_implementation="eager", local_files_only=True, output_loading_info=True
    )
    problems = {name: sorted(map(str, keys)) for name, keys in report.items() if name != "error_msgs" and keys}
    if problems or report.get("error_msgs"):
        raise ValueError(f"{path.name} does not fit its config.json: {problems or report['error_msgs']}")
    return HubModel(model.float().eval())


def set_config_image_size(settings: HubConfig, image_size: int) -> None:
    """Write the input size into all places that must agree."""
    check_image_size(image_size)
    grid = image_size // STRIDE16
    settings.image_size = image_size
    settings.prompt_encoder_config.image_size = image_size
    settings.memory_attention_rope_feat_sizes = [grid, grid]
    settings.vision_config.backbone_feature_sizes = [
        [image_size // stride] * 2 for stride in (_PATCH_STRIDE, 2 * _PATCH_STRIDE, 4 * _PATCH_STRIDE)
    ]
    if isinstance(settings, Sam2VideoConfig):
        settings.vision_config.backbone_config.image_size = [image_size, image_size]


def _model_type(path: Path) -> str | None:
    config = path / "config.json"
    return json.loads(config.read_text(encoding="utf-8")).get("model_type") if config.is_file() else None
