"""What a training run consists of, to and from a `TrainingState`: weights, average, both moments, counters."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from masklet_export.train.optimizer import WeightAverage
from masklet_export.train.training_state import TrainingState


def collect_state(
    model: nn.Module, average: WeightAverage, optimizer: torch.optim.Optimizer, notes: dict[str, Any]
) -> TrainingState:
    """Everything that the next step depends on. Random numbers depend on the step's number alone, so none are kept."""
    tensors = {f"model/{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"average/{name}": value for name, value in average.model.state_dict().items()}
    for name, parameter in model.named_parameters():
        # Modules that no step has used yet have no moments.
        for key, value in optimizer.state.get(parameter, {}).items():
            tensors[f"{_MOMENTS[key]}/{name}"] = value
    return TrainingState(tensors=tensors, notes=notes)


def restore_state(
    state: TrainingState, model: nn.Module, average: WeightAverage, optimizer: torch.optim.Optimizer
) -> None:
    """Inverse of `collect_state`, in place. Raises `RuntimeError` (torch) when the model's sizes differ."""
    model.load_state_dict(_section(state, "model/"))
    average.model.load_state_dict(_section(state, "average/"))
    for name, parameter in model.named_parameters():
        moments: dict[str, Tensor] = {}
        for key, section in _MOMENTS.items():
            if (value := state.tensors.get(f"{section}/{name}")) is not None:
                moments[key] = value if key == "step" else value.to(parameter.device)
        if moments:
            optimizer.state[parameter] = _like_parameter(moments, parameter)


_MOMENTS = {"step": "steps", "exp_avg": "moment1", "exp_avg_sq": "moment2"}


def _section(state: TrainingState, prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in state.tensors.items() if name.startswith(prefix)}


def _like_parameter(moments: dict[str, Tensor], parameter: nn.Parameter) -> dict[str, Tensor]:
    """Same memory layout as the parameter: the fused optimizer walks the raw memory of both."""
    placed = {}
    for key, value in moments.items():
        if key == "step":
            placed[key] = value.to(parameter.device)
        else:
            placed[key] = torch.empty_like(parameter, memory_format=torch.preserve_format).copy_(value)
    return placed
