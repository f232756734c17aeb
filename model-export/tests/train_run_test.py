"""A training run as a whole: the loss falls, a resumed run equals an uninterrupted one, two processes agree."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from masklet_export.model.nano import NanoModel, initialise_locality
from masklet_export.model.nano_config import NanoConfig
from masklet_export.pack.manifest import PackCard, TrackerSettings
from masklet_export.pack.write_pack import write_pack
from masklet_export.train import configuration
from masklet_export.train.batches import Progress, StepStream, open_stream
from masklet_export.train.clip_unroll import normalise_frames
from masklet_export.train.clips.clip_generator import ClipGenerator
from masklet_export.train.command_line import main
from masklet_export.train.configuration import (
    BatchShape,
    DataSettings,
    DataSource,
    RunSettings,
    Stage,
    ValidationSettings,
    read_run_settings,
)
from masklet_export.train.data_loading import load_banks
from masklet_export.train.losses import LossWeights
from masklet_export.train.optimizer import OptimizerSettings, RateSchedule, make_optimizer, trunk_distance
from masklet_export.train.ranks import Ranks
from masklet_export.train.trainer import Trainer
from masklet_export.train.training_state import PART_BYTES, TrainingState, has_state, load_state, save_state
from masklet_export.train.validation import build_validation_set
from masklet_export.train.warm_start import warm_start

TINY = NanoConfig(
    image_size=64,
    stem_channels=8,
    trunk_channels=(16, 16, 32, 32),
    trunk_blocks=(1, 1, 1, 1),
    attention_blocks=1,
    attention_heads=4,
    attention_grid=2,
    memory_attention_layers=1,
    memory_attention_mlp=128,
    decoder_mlp=128,
    iou_head_size=64,
    memory_fuser_layers=1,
    memory_fuser_mlp=128,
)
DATA = DataSettings(
    sources=(DataSource(kind="procedural", frames=6, count=12, default_paste=1.0),),
    held_out_percent=0,
    width=160,
    height=128,
    cutout=64,
)
ALONE = Ranks(0, 1, torch.device("cpu"))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny tensors: more threads only wait for each other, the more so on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def settings(**changes: object) -> RunSettings:
    base = RunSettings(
        seed=3,
        model=TINY,
        data=DATA,
        stages=(
            Stage(
                shapes=(
                    BatchShape(size=64, frames=1, batch=4),
                    BatchShape(size=64, frames=3, batch=2, weight=2.0),
                )
            ),
        ),
        losses=LossWeights(focal_alpha=0.5, cross_entropy=0.05, iou=2.0, single_mask=1.0),
        prototype_weight=0.5,
        schedule=RateSchedule(peak=1e-3, warmup_steps=4, total_frames=10_000),
        optimizer=OptimizerSettings(layer_decay=0.9),
        validation=ValidationSettings(every_frames=500, size=64, stills=0, clips=4, clip_frames=4),
        log_steps=5,
        threads=0,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def generator() -> ClipGenerator:
    return ClipGenerator(load_banks(DATA, Path(), held_out=False))


def new_model(seed: int = 0, *, heads: bool = True) -> NanoModel:
    torch.manual_seed(seed)
    model = NanoModel(TINY, with_prototype_heads=heads)
    initialise_locality(model)
    return model


def new_trainer(run: RunSettings, folder: Path, generator: ClipGenerator) -> Trainer:
    folder.mkdir(exist_ok=True)
    return Trainer(run, new_model(), generator, folder, ALONE)


def states_of(folder: Path) -> dict[str, Tensor]:
    state = load_state(folder / "state")
    assert state is not None
    return state.tensors


def assert_same_state(left: Path, right: Path) -> None:
    one, other = states_of(left), states_of(right)
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert torch.equal(value, other[name]), name


def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(tmp_path: Path, generator: ClipGenerator) -> None:
    run = settings()
    new_trainer(run, tmp_path / "whole", generator).run(last_step=8)
    first = new_trainer(run, tmp_path / "parts", generator)
    first.run(last_step=3)
    # The stop comes in from outside, as SIGTERM does; nothing but the folder goes from one trainer to the next.
    second = new_trainer(run, tmp_path / "parts", generator)
    assert second.progress == first.progress
    assert second.progress.step == 3
    second.run(should_stop=lambda: second.progress.step >= 5)
    last = Trainer(run, new_model(seed=99), generator, tmp_path / "parts", ALONE)
    assert last.progress.step == 5
    end = last.run(last_step=8)
    assert (end.progress.step, end.is_finished) == (8, False)
    assert_same_state(tmp_path / "whole", tmp_path / "parts")
    moments = {name.split("/")[0] for name in states_of(tmp_path / "whole")}
    assert moments == {"model", "average", "steps", "moment1", "moment2"}


def test_batches_are_numbered_not_remembered(generator: ClipGenerator) -> None:
    run = settings()
    stream = iter(StepStream(run, generator, Progress()))
    steps = [next(stream) for _ in range(4)]
    late = next(iter(StepStream(run, generator, steps[3].progress)))
    assert late.plan == steps[3].plan
    assert late.prompt_seed == steps[3].prompt_seed
    assert torch.equal(late.batch.frames_bt3ss, steps[3].batch.frames_bt3ss)
    other_rank = next(iter(StepStream(run, generator, steps[3].progress, rank=1, world_size=2)))
    assert other_rank.plan == steps[3].plan
    assert not torch.equal(other_rank.batch.frames_bt3ss, steps[3].batch.frames_bt3ss)
    assert other_rank.frames == 2 * steps[3].frames
    # A loader process draws the same.
    beside = open_stream(StepStream(run, generator, Progress()), 1)
    for step in steps[:2]:
        loaded = next(beside)
        assert loaded.plan == step.plan
        assert torch.equal(loaded.batch.masks_bktss, step.batch.masks_bktss)


def test_smoke_training_lowers_the_loss(tmp_path: Path, generator: ClipGenerator) -> None:
    shapes = (BatchShape(size=64, frames=1, batch=6, weight=2.0), BatchShape(size=64, frames=3, batch=3))
    run = settings(
        stages=(Stage(shapes=shapes),),
        schedule=RateSchedule(peak=1.5e-3, warmup_steps=20, total_frames=1200),
        log_steps=1,
        prototype_weight=0.5,
    )
    validation = build_validation_set(run.validation, run.data, run.generator, generator._banks, Path())
    folder = tmp_path / "smoke"
    folder.mkdir()
    trainer = Trainer(run, new_model(), generator, folder, ALONE, validation)
    losses: list[float] = []
    plain_step = trainer._train_step

    def recorded(step: object) -> dict[str, Tensor]:
        scalars = plain_step(step)  # type: ignore[arg-type]
        losses.append(float(scalars["loss/total"]))
        return scalars

    trainer._train_step = recorded  # type: ignore[method-assign, assignment]
    end = trainer.run()
    assert end.is_finished
    share = len(losses) // 4
    start, finish = sum(losses[:share]) / share, sum(losses[-share:]) / share
    assert finish < 0.85 * start, f"{start:.3f} → {finish:.3f}"
    curve = [json.loads(line) for line in (folder / "curve.jsonl").read_text().splitlines()]
    assert curve[-1]["frames_seen"] == end.progress.frames_seen
    # Every 500 of 1200 frames, and at the end.
    assert len(curve) == 3
    assert 0 <= curve[-1]["clip_j"] <= 1
    assert (folder / "best.safetensors").is_file()
    assert list((folder / "log").glob("events.out.tfevents.*"))


def test_states_are_small_parts_and_damage_is_noticed(tmp_path: Path) -> None:
    big = torch.randn(6_000_000)
    tensors = {"model/big": big.view(2000, 3000), "moment2/tiny": torch.full((3,), 1e-20), "steps/a": torch.tensor(7.0)}
    tensors["model/count"] = torch.tensor(5)
    folder = tmp_path / "state"
    for step in (1, 2):
        save_state(folder, TrainingState(tensors, {"step": step}), step)
    parts = sorted((folder / "step-000000002").glob("part-*.safetensors"))
    assert [path.name for path in folder.glob("step-*")] == ["step-000000002"]
    assert len(parts) > 1
    assert all(part.stat().st_size <= PART_BYTES for part in parts)
    loaded = load_state(folder)
    assert loaded is not None
    assert loaded.notes == {"step": 2}
    assert all(torch.equal(loaded.tensors[name], value) for name, value in tensors.items())
    save_state(folder, TrainingState(tensors, {}), 3, "compact")
    compact = load_state(folder)
    assert compact is not None
    torch.testing.assert_close(compact.tensors["model/big"].flatten(), big, rtol=1e-3, atol=1e-3)
    assert compact.tensors["moment2/tiny"].min() > 0
    (folder / "step-000000003" / "part-00.safetensors").write_bytes(b"x")
    with pytest.raises(ValueError, match="damaged"):
        load_state(folder)
    assert load_state(tmp_path / "nowhere") is None


def test_learning_rate_and_layers() -> None:
    schedule = RateSchedule(peak=1.0, warmup_steps=10, total_frames=1000, hold_share=0.5, final_share=0.1)
    assert schedule.rate(0, 0) == pytest.approx(0.1)
    assert schedule.rate(20, 500) == pytest.approx(1.0)
    assert schedule.rate(20, 750) == pytest.approx(0.55)
    assert schedule.rate(20, 1000) == schedule.rate(20, 5000) == pytest.approx(0.1)
    names = ["trunk.stem.0.conv.weight", "trunk.stages.0.blocks.0.first.conv.weight", "trunk.stages.3.downsample.x"]
    assert [trunk_distance(name) for name in [*names, "trunk.attention_blocks.0.qkv", "neck.fuse.x"]] == [6, 5, 2, 1, 0]
    model = new_model()
    optimizer = make_optimizer(model, OptimizerSettings(layer_decay=0.5, weight_decay=0.1))
    assert sum(len(group["params"]) for group in optimizer.param_groups) == len(list(model.parameters()))
    assert {group["rate_scale"] for group in optimizer.param_groups} >= {1.0, 0.5**6}
    for group in optimizer.param_groups:
        assert {parameter.ndim > 1 for parameter in group["params"]} == {group["weight_decay"] > 0}


@pytest.mark.parametrize("size", [64, 128])
def test_a_pack_warm_starts_a_run_without_loss(tmp_path: Path, generator: ClipGenerator, size: int) -> None:
    trained = new_model(seed=5, heads=False).train()
    with torch.no_grad():
        for _ in range(3):
            trained.encode_image(torch.randn(4, 3, 64, 64))
    for parameter in trained.parameters():
        parameter.data = parameter.data.half().float()
    trained.eval().set_image_size(size)
    card = PackCard("nano", "t", "0", "MIT", "test")
    write_pack(tmp_path / "pack", trained, card, TrackerSettings(), "float16")
    trained.set_image_size(64)
    shape_images = torch.randn(8, 3, 64, 64)
    model = new_model(seed=6)
    report = warm_start(model, tmp_path / "pack", lambda _: shape_images)
    assert "pack" in report
    model.eval()
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        wanted, got = trained.encode_image(images), model.encode_image(images)
    # A pack of another input size holds the attention's position table resampled: close, not equal.
    tolerance = 1e-4 if size == 64 else 0.1
    for level in ("stride4", "stride8", "stride16"):
        torch.testing.assert_close(getattr(got, level), getattr(wanted, level), rtol=tolerance, atol=tolerance)
    state = model.state_dict()
    for name, value in trained.state_dict().items():
        is_folded = ".norm." in name and name.startswith(("trunk.", "neck."))
        if not is_folded and (name != "trunk.attention_positions" or size == 64):
            torch.testing.assert_close(state[name], value, rtol=1e-6, atol=1e-6)
    # In training mode the norms see the data's own statistics: the outputs must not jump either.
    model.train()
    with torch.no_grad():
        live = model.encode_image(shape_images).stride16
        model.eval()
        steady = model.encode_image(shape_images).stride16
    assert (live - steady).abs().mean() < 0.25 * steady.abs().mean()


def test_two_processes_train_one_model(tmp_path: Path) -> None:
    """Under `torchrun`: `train_two_ranks.py` compares gradients, then trains by the command line."""
    config = tmp_path / "run.toml"
    config.write_text(TINY_TOML)
    script = Path(__file__).with_name("train_two_ranks.py")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", str(script)]
    done = subprocess.run(
        [*command, str(config), str(tmp_path / "two")],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[:6000]
    assert "gradients are the mean over ranks" in done.stdout
    state = load_state(tmp_path / "two" / "state")
    assert state is not None
    # 48 frames in steps of 2 x 6: both ranks' frames count.
    assert state.notes == {"step": 4, "frames_seen": 48, "best": state.notes["best"], "seed": 1}
    assert all(torch.isfinite(value).all() for value in state.tensors.values())


def test_a_signal_to_the_whole_process_group_loses_nothing(tmp_path: Path) -> None:
    """As torchrun and a terminal send it: to the training process and to its loader."""
    config = tmp_path / "run.toml"
    endless = TINY_TOML.replace("total_frames = 48", "total_frames = 1_000_000")
    config.write_text("loader_processes = 1\n" + endless)
    command = [sys.executable, "-u", "-m", "masklet_export.train.command_line", str(config)]
    folders = ["--data", str(tmp_path), "--output", str(tmp_path / "run")]
    with subprocess.Popen(
        [*command, *folders], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as run:
        assert run.stdout is not None
        lines = []
        for line in run.stdout:
            lines.append(line)
            if " step 4 " in line:
                os.killpg(run.pid, signal.SIGTERM)
    assert run.returncode == 0, "".join(lines)
    assert lines[-1].startswith("stopped at step")
    state = load_state(tmp_path / "run" / "state")
    assert state is not None
    assert state.notes["step"] >= 4


def test_command_line_starts_stops_and_resumes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "run.toml"
    config.write_text(TINY_TOML)
    run = tmp_path / "run"
    command = [str(config), "--data", str(tmp_path), "--output", str(run)]
    assert main([*command, "--minutes", "0"]) == 0
    assert "stopped at step 1," in capsys.readouterr().out
    assert has_state(run)
    assert main(command) == 0
    assert "finished at step" in capsys.readouterr().out
    assert (run / "average.safetensors").stat().st_size < 16 * 2**20
    pack = tmp_path / "data.zip"
    assert main([*command[:3], "--write-pack", str(pack)]) == 0
    assert pack.stat().st_size > 0
    config.write_text(TINY_TOML.replace("peak", "peek"))
    assert main(command) == 2
    assert "unknown setting schedule.peek" in capsys.readouterr().err
    config.write_text(TINY_TOML.replace("total_frames = 48", 'total_frames = "48"'))
    assert main(command) == 2
    assert "schedule.total_frames must be int" in capsys.readouterr().err
    config.write_text(TINY_TOML)
    assert main([*command[:3], "--output", str(tmp_path / "new"), "--init-from", str(tmp_path / "missing.pt")]) == 2
    assert "no weights at" in capsys.readouterr().err


def test_shipped_configurations_are_valid_and_within_the_models_budget() -> None:
    folder = Path(configuration.__file__).with_name("configurations")
    files = sorted(folder.glob("*.toml"))
    assert [file.stem for file in files] == ["nano-cpu-256", "nano-cpu-million", "nano-cpu", "nano-gpu", "nano-lite2"]
    for file in files:
        run = read_run_settings(file)
        parameters = sum(parameter.numel() for parameter in NanoModel(run.model).parameters())
        assert parameters <= 10_000_000, file.name
        assert run.data.sources


def test_frames_are_normalised_for_fast_convolutions(generator: ClipGenerator) -> None:
    step = next(iter(StepStream(settings(), generator, Progress())))
    images = normalise_frames(step.batch.frames_bt3ss.flatten(0, 1))
    assert images.shape[1:] == (3, 64, 64)
    assert images.is_contiguous(memory_format=torch.channels_last)
    white = normalise_frames(torch.full((1, 3, 2, 2), 255, dtype=torch.uint8))
    assert white[0, :, 0, 0].tolist() == pytest.approx([2.2489, 2.4286, 2.64], abs=1e-3)


TINY_TOML = """
seed = 1
prototype_weight = 0.3
log_steps = 1
[model]
image_size = 64
stem_channels = 8
trunk_channels = [16, 16, 16, 16]
trunk_blocks = [1, 1, 1, 1]
attention_blocks = 0
memory_attention_layers = 1
memory_attention_mlp = 64
decoder_mlp = 64
iou_head_size = 32
memory_fuser_layers = 1
memory_fuser_mlp = 64
[data]
held_out_percent = 25
width = 96
height = 64
cutout = 32
[[data.sources]]
kind = "procedural"
frames = 4
count = 8
default_paste = 1.0
[[stages]]
shapes = [{ size = 64, frames = 3, batch = 2 }]
[schedule]
peak = 1e-3
total_frames = 48
[validation]
size = 64
stills = 0
clips = 2
clip_frames = 3
"""
