"""Recognises what a path holds and loads it: our checkpoint, the prototype's, SAM 2 or EdgeTAM in either layout."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from masklet_export.checkpoints.hub_folder import is_hub_folder, load_hub_folder, read_configuration
from masklet_export.checkpoints.hub_state import load_hub_state
from masklet_export.checkpoints.nano_checkpoint import load_nano_checkpoint
from masklet_export.checkpoints.prototype_checkpoint import is_prototype_checkpoint, nano_from_prototype
from masklet_export.checkpoints.state_dict import find_state_dict, unwrap_names
from masklet_export.model.hub_model import HubConfig
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
            raise ValueError(f"{path} is no transformers folder of a SAM 2 or EdgeTAM video model (config.json)")
        return load_hub_folder(path, image_size)
    if path.suffix == ".safetensors":
        return _load_safetensors(path, image_size)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, OSError, pickle.UnpicklingError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} cannot be read as a PyTorch checkpoint: {error}") from error
    if is_prototype_checkpoint(content):
        return nano_from_prototype(content)
    layout, state = unwrap_names(find_state_dict(content))
    if layout is not None:
        return load_hub_state(state, image_size, _configuration_beside(path))
    raise ValueError(f"{path} holds no weights this exporter knows (SAM 2, SAM 2.1, EdgeTAM, or Masklet's own)")


def _load_safetensors(path: Path, image_size: int | None) -> VideoModel:
    try:
        with safe_open(path, framework="pt") as file:
            layout, stored = unwrap_names({key: key for key in file.keys()})  # noqa: SIM118 (safe_open is no mapping)
            if layout is None:
                return load_nano_checkpoint(path).model
            state = {key: file.get_tensor(stored_key) for key, stored_key in stored.items()}
    except SafetensorError as error:
        raise ValueError(f"{path} cannot be read as safetensors: {error}") from error
    return load_hub_state(state, image_size, _configuration_beside(path))


def _configuration_beside(path: Path) -> HubConfig | None:
    return read_configuration(path.parent) if is_hub_folder(path.parent) else None
