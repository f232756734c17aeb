"""Resumable state on disk: numbered folders of safetensors parts of at most 16 MiB, the newest named by one file.

`state/latest` holds the folder's name and is replaced atomically after the folder is complete, so an interrupted
write leaves the previous state intact. With exact storage a resumed run continues bit for bit.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

STATE_FOLDER = "state"
FORMAT = "masklet-training-state/1"
PART_BYTES = 16 * 1024 * 1024
_HEADER_BYTES = 256 * 1024
"""Room left in every part for safetensors' own header."""

Storage = Literal["exact", "compact"]
"""`compact`: floats in 16 bits (weights float16, everything else bfloat16): half the size, resumes nearly."""


@dataclass(frozen=True)
class TrainingState:
    """Tensors by name and everything else as JSON values."""

    tensors: dict[str, Tensor]
    notes: dict[str, Any]


def save_state(folder: Path, state: TrainingState, step: int, storage: Storage = "exact") -> Path:
    """Write a new numbered folder, point `latest` at it, remove the older ones. Returns the new folder."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"step-{step:09d}"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    shapes: dict[str, Any] = {}
    stored: dict[str, Tensor] = {}
    for name, tensor in state.tensors.items():
        value = tensor.detach().cpu().contiguous()
        shapes[name] = {"shape": list(value.shape), "dtype": str(value.dtype).removeprefix("torch.")}
        stored[name] = _compact(name, value) if storage == "compact" else value
    parts = []
    for number, part in enumerate(_split(stored)):
        file = target / f"part-{number:02d}.safetensors"
        save_file(part, file)
        parts.append({"file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()})
    index = {"format": FORMAT, "storage": storage, "parts": parts, "tensors": shapes, "notes": state.notes}
    (target / "index.json").write_text(json.dumps(index))
    pointer = folder / "latest.tmp"
    pointer.write_text(target.name)
    os.replace(pointer, folder / "latest")
    for old in folder.glob("step-*"):
        if old != target:
            shutil.rmtree(old)
    return target


def has_state(run: Path) -> bool:
    """Whether a run's folder holds a state to resume from."""
    return (run / STATE_FOLDER / "latest").is_file()


def load_state(folder: Path) -> TrainingState | None:
    """Read the newest state, or None when there is none yet.

    Raises `ValueError` for another format or a damaged part.
    """
    pointer = folder / "latest"
    if not pointer.is_file():
        return None
    source = folder / pointer.read_text().strip()
    index = json.loads((source / "index.json").read_text())
    if index.get("format") != FORMAT:
        raise ValueError(f"{source.name} is no {FORMAT}")
    pieces: dict[str, list[Tensor]] = {}
    for part in index["parts"]:
        file = source / part["file"]
        if hashlib.sha256(file.read_bytes()).hexdigest() != part["sha256"]:
            raise ValueError(f"{source.name}/{file.name} is damaged")
        content = load_file(file)
        for key in sorted(content, key=lambda name: (name.rsplit("#", 1)[0], int(name.rsplit("#", 1)[1]))):
            pieces.setdefault(key.rsplit("#", 1)[0], []).append(content[key])
    tensors = {}
    for name, described in index["tensors"].items():
        flat = torch.cat(pieces[name]) if len(pieces[name]) > 1 else pieces[name][0]
        tensors[name] = flat.to(getattr(torch, described["dtype"])).reshape(described["shape"])
    return TrainingState(tensors=tensors, notes=index["notes"])


def _compact(name: str, value: Tensor) -> Tensor:
    if value.dtype != torch.float32 or value.ndim == 0:
        return value
    # Second moments span many powers of ten: bfloat16 keeps the range, float16 would flush them to zero.
    return value.to(torch.bfloat16 if name.startswith("moment") else torch.float16)


def _split(tensors: Mapping[str, Tensor]) -> Iterator[dict[str, Tensor]]:
    """Parts of at most `PART_BYTES`; a tensor may be cut into flat pieces `name#0`, `name#1`, ..."""
    limit = PART_BYTES - _HEADER_BYTES
    part: dict[str, Tensor] = {}
    used = 0
    for name, tensor in tensors.items():
        flat = tensor.reshape(-1)
        start, number = 0, 0
        while True:
            room = (limit - used) // flat.element_size()
            if room <= 0:
                yield part
                part, used = {}, 0
                continue
            piece = flat[start : start + room]
            part[f"{name}#{number}"] = piece.clone()
            used += piece.numel() * piece.element_size()
            start += piece.numel()
            number += 1
            if start >= flat.numel():
                break
    if part:
        yield part
