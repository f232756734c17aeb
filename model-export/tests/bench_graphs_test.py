"""What a graph costs to run beside the traced one, and the stand-ins that real sizes are measured with."""

from __future__ import annotations

from pathlib import Path

import pytest

from masklet_export.checkpoints.hub_state import recognise_configuration
from masklet_export.checkpoints.load_model import load_model
from masklet_export.command_line import main
from masklet_export.model.hub_model import HubModel
from masklet_export.pack.bench_graphs import bench_graph, full_bank_inputs, peak_memory_mb
from masklet_export.pack.manifest import GRAPH_NAMES
from masklet_export.pack.micro_hub import micro_edgetam_model, micro_hub_model
from masklet_export.pack.torch_reference import run_reference


@pytest.mark.parametrize("model", [micro_hub_model(), micro_edgetam_model()], ids=["sam2.1", "edgetam"])
@pytest.mark.filterwarnings("ignore")
def test_both_graphs_do_the_same_work(model: HubModel) -> None:
    for graph in GRAPH_NAMES:
        times = bench_graph(model, graph, runs=1)
        assert times.difference < 1e-3, times
        assert times.operations > 0
        assert times.ours_ms > 0
        assert times.naive_ms > 0


def test_a_full_bank_is_what_the_graphs_take() -> None:
    model = micro_hub_model()
    for graph, inputs in full_bank_inputs(model).items():
        assert run_reference(model, graph, inputs)
    assert 50 < peak_memory_mb(model) < 1000


@pytest.mark.parametrize("suffix", ["safetensors", "pt"])
def test_a_stand_in_is_read_as_published_weights_are(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"weights.{suffix}"
    assert main(["stand-in", "--model", "edgetam", "--out", str(file)]) == 0
    model = load_model(file, 256)
    assert model.architecture == "edgetam"
    assert model.mask_decoder.pred_obj_score_head.proj_out.bias.item() == 3
    assert recognise_configuration(model.hub_state()).model_type == "edgetam_video"


def test_unknown_models_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stand-in", "--model", "sam3", "--out", str(tmp_path / "x.pt")]) == 2
    assert "no released model named 'sam3'" in capsys.readouterr().err
