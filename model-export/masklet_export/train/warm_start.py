"""Starting a new run from weights that exist: a checkpoint of ours, the prototype's, or a shipped pack."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from masklet_export.checkpoints.load_model import load_model
from masklet_export.model.nano import NanoModel
from masklet_export.pack.manifest import MANIFEST_FILE
from masklet_export.train.pack_weights import nano_state_from_pack, restore_norm_statistics

_NOT_SHIPPED = "prototype_heads."


def warm_start(model: NanoModel, source: Path, sample_images: Callable[[], Tensor]) -> str:
    """Copy weights into the model, in place; returns a sentence about what was copied.

    `sample_images` gives normalised training pictures; it is called for packs only, whose norms are folded.
    The training heads keep their initialisation where the source has none. Raises `ValueError` when a tensor is
    missing or has another shape, `FileNotFoundError` when there is nothing at the path.
    """
    is_pack = (source / MANIFEST_FILE).is_file()
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
        restore_norm_statistics(model, sample_images())
    return f"started from {source.name}: {len(copied)} of {len(wanted)} tensors"


def _read_checkpoint(source: Path) -> dict[str, Tensor]:
    loaded = load_model(source)
    if not isinstance(loaded, NanoModel):
        raise ValueError(f"{source.name} holds a {type(loaded).__name__}; only nano models can be trained")
    state = loaded.state_dict()
    if source.suffix == ".safetensors":
        # `load_model` leaves the training heads out: nothing else needs them.
        state |= {name: value.float() for name, value in load_file(source).items() if name.startswith(_NOT_SHIPPED)}
    return state
