"""AdamW with layer-wise decay of the learning rate, warm-up and cosine, and the moving average of the weights."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, field
from fnmatch import fnmatch

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class OptimizerSettings:
    """AdamW; `layer_decay` < 1 slows down layers by their distance from the trunk's end (SAM 2 appendix D: 0.8–0.9)."""

    weight_decay: float = 0.05
    beta1: float = 0.9
    beta2: float = 0.98
    layer_decay: float = 1.0
    rates: dict[str, float] = field(default_factory=dict)
    """Learning rates relative to the rest, by a pattern (`fnmatch`) of the parameter's name; the first that fits."""
    clip_norm: float = 1.0
    average_decay: float = 0.9995
    """Of the exponential moving average that is evaluated and shipped."""


@dataclass(frozen=True)
class RateSchedule:
    """Learning rate as a function of progress: warm-up by steps, then a hold, then a cosine to `final_share`."""

    peak: float = 1e-3
    warmup_steps: int = 300
    total_frames: int = 1_000_000
    hold_share: float = 0.0
    """Share of `total_frames` at the peak before the cosine begins."""
    final_share: float = 0.02

    def rate(self, step: int, frames_seen: int) -> float:
        """Learning rate of the step that is about to run."""
        warmup = min(1.0, (step + 1) / max(1, self.warmup_steps))
        progress = min(1.0, frames_seen / self.total_frames)
        fall = max(0.0, (progress - self.hold_share) / max(1e-9, 1 - self.hold_share))
        return self.peak * warmup * (self.final_share + (1 - self.final_share) * 0.5 * (1 + math.cos(math.pi * fall)))


def make_optimizer(model: nn.Module, settings: OptimizerSettings) -> torch.optim.AdamW:
    """One parameter group per learning rate and kind; vectors (norms, biases, embeddings of one row) do not decay.

    Each group carries `rate_scale`; `set_rate` multiplies by it.
    """
    groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            rate = settings.layer_decay ** trunk_distance(name) * _rate(name, settings.rates)
            groups.setdefault((rate, parameter.ndim > 1), []).append(parameter)
    described = [
        {"params": parameters, "weight_decay": settings.weight_decay if decays else 0.0, "rate_scale": rate}
        for (rate, decays), parameters in sorted(groups.items(), key=lambda item: (-item[0][0], item[0][1]))
    ]
    return torch.optim.AdamW(described, lr=1.0, betas=(settings.beta1, settings.beta2), fused=True)


def _rate(name: str, rates: dict[str, float]) -> float:
    return next((rate for pattern, rate in rates.items() if fnmatch(name, pattern)), 1.0)


def freeze(model: nn.Module, patterns: tuple[str, ...]) -> None:
    """Keep the parameters whose names fit a pattern (`fnmatch`) as they are, in place.

    Batch norms among them use their running statistics from then on. Raises `ValueError` for a pattern that fits none.
    """
    names = [name for name, _ in model.named_parameters()]
    if useless := [pattern for pattern in patterns if not any(fnmatch(name, pattern) for name in names)]:
        raise ValueError(f"frozen: no parameter fits {useless[0]!r}")
    for name, parameter in model.named_parameters():
        if any(fnmatch(name, pattern) for pattern in patterns):
            parameter.requires_grad_(False)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d) and not module.weight.requires_grad:
            module.eval()


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set every group's learning rate for the next step."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["rate_scale"]


def trunk_distance(name: str) -> int:
    """0 for everything after the trunk; the trunk's last layer 1, its stem the most.

    Depth of the conv trunk: stem, four stages, attention blocks.
    """
    parts = name.split(".")
    if "trunk" not in parts:
        return 0
    place = parts.index("trunk")
    layer = parts[place + 1]
    if layer == "stem":
        return 6
    if layer == "stages":
        return 5 - int(parts[place + 2])
    return 1


class WeightAverage:
    """Exponential moving average of all weights and running statistics.

    Early on the decay is lower, (1 + n) / (10 + n), so that the average does not remember the initialisation.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self._decay = decay
        self._averaged = _floats(self.model)
        self._source = _floats(model)

    @torch.no_grad()
    def update(self, steps_done: int) -> None:
        """Move towards the source model after its `steps_done`-th step."""
        decay = min(self._decay, (1 + steps_done) / (10 + steps_done))
        torch._foreach_lerp_(self._averaged, self._source, 1 - decay)


def _floats(model: nn.Module) -> list[Tensor]:
    return [value for value in model.state_dict().values() if value.is_floating_point()]
