"""Starting a new run from weights that exist: a checkpoint of ours, the prototype's, or a shipped pack.

Weights of a model with the conv trunk start a model with a pretrained trunk by a transplant (`transplant`).
"""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from safetensors.torch import load_file
from torch import Tensor

from masklet_export.checkpoints.load_model import load_model
from masklet_export.model.nano import NanoModel
from masklet_export.model.nano_config import NanoConfig
from masklet_export.pack.manifest import MANIFEST_FILE, read_manifest
from masklet_export.train.pack_weights import nano_state_from_pack, restore_norm_statistics
from masklet_export.train.transplant import Pictures, transplant

_NOT_SHIPPED = "prototype_heads."


def warm_start(model: NanoModel, source: Path, pictures: Pictures) -> str:
    """Copy weights into the model, in place; returns a sentence about what was copied.

    `pictures` gives batches of normalised training pictures; it is called for packs, whose norms are folded, and for
    transplants. The training heads keep their initialisation where the source has none. Raises `ValueError` when a
    tensor is missing or has another shape, `FileNotFoundError` when there is nothing at the path.
    """
    is_pack = (source / MANIFEST_FILE).is_file()
    if model.config.trunk != "conv" and _has_conv_trunk(source, is_pack):
        fit = transplant(model, _donor(source, is_pack, pictures), pictures)
        return f"transplanted from {source.name} onto {model.config.trunk}: R² of the top level {fit:.3f}"
    state = nano_state_from_pack(source, model) if is_pack else _read_checkpoint(source)
    wanted = model.state_dict()
    missing = [name for name in wanted if name not in state and not name.startswith(_NOT_SHIPPED)]
    if missing:
        raise ValueError(f"{source.name} lacks {len(missing)} tensors of this model, the first is {missing[0]}")
    for name, value in state.items():
        if name in wanted and wanted[name].shape != value.shape:
            raise ValueError(
                f"{source.name}: {name} is {tuple(value.shape)}, this model's is {tuple(wanted[name].shape)}"
            )
    copied = {name: value for name, value in state.items() if name in wanted}
    with torch.no_grad():
        model.load_state_dict(copied, strict=False)
    if is_pack:
        restore_norm_statistics(model, pictures(0))
    return f"started from {source.name}: {len(copied)} of {len(wanted)} tensors"


def _has_conv_trunk(source: Path, is_pack: bool) -> bool:
    if is_pack:
        encoder = onnx.load(source / read_manifest(source).graphs["image_encoder"].file).graph
        return not any(entry.name.startswith("trunk.detail.") for entry in encoder.initializer)
    loaded = load_model(source)
    return isinstance(loaded, NanoModel) and loaded.config.trunk == "conv"


def _donor(source: Path, is_pack: bool, pictures: Pictures) -> NanoModel:
    if not is_pack:
        loaded = load_model(source)
        assert isinstance(loaded, NanoModel)
        return loaded
    donor = NanoModel(NanoConfig())
    donor.load_state_dict(nano_state_from_pack(source, donor), strict=False)
    restore_norm_statistics(donor, pictures(0))
    return donor.eval()


def _read_checkpoint(source: Path) -> dict[str, Tensor]:
    loaded = load_model(source)
    if not isinstance(loaded, NanoModel):
        raise ValueError(f"{source.name} holds a {type(loaded).__name__}; only nano models can be trained")
    state = loaded.state_dict()
    if source.suffix == ".safetensors":
        # `load_model` leaves the training heads out: nothing else needs them.
        state |= {name: value.float() for name, value in load_file(source).items() if name.startswith(_NOT_SHIPPED)}
    return state
