"""Packs: what is written is what is read, shipped packs are whole, and mistakes get one sentence."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from masklet_export.checkpoints.nano_checkpoint import save_nano_checkpoint
from masklet_export.command_line import main
from masklet_export.model.nano import NanoModel
from masklet_export.pack.check_pack import check_graphs, check_session, check_trajectory, open_for_check
from masklet_export.pack.expectations import CHECKED_OUTPUTS, expectations
from masklet_export.pack.manifest import GRAPH_NAMES, parse_manifest, read_manifest
from masklet_export.pack.micro_pack import write_micro_pack
from masklet_export.pack.write_pack import load_card
from masklet_export.reference.pack_sessions import PackSessions


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packs") / "micro"
    write_micro_pack(folder)
    return folder


def test_a_written_pack_is_whole_and_repeatable(written: Path, tmp_path: Path) -> None:
    write_micro_pack(tmp_path / "again")
    for file in sorted(path.name for path in written.iterdir() if path.is_file()):
        assert (tmp_path / "again" / file).read_bytes() == (written / file).read_bytes(), file
    manifest = read_manifest(written)
    assert parse_manifest(manifest.to_json()) == manifest
    assert set(manifest.graphs) == set(GRAPH_NAMES)
    PackSessions.open(written)


def test_a_pack_equals_its_weights(written: Path, micro_model: NanoModel) -> None:
    sessions = open_for_check(written, micro_model)
    in_step = list(check_session(sessions, micro_model))
    assert {name.split()[2].split(".")[0] for name in (error.name for error in in_step)} == set(GRAPH_NAMES)
    assert len(in_step) > 100
    for error in (*check_graphs(sessions, micro_model), *in_step):
        assert error.max_error < 1e-4 * max(1.0, error.scale), error
    steps = list(check_trajectory(sessions, micro_model))
    assert len(steps) > 20
    # Random weights amplify rounding from frame to frame; the first ones must agree.
    for error in steps[:5]:
        assert error.max_error < 1e-3 * max(1.0, error.scale), error


@pytest.mark.parametrize("fixture", ["micro_pack", "nano_pack"])
def test_packs_tell_what_their_graphs_answer(fixture: str, request: pytest.FixtureRequest) -> None:
    pack = request.getfixturevalue(fixture)
    sessions = PackSessions.open(pack)
    manifest = sessions.manifest
    stored = json.loads((pack / manifest.expectations.file).read_text())
    cells = (manifest.image_size // 16) ** 2
    answers = expectations(manifest.image_size, manifest.hidden_size, cells, sessions.run)
    assert {name: set(outputs) for name, outputs in stored.items()} == {
        name: set(outputs) for name, outputs in CHECKED_OUTPUTS.items()
    }
    for name, outputs in stored.items():
        for output, samples in outputs.items():
            assert len(samples) == 256
            np.testing.assert_allclose(answers[name][output], samples, atol=1e-3 * np.abs(samples).max())


def test_damaged_packs_are_refused(written: Path, tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(written, pack)
    graph = pack / "mask_decoder.onnx"
    content = graph.read_bytes()
    graph.write_bytes(content[:-1])
    with pytest.raises(ValueError, match=r"mask_decoder\.onnx has \d+ bytes, the manifest says"):
        PackSessions.open(pack)
    graph.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ValueError, match="sha256 differs"):
        PackSessions.open(pack)

    manifest = json.loads((pack / "manifest.json").read_text())
    wrong = {
        "format": {"format": "masklet-pack/2"},
        "expected 'masklet-pack/1'": {"format": None},
        "incomplete": {"imageSize": ...},
        "own folder": {"graphs": manifest["graphs"] | {"mask_decoder": {"file": "../x", "bytes": 1, "sha256": ""}}},
        "kebab-case": {"name": "Nano Model"},
        "architecture": {"architecture": "sam3"},
        "unknown fields": {"tracker": manifest["tracker"] | {"memory": 1}},
        "16 numbers": {"maskDownsample": {"weight": [1.0], "bias": 0}},
    }
    for message, change in wrong.items():
        broken = {key: value for key, value in (manifest | change).items() if value is not ...}
        with pytest.raises(ValueError, match=message):
            parse_manifest(json.dumps(broken))


def test_the_shipped_nano_pack_runs_and_says_where_it_comes_from(nano_pack: Path) -> None:
    manifest = read_manifest(nano_pack)
    assert sum(graph.bytes for graph in manifest.graphs.values()) <= 20e6
    assert manifest.architecture == "sam2.1"
    assert manifest.card.license == "Apache-2.0"
    assert len(manifest.card.training_data) > 5
    assert all(source.license for source in manifest.card.training_data)
    text = (nano_pack / "manifest.json").read_text()
    assert "/home/" not in text
    assert "file:" not in text
    size = manifest.image_size
    features = PackSessions.open(nano_pack).run("image_encoder", {"image": np.zeros((1, 3, size, size), np.float32)})
    assert all(np.isfinite(value).all() for value in features.values())


def test_the_shipped_micro_pack_answers_as_its_goldens_say(micro_pack: Path) -> None:
    sessions = PackSessions.open(micro_pack)
    assert sum(graph.bytes for graph in sessions.manifest.graphs.values()) < 1.5e6
    for name in GRAPH_NAMES:
        tensors = load_file(micro_pack / "golden" / f"{name}.safetensors")
        inputs = {key.removeprefix("in."): value for key, value in tensors.items() if key.startswith("in.")}
        expected = {key.removeprefix("out."): value for key, value in tensors.items() if key.startswith("out.")}
        actual = sessions.run(name, inputs)
        assert actual.keys() == expected.keys()
        for key, value in expected.items():
            np.testing.assert_allclose(actual[key], value, atol=1e-4, rtol=1e-4, err_msg=f"{name}.{key}")


def test_cards_carry_what_the_weights_cannot_tell(tmp_path: Path) -> None:
    card, tracker = load_card("nano")
    assert card.name == "nano"
    assert tracker.single_click == "token0"
    assert tracker.keep_clicked_component
    with pytest.raises(FileNotFoundError, match="no card named 'pico'"):
        load_card("pico")
    path = tmp_path / "card.json"
    path.write_text(json.dumps({"name": "x"}))
    with pytest.raises(ValueError, match="incomplete"):
        load_card(str(path))


def test_the_command_line_packs_checks_and_explains(
    tmp_path: Path, micro_model: NanoModel, capsys: pytest.CaptureFixture[str]
) -> None:
    weights, pack = tmp_path / "weights.safetensors", tmp_path / "small"
    save_nano_checkpoint(weights, micro_model)
    quality = tmp_path / "quality.json"
    quality.write_text('{"J": 0.5}')
    arguments = ["--size", "96", "--quality", str(quality), "--out", str(pack)]
    assert main(["pack", "--weights", str(weights), *arguments]) == 0
    assert read_manifest(pack).card.quality == {"J": 0.5}
    assert read_manifest(pack).image_size == 96
    assert read_manifest(pack).card.name == "small"
    assert main(["check", str(pack), "--weights", str(weights), "--tolerance", "0.05"]) == 0
    printed = capsys.readouterr().out
    assert "memory_attention.conditioned_features" in printed
    assert re.search(r"^equal: \d{3} outputs, worst error beyond rounding", printed, re.MULTILINE)

    other = NanoModel(micro_model.config).eval().requires_grad_(False)
    save_nano_checkpoint(tmp_path / "other.safetensors", other)
    assert main(["check", str(pack), "--weights", str(tmp_path / "other.safetensors")]) == 1
    assert "NOT EQUAL" in capsys.readouterr().out

    assert main(["pack", "--weights", str(weights), "--size", "100", "--out", str(tmp_path / "bad")]) == 2
    assert "multiple of 32" in capsys.readouterr().err
    assert main(["check", str(tmp_path / "nothing"), "--weights", str(weights)]) == 2
    assert "manifest.json" in capsys.readouterr().err
