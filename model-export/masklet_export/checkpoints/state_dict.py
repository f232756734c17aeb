"""Finds a model's tensors among what was saved with them, and gives them their own names again.

A training run puts the state dict beside its optimizer, and wrappers of the model put their names before or into those
of its tensors. The page does the same (`workers/segment/model-pack/state-dict.ts`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeVar

from torch import Tensor

Layout = Literal["transformers", "meta"]
T = TypeVar("T")

_WRAPPERS = frozenset({"module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"})
"""Of DistributedDataParallel, `torch.compile`, FullyShardedDataParallel and activation checkpointing."""
_IMAGE_ENCODER = re.compile(r"(?:^|(?<=\.))(?:(image_encoder\.trunk\.)|vision_encoder\.backbone\.)")
"""Every model has an image encoder, and each layout its own name for it."""
_MAX_DEPTH = 8


def unwrap_names(entries: Mapping[str, T]) -> tuple[Layout | None, dict[str, T]]:
    """The entries by their names in the layout; of several models in a file those of the first.

    Entries of a file without any of SAM 2's or EdgeTAM's come back as they are, and the layout is None.
    """
    plain: dict[str, T] = {}
    for name, value in entries.items():
        own = ".".join(part for part in name.split(".") if part not in _WRAPPERS)
        # A name that needs no unwrapping is the tensor's own.
        if own == name or not (own in entries or own in plain):
            plain[own] = value
    for name in plain:
        match = _IMAGE_ENCODER.search(name)
        if match:
            prefix = name[: match.start()]
            own = {key.removeprefix(prefix): value for key, value in plain.items() if key.startswith(prefix)}
            return "meta" if match[1] else "transformers", own
    return None, dict(entries)


def find_state_dict(content: Any) -> dict[str, Tensor]:
    """The dictionary of tensors in what a checkpoint holds, however deep it lies.

    The first with SAM 2's or EdgeTAM's names, else the outermost with any tensors; empty where there is none.
    """
    found = list(_dictionaries(content))
    return next((each for each in found if unwrap_names(each)[0] is not None), found[0] if found else {})


def _dictionaries(content: Any) -> Iterator[dict[str, Tensor]]:
    """Outer ones first; `model` before what lies beside it, such as an average."""
    level, seen = [content], set()
    for _ in range(_MAX_DEPTH):
        following = []
        for value in level:
            if not isinstance(value, Mapping) or id(value) in seen:
                continue
            seen.add(id(value))
            tensors = {name: each for name, each in value.items() if isinstance(name, str) and isinstance(each, Tensor)}
            if tensors:
                yield tensors
            following += [value["model"]] if "model" in value else []
            following += value.values()
        level = following
