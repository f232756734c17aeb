"""A run's configuration file (TOML) as frozen dataclasses. Every field's default is a sensible small run."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from masklet_export.model.nano_config import NanoConfig
from masklet_export.train.clips.settings import ClipShape, GeneratorSettings
from masklet_export.train.losses import LossWeights
from masklet_export.train.optimizer import OptimizerSettings, RateSchedule
from masklet_export.train.readers.data_pack import PackQuality
from masklet_export.train.step_plan import PromptSettings
from masklet_export.train.table_reader import read_table
from masklet_export.train.training_state import Storage


@dataclass(frozen=True)
class DataSource:
    """One folder or file of training data, relative to the data root given on the command line."""

    kind: Literal["stills", "cutouts", "videos", "davis", "sav", "pack", "procedural"]
    path: str = ""
    background: dict[str, float] = field(default_factory=dict)
    """How often a set is drawn as ground; sets left out count `default_background`."""
    paste: dict[str, float] = field(default_factory=dict)
    """How often a set's instances (or cut-outs) are pasted; sets left out count `default_paste`."""
    default_background: float = 1.0
    default_paste: float = 0.0
    frames: int = 24
    """Clips: frames kept per video."""
    stride: int = 4
    """Clips: every n-th frame of the file."""
    count: int = 0
    """Procedural: how many clips."""


@dataclass(frozen=True)
class DataSettings:
    """Where pictures come from and how they are stored in device memory."""

    sources: tuple[DataSource, ...] = ()
    held_out_percent: int = 5
    width: int = 400
    height: int = 288
    cutout: int = 160


@dataclass(frozen=True)
class BatchShape:
    """A kind of batch that a stage draws."""

    size: int
    frames: int
    batch: int
    objects: int = 2
    weight: float = 1.0

    @property
    def clip_shape(self) -> ClipShape:
        """Without the weight."""
        return ClipShape(batch=self.batch, frames=self.frames, size=self.size, objects=self.objects)


@dataclass(frozen=True)
class Stage:
    """Batches from a share of the total frames onwards."""

    shapes: tuple[BatchShape, ...]
    start: float = 0.0


@dataclass(frozen=True)
class ValidationSettings:
    """What is measured on the held-out slice, and how often."""

    every_frames: int = 25_000
    """Counted from the run's beginning, whatever it was interrupted by; 0: only at the end."""
    size: int = 192
    stills: int = 120
    clips: int = 36
    clip_frames: int = 8
    sets: tuple[str, ...] = ()
    """Sets of stills to measure on; empty: all."""
    videos: tuple[str, ...] = ()
    """Folders in DAVIS layout under the data root: first-mask tracking on real video."""


@dataclass(frozen=True)
class RunSettings:
    """A whole run."""

    seed: int = 0
    model: NanoConfig = field(default_factory=NanoConfig)
    data: DataSettings = field(default_factory=DataSettings)
    generator: GeneratorSettings = field(default_factory=GeneratorSettings)
    stages: tuple[Stage, ...] = (Stage(shapes=(BatchShape(size=128, frames=1, batch=8),)),)
    prompts: PromptSettings = field(default_factory=PromptSettings)
    losses: LossWeights = field(default_factory=LossWeights)
    prototype_weight: float = 0.0
    frozen: tuple[str, ...] = ()
    """Patterns (`fnmatch`) of parameters that keep their values."""
    schedule: RateSchedule = field(default_factory=RateSchedule)
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    validation: ValidationSettings = field(default_factory=ValidationSettings)
    pack: PackQuality = field(default_factory=PackQuality)
    """How `--write-pack` stores the data."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """`auto`: bfloat16 autocast where the device computes in it."""
    save_minutes: float = 5.0
    state_storage: Storage = "exact"
    log_steps: int = 100
    threads: int = 0
    """CPU threads of torch; 0 leaves its default."""
    loader_processes: int = 0
    """CPU: processes that make batches beside the training one; 0 makes them in line (always so on a GPU)."""

    def __post_init__(self) -> None:
        if not self.stages or self.stages[0].start != 0:
            raise ValueError("the first stage must start at 0")
        if self.loader_processes not in (0, 1):
            raise ValueError("loader_processes must be 0 or 1: batches are numbered, one process keeps their order")


def read_run_settings(path: Path) -> RunSettings:
    """Read a configuration file. Raises `ValueError` naming the entry that is wrong."""
    with path.open("rb") as file:
        table: dict[str, Any] = tomllib.load(file)
    return read_table(RunSettings, table)
