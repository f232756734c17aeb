"""What one training step does, drawn from its number alone: batch shape, prompt kind, which frames are prompted.

A resumed run therefore draws exactly what an uninterrupted one would have drawn, on every rank.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from masklet_export.train.clips.settings import ClipShape

PromptKind = Literal["click", "box", "mask"]
PROMPT_KINDS: tuple[PromptKind, ...] = ("click", "box", "mask")


@dataclass(frozen=True)
class PromptSettings:
    """How clips are prompted; chances per step (all objects of a batch get the same number of points)."""

    still_kinds: tuple[float, float, float] = (0.55, 0.45, 0.0)
    """Click, box, mask on single frames."""
    clip_kinds: tuple[float, float, float] = (0.38, 0.27, 0.35)
    negative_chance: float = 0.15
    """A first click comes with a negative one beside the object."""
    correction_rounds: tuple[float, ...] = (0.30, 0.40, 0.22, 0.08)
    """Chance of 0, 1, 2, ... corrective clicks on a prompted frame; SAM 2 uses 7 with a large model's budget."""
    second_frame_chance: float = 0.15
    """Clips: a second initial conditioning frame, somewhere in the future (SAM 2: up to 2)."""
    correct_later_chance: float = 0.15
    """Clips: per tracked frame, a corrective click that makes it a conditioning frame."""
    extra_kind_chance: float = 0.5
    """The first frame's features are also decoded from the other point prompt: boxes and clicks stay in practice."""
    best_candidate_chance: float = 0.5
    """Ambiguous frames go on with the best-scored candidate, else with token 0."""
    frame_steps: tuple[float, ...] = (0.5, 0.25, 0.25)
    """Chance that neighbouring frames of a clip count as 1, 2, 3 frames apart, so that all temporal rows are met."""


@dataclass(frozen=True)
class FramePlan:
    """One frame of a clip."""

    is_initial: bool
    """Prompted without memory."""
    corrections: int
    """Corrective clicks after the first answer."""
    use_best_candidate: bool
    """What goes into the memory from an ambiguous answer."""


@dataclass(frozen=True)
class StepPlan:
    """Everything about a step that is not a pixel."""

    shape: ClipShape
    kind: PromptKind
    has_negative: bool
    extra_kind: PromptKind | None
    binarize_clicks: bool
    """Whether prompted frames enter the memory binarised (as in the app) or soft (kinder gradients)."""
    frame_times: tuple[int, ...]
    """Frame numbers the clip pretends to have, ascending."""
    frames: tuple[FramePlan, ...]

    @property
    def order(self) -> tuple[int, ...]:
        """Initial conditioning frames first, then the others in time (SAM 2, `forward_tracking`)."""
        indices = range(len(self.frames))
        initial = [index for index in indices if self.frames[index].is_initial]
        return (*initial, *(index for index in indices if not self.frames[index].is_initial))


def draw_step_plan(shape: ClipShape, settings: PromptSettings, seed: tuple[int, ...]) -> StepPlan:
    """Draw a plan for a batch of this shape."""
    rng = np.random.default_rng(list(seed))
    kinds = settings.still_kinds if shape.frames == 1 else settings.clip_kinds
    kind = PROMPT_KINDS[_pick(rng, kinds)]
    extra = None
    if kind != "box" and rng.random() < settings.extra_kind_chance:
        extra = PROMPT_KINDS[1]
    elif kind == "box" and rng.random() < settings.extra_kind_chance:
        extra = PROMPT_KINDS[0]
    second = -1
    if shape.frames > 2 and rng.random() < settings.second_frame_chance:
        second = int(rng.integers(1, shape.frames))
    frames = []
    for index in range(shape.frames):
        is_initial = index in (0, second)
        if is_initial:
            corrections = 0 if kind == "mask" else _pick(rng, settings.correction_rounds)
        else:
            corrections = int(rng.random() < settings.correct_later_chance)
        frames.append(FramePlan(is_initial, corrections, bool(rng.random() < settings.best_candidate_chance)))
    steps = [1 + _pick(rng, settings.frame_steps) for _ in range(shape.frames - 1)]
    return StepPlan(
        shape=shape,
        kind=kind,
        has_negative=kind == "click" and bool(rng.random() < settings.negative_chance),
        extra_kind=extra,
        binarize_clicks=bool(rng.random() < 0.5),
        frame_times=tuple(int(time) for time in np.concatenate([[0], np.cumsum(steps)])),
        frames=tuple(frames),
    )


def _pick(rng: np.random.Generator, weights: tuple[float, ...]) -> int:
    chances = np.array(weights) / np.sum(weights)
    return int(rng.choice(len(chances), p=chances))
