"""Recognises what a path holds and loads it: our checkpoint, the prototype's, or a transformers folder."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import torch

from masklet_export.checkpoints.hub_folder import is_hub_folder, load_hub_folder
from masklet_export.checkpoints.nano_checkpoint import load_nano_checkpoint
from masklet_export.checkpoints.prototype_checkpoint import is_prototype_checkpoint, nano_from_prototype
from masklet_export.model.video_model import VideoModel


def load_model(path: Path, image_size: int | None = None) -> VideoModel:
    """Load weights for an input size (default: the checkpoint's own); eval mode, float32, no gradients.

    Raises `FileNotFoundError`, or `ValueError` with a sentence when the file is none of the known kinds.
    """
    model = _load(path, image_size)
    if image_size is not None and model.image_size != image_size:
        model.set_image_size(image_size)
    return model.eval().requires_grad_(False)


def _load(path: Path, image_size: int | None) -> VideoModel:
    if not path.exists():
        raise FileNotFoundError(f"no weights at {path}")
    if path.is_dir():
        if not is_hub_folder(path):
            raise ValueError(f"{path} is no transformers folder of a SAM 2 video model (config.json, sam2_video)")
        return load_hub_folder(path, image_size)
    if path.suffix == ".safetensors":
        return load_nano_checkpoint(path).model
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} cannot be read as a PyTorch checkpoint: {error}") from error
    if is_prototype_checkpoint(content):
        return nano_from_prototype(content)
    raise ValueError(f"{path} holds no weights this exporter knows")
