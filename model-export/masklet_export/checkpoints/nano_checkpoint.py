"""Our own checkpoint: one safetensors file, its header carrying the model's sizes and where the weights come from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from masklet_export.model.nano import NanoModel
from masklet_export.model.nano_config import NanoConfig

FORMAT = "masklet-checkpoint/1"
_HEADS = "prototype_heads."


@dataclass(frozen=True)
class NanoCheckpoint:
    """A loaded model (eval mode, float32) and the notes that were saved with it."""

    model: NanoModel
    notes: dict[str, str]


def save_nano_checkpoint(
    path: Path, model: NanoModel, *, dtype: torch.dtype = torch.float16, notes: Mapping[str, str] | None = None
) -> None:
    """Write the weights (floats as `dtype`) with the model's configuration and free-text notes in the header."""
    state = {
        key: value.to(dtype).contiguous() if value.is_floating_point() else value
        for key, value in model.state_dict().items()
    }
    header = {"format": FORMAT, "config": json.dumps(model.config.to_dict()), "notes": json.dumps(dict(notes or {}))}
    save_file(state, path, metadata=header)


def load_nano_checkpoint(path: Path, *, with_prototype_heads: bool = False) -> NanoCheckpoint:
    """Read what `save_nano_checkpoint` wrote; strict about every key.

    The training heads are left out unless asked for; asking for heads that were not saved is an error.
    Raises `ValueError` for a file that is not ours, `RuntimeError` (torch) for missing or misshapen tensors.
    """
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            if header.get("format") != FORMAT:
                raise ValueError(f"{path.name} is no {FORMAT} file (format {header.get('format')!r})")
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (safe_open is no mapping)
    except SafetensorError as error:
        raise ValueError(f"{path.name} cannot be read as safetensors: {error}") from error
    if not with_prototype_heads:
        state = {key: value for key, value in state.items() if not key.startswith(_HEADS)}
    state = {key: value.float() if value.is_floating_point() else value for key, value in state.items()}
    config = NanoConfig.from_dict(json.loads(header["config"]))
    model = NanoModel(config, with_prototype_heads=with_prototype_heads)
    model.load_state_dict(state, strict=True)
    return NanoCheckpoint(model=model.eval(), notes=json.loads(header.get("notes", "{}")))
