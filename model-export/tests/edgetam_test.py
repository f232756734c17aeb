"""EdgeTAM: its names as transformers and Meta have them, and its graphs. Trajectories: conformance_test.py."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from masklet_export.checkpoints.load_model import load_model
from masklet_export.model.edgetam_configuration import edgetam_configuration
from masklet_export.model.hub_model import build_hub_module
from masklet_export.pack.check_pack import check_graphs, check_session
from masklet_export.pack.micro_hub import EDGETAM_SIZES, micro_edgetam_model, write_micro_edgetam
from masklet_export.pack.random_hub_model import in_meta_layout, random_hub_model
from masklet_export.pack.weightless_sessions import WeightlessSessions
from masklet_export.pack.write_weightless import WeightlessCard, write_weightless

LAYOUT = json.loads((Path(__file__).parent / "data" / "edgetam_layout.json").read_text())
"""Names and shapes in transformers' `EdgeTamVideoModel` with timm's `repvit_m1`, and those in a checkpoint of Meta's
that transformers' converter makes exactly these of."""
FIXTURES = Path(__file__).parents[2] / "e2e" / "fixtures" / "packs" / "micro-edgetam"
SHIPPED = Path(__file__).parents[2] / "public" / "models" / "sam2"
NUMERIC = Path(__file__).parents[2] / "conformance" / "numeric"


def test_our_names_are_those_of_transformers_with_timm_and_of_meta() -> None:
    with torch.device("meta"):
        state = build_hub_module(edgetam_configuration()).state_dict()
    assert {key: list(tensor.shape) for key, tensor in state.items()} == LAYOUT["hub"]
    del state["shared_image_embedding.positional_embedding"]
    assert {key: list(tensor.shape) for key, tensor in in_meta_layout(state).items()} == LAYOUT["meta"]


def test_every_layout_gives_the_same_model(tmp_path: Path) -> None:
    folder = NUMERIC / "model_edgetam"
    expected = load_model(folder)
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    state = load_file(folder / "model.safetensors")
    del state["shared_image_embedding.positional_embedding"]
    save_file(state, tmp_path / "weights.safetensors")
    torch.save({"model": in_meta_layout(state)}, tmp_path / "edgetam.pt")
    for name in ("weights.safetensors", "edgetam.pt"):
        ours = load_model(tmp_path / name).state_dict()
        for key, tensor in expected.state_dict().items():
            if not key.endswith("num_batches_tracked"):
                torch.testing.assert_close(ours[key], tensor, rtol=0, atol=0, msg=key)


def test_another_backbone_or_size_is_refused(tmp_path: Path) -> None:
    folder = NUMERIC / "model_edgetam"
    config = json.loads((folder / "config.json").read_text())
    config["vision_config"]["backbone_config"]["architecture"] = "repvit_m3"
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="only with repvit_m1"):
        load_model(tmp_path)
    with pytest.raises(ValueError, match="must be a multiple of 64 for EdgeTAM, got 96"):
        micro_edgetam_model().set_image_size(96)


def test_weightless_graphs_equal_pytorch(tmp_path: Path) -> None:
    model = micro_edgetam_model()
    write_weightless(tmp_path, model, WeightlessCard("m", "M", "", "", "a/b"), EDGETAM_SIZES)
    for size in EDGETAM_SIZES:
        sessions = WeightlessSessions(tmp_path / "m.json", model.set_image_size(size))
        for error in (*check_graphs(sessions, model), *check_session(sessions, model)):
            # One cell across the threshold of the stability score is 0.003 of a mask this small.
            assert error.relative < 1e-2, error


def test_the_shipped_graphs_equal_pytorch() -> None:
    model = random_hub_model(edgetam_configuration()).set_image_size(512)
    sessions = WeightlessSessions(SHIPPED / "edgetam.json", model)
    for error in check_graphs(sessions, model, slots=2):
        assert error.max_error < 2e-3 * max(1, error.scale), error


def test_the_fixture_is_what_the_code_writes(tmp_path: Path) -> None:
    write_micro_edgetam(tmp_path)
    for path in tmp_path.iterdir():
        if path.is_file():
            assert _content(path) == _content(FIXTURES / path.name), path.name


def _content(path: Path) -> bytes:
    """Without the compression: another zlib may write other bytes."""
    content = path.read_bytes()
    return zlib.decompress(content) if path.suffix == ".zlib" else content
