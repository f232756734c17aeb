"""Means over the last steps, as TensorBoard event files and as one line of text."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import torch
from tensorboardX import SummaryWriter
from torch import Tensor


class TrainingLog:
    """Collects scalars on the device and reads them only when a line is due: no waiting per step.

    Only rank 0 writes; on others `folder` is None.
    """

    def __init__(self, folder: Path | None, every_steps: int) -> None:
        self._writer = None if folder is None else SummaryWriter(str(folder))
        self._every = every_steps
        self._sums: dict[str, Tensor] = {}
        self._counts: dict[str, Tensor] = {}
        self._frames = 0
        self._since = time.perf_counter()
        self._processor_since = time.process_time()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()

    def add(self, scalars: Mapping[str, Tensor], frames: int) -> None:
        """Add one step's scalars; NaN means "did not occur in this step"."""
        self._frames += frames
        for name, value in scalars.items():
            counted = torch.isfinite(value)
            value = torch.where(counted, value, torch.zeros_like(value))
            self._sums[name] = self._sums[name] + value if name in self._sums else value
            self._counts[name] = self._counts[name] + counted if name in self._counts else counted.to(torch.int64)

    def flush(self, step: int, frames_seen: int, rate: float) -> str | None:
        """Every so many steps: write the means and start over. Returns the line written, if any."""
        if step % self._every != 0:
            return None
        seconds = time.perf_counter() - self._since
        processor_seconds = time.process_time() - self._processor_since
        means = {
            name: float(total) / float(self._counts[name]) if float(self._counts[name]) > 0 else math.nan
            for name, total in self._sums.items()
        }
        means |= {
            "speed/frames_per_second": self._frames / max(seconds, 1e-9),
            "speed/frames_per_processor_second": self._frames / max(processor_seconds, 1e-9),
            "learning_rate": rate,
        }
        self.write(means, frames_seen)
        self._sums, self._counts, self._frames = {}, {}, 0
        self._since, self._processor_since = time.perf_counter(), time.process_time()
        text = " ".join(f"{name}={value:.4g}" for name, value in sorted(means.items()) if math.isfinite(value))
        return f"{time.strftime('%H:%M:%S')} step {step} frames {frames_seen} {text}"

    def write(self, scalars: Mapping[str, float], frames_seen: int) -> None:
        """Write values that are means already, over frames seen."""
        if self._writer is not None:
            for name, value in scalars.items():
                if math.isfinite(value):
                    self._writer.add_scalar(name, value, frames_seen)
            self._writer.flush()
