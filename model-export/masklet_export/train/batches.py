"""The numbered stream of (plan, batch) of a run: drawn in line, or by one process beside the training."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset

from masklet_export.train.clips.clip_generator import ClipBatch, ClipGenerator
from masklet_export.train.configuration import BatchShape, RunSettings
from masklet_export.train.step_plan import StepPlan, draw_step_plan

_SHAPE_STREAM, _PLAN_STREAM, _PIXEL_STREAM, _PROMPT_STREAM = range(4)
_PREFETCH = 4


@dataclass(frozen=True)
class Progress:
    """Where a run stands: the number of the next step, and frames seen by all ranks before it."""

    step: int = 0
    frames_seen: int = 0


@dataclass(frozen=True)
class Step:
    """Everything one step needs; equal for equal (seed, step, frames seen, rank)."""

    progress: Progress
    plan: StepPlan
    batch: ClipBatch
    prompt_seed: int
    frames: int
    """Frames that all ranks together train on in this step."""


class StepStream(IterableDataset):  # type: ignore[type-arg]
    """Endless steps from a point in the run on."""

    def __init__(
        self, settings: RunSettings, generator: ClipGenerator, start: Progress, rank: int = 0, world_size: int = 1
    ) -> None:
        super().__init__()
        self._settings = settings
        self._generator = generator
        self._start = start
        self._rank = rank
        self._world_size = world_size

    def __iter__(self) -> Iterator[Step]:
        seed, progress = self._settings.seed, self._start
        while True:
            shape = pick_shape(self._settings, progress).clip_shape
            plan = draw_step_plan(shape, self._settings.prompts, (seed, progress.step, _PLAN_STREAM))
            batch = self._generator.generate(shape, (seed, progress.step, _PIXEL_STREAM, self._rank))
            prompts = np.random.default_rng([seed, progress.step, _PROMPT_STREAM, self._rank])
            frames = shape.batch * shape.frames * self._world_size
            yield Step(progress, plan, batch, int(prompts.integers(2**62)), frames)
            progress = Progress(progress.step + 1, progress.frames_seen + frames)


def pick_shape(settings: RunSettings, progress: Progress) -> BatchShape:
    """The batch shape of a step: the stage is decided by frames seen, the shape within it by the step's number."""
    share = progress.frames_seen / settings.schedule.total_frames
    stage = [stage for stage in settings.stages if stage.start <= share][-1]
    rng = np.random.default_rng([settings.seed, progress.step, _SHAPE_STREAM])
    weights = np.array([shape.weight for shape in stage.shapes])
    return stage.shapes[int(rng.choice(len(weights), p=weights / weights.sum()))]


def open_stream(stream: StepStream, processes: int) -> Iterator[Step]:
    """Iterate in line (0) or from one worker process (1), in the same order and with the same content."""
    if processes == 0:
        return iter(stream)
    loader = DataLoader(
        stream, batch_size=None, num_workers=processes, prefetch_factor=_PREFETCH, worker_init_fn=_start_worker
    )
    return iter(loader)


def _start_worker(_: int) -> None:
    torch.set_num_threads(1)
    # The training process decides when to stop, and stops its worker: torchrun signals the whole process group.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
