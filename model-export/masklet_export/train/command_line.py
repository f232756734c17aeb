"""`masklet-train CONFIG --data DIR --output DIR`: start or resume a run; under `torchrun -m` with several ranks."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from collections.abc import Callable
from functools import partial
from itertools import chain
from pathlib import Path

import torch
from torch import Tensor

from masklet_export.model.nano import NanoModel, initialise_locality
from masklet_export.train.banks import Banks
from masklet_export.train.clip_unroll import normalise_frames
from masklet_export.train.clips.clip_generator import ClipGenerator
from masklet_export.train.clips.settings import ClipShape
from masklet_export.train.configuration import RunSettings, read_run_settings
from masklet_export.train.data_loading import load_banks, load_records
from masklet_export.train.ranks import Ranks, join_ranks, leave_ranks
from masklet_export.train.readers.data_pack import write_data_pack
from masklet_export.train.trainer import RunEnd, Trainer
from masklet_export.train.training_state import has_state
from masklet_export.train.validation import ValidationSet, build_validation_set
from masklet_export.train.warm_start import warm_start

_SAMPLE_IMAGES = 32


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        settings = read_run_settings(options.config)
        if options.write_pack is not None:
            return _write_pack(settings, options.data, options.write_pack)
        if options.output is None:
            raise ValueError("--output DIR is needed to train")
        end = train(settings, options)
    except (ValueError, FileNotFoundError) as error:
        print(f"masklet-train: {error}", file=sys.stderr)
        return 2
    state = "finished" if end.is_finished else "stopped"
    print(f"{state} at step {end.progress.step}, {end.progress.frames_seen} frames seen", flush=True)
    return 0


def train(settings: RunSettings, options: argparse.Namespace) -> RunEnd:
    """Run until the schedule's end, `--minutes`, or SIGTERM / SIGINT, whichever comes first; always saves."""
    stop_requested = False

    def request_stop(*_: object) -> None:
        nonlocal stop_requested
        stop_requested = True

    signal.signal(signal.SIGTERM, request_stop)
    signal.signal(signal.SIGINT, request_stop)
    if settings.threads > 0:
        torch.set_num_threads(settings.threads)
    ranks = join_ranks()
    # The trainer's wrapped model must be gone before the group is left: tearing it down afterwards can hang.
    end = _train_in_group(settings, options, ranks, lambda: stop_requested)
    leave_ranks()
    return end


def _train_in_group(
    settings: RunSettings, options: argparse.Namespace, ranks: Ranks, should_stop: Callable[[], bool]
) -> RunEnd:
    options.output.mkdir(parents=True, exist_ok=True)
    if ranks.is_first:
        shutil.copyfile(options.config, options.output / "config.toml")
    banks = load_banks(settings.data, options.data, held_out=False).to(ranks.device)
    generator = ClipGenerator(banks, settings.generator)
    model = build_model(settings, ranks)
    if options.init_from is not None and not has_state(options.output):
        report = warm_start(model, options.init_from, partial(_sample_images, generator, settings))
        if ranks.is_first:
            print(report, flush=True)
    validation = _load_validation(settings, options.data, ranks)
    _announce(model, banks, ranks)
    trainer = Trainer(settings, model, generator, options.output, ranks, validation)
    return trainer.run(minutes=options.minutes, should_stop=should_stop)


def build_model(settings: RunSettings, ranks: Ranks) -> NanoModel:
    """A model initialised from the run's seed."""
    torch.manual_seed(settings.seed)
    attention = "sdpa" if ranks.device.type == "cuda" else "eager"
    model = NanoModel(settings.model, attention=attention, with_prototype_heads=settings.prototype_weight > 0)
    initialise_locality(model)
    return model


def _sample_images(generator: ClipGenerator, settings: RunSettings, number: int) -> Tensor:
    """The n-th batch of normalised pictures, as the model's trunk will see them."""
    shape = ClipShape(batch=_SAMPLE_IMAGES, frames=1, size=settings.model.image_size, objects=1)
    return normalise_frames(generator.generate(shape, (settings.seed, number)).frames_bt3ss[:, 0]).cpu()


def _load_validation(settings: RunSettings, root: Path, ranks: Ranks) -> ValidationSet | None:
    if not ranks.is_first or settings.data.held_out_percent == 0:
        return None
    banks = load_banks(settings.data, root, held_out=True).to(ranks.device)
    return build_validation_set(settings.validation, settings.data, settings.generator, banks, root)


def _announce(model: NanoModel, banks: Banks, ranks: Ranks) -> None:
    if ranks.is_first:
        parameters = sum(parameter.numel() for parameter in model.parameters())
        pictures, views = len(banks.pictures.sizes_n2), len(banks.cutouts.views_v4qq)
        print(
            f"{parameters / 1e6:.2f} M parameters, {pictures} pictures, {views} cut-out views, "
            f"{banks.num_bytes / 2**20:.0f} MiB on {ranks.device}, {ranks.world_size} process(es)",
            flush=True,
        )


def _write_pack(settings: RunSettings, root: Path, target: Path) -> int:
    sides = (load_records(settings.data, root, held_out=side) for side in (False, True))
    size = write_data_pack(target, chain.from_iterable(sides), settings.pack)
    print(f"{target.name}: {size / 2**20:.1f} MiB")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="masklet-train", description=__doc__)
    parser.add_argument("config", type=Path, help="run configuration (TOML)")
    parser.add_argument("--data", type=Path, required=True, help="folder that the configuration's paths are under")
    parser.add_argument(
        "--output", type=Path, help="folder of the run: state, weights, logs; resumed when it has a state"
    )
    parser.add_argument("--minutes", type=float, help="end after this much wall-clock time, resumable")
    parser.add_argument("--init-from", type=Path, help="pack folder or checkpoint to start a new run from")
    parser.add_argument("--write-pack", type=Path, help="write the configured data into one file instead of training")
    return parser


if __name__ == "__main__":
    sys.exit(main())
