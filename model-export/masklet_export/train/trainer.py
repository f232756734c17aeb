"""The training loop: steps, average, log, validation, states; ends at the last frame, after N minutes, or if told."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from masklet_export.checkpoints.nano_checkpoint import save_nano_checkpoint
from masklet_export.model.nano import NanoModel
from masklet_export.train.batches import Progress, Step, StepStream, open_stream
from masklet_export.train.clip_unroll import ClipUnroll
from masklet_export.train.clips.clip_generator import ClipBatch, ClipGenerator
from masklet_export.train.configuration import RunSettings
from masklet_export.train.optimizer import WeightAverage, freeze, make_optimizer, set_rate
from masklet_export.train.ranks import Ranks, agree_to_stop, share_gradients
from masklet_export.train.run_state import collect_state, restore_state
from masklet_export.train.training_log import TrainingLog
from masklet_export.train.training_state import STATE_FOLDER, load_state, save_state
from masklet_export.train.validation import ValidationSet, overall_score, validate

WEIGHTS_FILE = "average.safetensors"
BEST_FILE = "best.safetensors"


@dataclass(frozen=True)
class RunEnd:
    """Why and where a run stopped."""

    progress: Progress
    is_finished: bool
    """All frames of the schedule were seen."""


class Trainer:
    """One run in one folder: `state/` (resumable), `average.safetensors`, `best.safetensors`, `log/`, `curve.jsonl`."""

    def __init__(
        self, settings: RunSettings, model: NanoModel, generator: ClipGenerator, folder: Path, ranks: Ranks,
        validation: ValidationSet | None = None,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._ranks = ranks
        self._folder = folder
        self._generator = generator
        self._validation = validation
        self._model = model.to(ranks.device, memory_format=torch.channels_last).train()
        freeze(self._model, settings.frozen)
        self._average = WeightAverage(self._model, settings.optimizer.average_decay)
        self._optimizer = make_optimizer(self._model, settings.optimizer)
        unroll = ClipUnroll(self._model, settings.losses, settings.prototype_weight)
        self._unroll = share_gradients(unroll, ranks)
        self._autocast = autocast(settings.precision, ranks.device)
        self._progress = Progress()
        self._best = float("-inf")
        self._frames_of_last_step = 0
        self._resume()

    @property
    def progress(self) -> Progress:
        """The next step."""
        return self._progress

    def run(
        self, *, minutes: float | None = None, last_step: int | None = None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> RunEnd:  # fmt: skip
        """Train until the schedule's end, `minutes` of wall clock, step `last_step`, or `should_stop()`; then save."""
        settings = self._settings
        started = saved = time.monotonic()
        processes = settings.loader_processes if self._ranks.device.type == "cpu" else 0
        stream = StepStream(settings, self._generator, self._progress, self._ranks.rank, self._ranks.world_size)
        steps = open_stream(stream, processes)
        log_folder = self._folder / "log" if self._ranks.is_first else None
        with TrainingLog(log_folder, settings.log_steps) as log:
            while not self._is_finished() and (last_step is None or self._progress.step < last_step):
                scalars = self._train_step(next(steps))
                log.add(scalars, self._frames_of_last_step)
                if line := log.flush(self._progress.step, self._progress.frames_seen, self._rate()):
                    self._say(line)
                now = time.monotonic()
                if agree_to_stop(should_stop() or (minutes is not None and now - started > 60 * minutes), self._ranks):
                    break
                if now - saved > 60 * settings.save_minutes:
                    self.save()
                    saved = time.monotonic()
                if self._is_validation_due() and not self._is_finished():
                    self._validate(log)
            if self._is_finished():
                self._validate(log)
        del steps
        self.save()
        return RunEnd(self._progress, self._is_finished())

    def save(self) -> None:
        """Write the resumable state and the averaged weights (fp16). Only the first rank does."""
        if not self._ranks.is_first:
            return
        notes = {"step": self._progress.step, "frames_seen": self._progress.frames_seen, "best": self._best,
                 "seed": self._settings.seed}  # fmt: skip
        state = collect_state(self._model, self._average, self._optimizer, notes)
        save_state(self._folder / STATE_FOLDER, state, self._progress.step, self._settings.state_storage)
        self._save_weights(WEIGHTS_FILE)

    def _train_step(self, step: Step) -> dict[str, Tensor]:
        size = step.plan.shape.size
        if self._model.image_size != size:
            self._model.set_image_size(size)
        set_rate(self._optimizer, self._rate())
        with self._autocast():
            loss, scalars = self._unroll(_to(step.batch, self._ranks.device), step.plan, step.prompt_seed)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        parameters = self._model.parameters()
        norm = torch.nn.utils.clip_grad_norm_(parameters, self._settings.optimizer.clip_norm)
        # A step whose gradient is not finite is left out, weights and moments untouched.
        if torch.isfinite(norm):
            self._optimizer.step()
        self._frames_of_last_step = step.frames
        self._progress = Progress(self._progress.step + 1, self._progress.frames_seen + step.frames)
        self._average.update(self._progress.step)
        return {**scalars, "loss/total": loss.detach(), "gradient_norm": norm}

    def _rate(self) -> float:
        return self._settings.schedule.rate(self._progress.step, self._progress.frames_seen)

    def _is_finished(self) -> bool:
        return self._progress.frames_seen >= self._settings.schedule.total_frames

    def _is_validation_due(self) -> bool:
        """Whether the last step passed a multiple of the interval."""
        every, seen = self._settings.validation.every_frames, self._progress.frames_seen
        return every > 0 and seen // every > (seen - self._frames_of_last_step) // every

    def _validate(self, log: TrainingLog) -> None:
        if self._validation is None or not self._ranks.is_first:
            return
        with self._autocast():
            scores = validate(self._average.model, self._validation)
        score = overall_score(scores)
        if is_best := score > self._best:
            self._best = score
            self._save_weights(BEST_FILE)
        entry: dict[str, Any] = {"step": self._progress.step, "frames_seen": self._progress.frames_seen,
                                 "score": score, "is_best": is_best, **scores}  # fmt: skip
        with (self._folder / "curve.jsonl").open("a") as file:
            file.write(json.dumps({key: _rounded(value) for key, value in entry.items()}) + "\n")
        log.write({f"validation/{name}": value for name, value in scores.items()}, self._progress.frames_seen)
        self._say("validation " + " ".join(f"{name}={_rounded(value)}" for name, value in entry.items()))

    def _save_weights(self, name: str) -> None:
        temporary = self._folder / f"{name}.tmp"
        notes = {"step": str(self._progress.step), "frames_seen": str(self._progress.frames_seen)}
        save_nano_checkpoint(temporary, self._average.model, notes=notes)
        temporary.replace(self._folder / name)

    def _resume(self) -> None:
        state = load_state(self._folder / STATE_FOLDER)
        if state is None:
            return
        restore_state(state, self._model, self._average, self._optimizer)
        self._progress = Progress(state.notes["step"], state.notes["frames_seen"])
        self._best = state.notes["best"]

    def _say(self, line: str) -> None:
        if self._ranks.is_first:
            print(line, flush=True)


def autocast(precision: str, device: torch.device) -> Callable[[], AbstractContextManager[Any]]:
    """A factory of mixed-precision contexts: bfloat16 where asked for, or where `auto` finds the hardware for it."""
    if precision == "auto":
        fast = torch.cuda.is_bf16_supported() if device.type == "cuda" else torch.cpu._is_avx512_bf16_supported()
        precision = "bfloat16" if fast else "float32"
    if precision == "float32":
        return nullcontext
    return lambda: torch.autocast(device.type, torch.bfloat16)


def _to(batch: ClipBatch, device: torch.device) -> ClipBatch:
    return replace(
        batch,
        frames_bt3ss=batch.frames_bt3ss.to(device),
        masks_bktss=batch.masks_bktss.to(device),
        is_valid_bk=batch.is_valid_bk.to(device),
    )


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
