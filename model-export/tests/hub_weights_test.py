"""SAM 2's weights in both layouts, and the weightless graphs that take them."""

from __future__ import annotations

import json
import shutil
import zlib
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto
from safetensors.torch import load_file, save_file
from transformers import Sam2VideoModel

from masklet_export.checkpoints.hub_state import recognise_configuration
from masklet_export.checkpoints.load_model import load_model
from masklet_export.checkpoints.meta_keys import meta_keys
from masklet_export.command_line import main
from masklet_export.graphs.build_graphs import BUILDERS
from masklet_export.graphs.graph_builder import to_int8
from masklet_export.graphs.half_precision import in_float16
from masklet_export.graphs.layers import MAX_SCORE_BYTES, query_chunks
from masklet_export.model.hub_configurations import ARCHITECTURES, HUB_SIZES, hub_configuration
from masklet_export.model.hub_model import HubModel
from masklet_export.pack.check_pack import check_graphs, check_session
from masklet_export.pack.graph_costs import graph_costs
from masklet_export.pack.manifest import read_manifest
from masklet_export.pack.micro_hub import MICRO_SIZES, micro_hub_configuration, micro_hub_model, write_micro_hub
from masklet_export.pack.operation_count import count_operations
from masklet_export.pack.random_hub_model import in_meta_layout, random_hub_model
from masklet_export.pack.weightless_sessions import WeightlessSessions
from masklet_export.pack.write_weightless import HALF_GRAPHS, WeightlessCard, write_weightless

META_LAYOUT = Path(__file__).parent / "data" / "meta_layout.json"
"""Names and shapes in a checkpoint that sam2 itself saved, of the model in conformance/numeric/model_2.1."""
MICRO_HUB = Path(__file__).parents[2] / "e2e" / "fixtures" / "packs" / "micro-hub"
SHIPPED = Path(__file__).parents[2] / "public" / "models" / "sam2"


@pytest.fixture(scope="module")
def hub_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The micro model as transformers saves it."""
    folder = tmp_path_factory.mktemp("hub")
    hub = Sam2VideoModel(micro_hub_configuration())
    state = micro_hub_model().hub_state()
    code = state["prompt_encoder.shared_embedding.positional_embedding"]
    hub.load_state_dict(state | {"shared_image_embedding.positional_embedding": code}, strict=False)
    hub.save_pretrained(folder)
    return folder


def assert_same(actual: HubModel, expected: HubModel) -> None:
    ours, theirs = actual.state_dict(), expected.state_dict()
    assert ours.keys() == theirs.keys()
    for key, tensor in theirs.items():
        torch.testing.assert_close(ours[key], tensor, rtol=0, atol=0, msg=key)


def test_our_names_are_those_of_a_checkpoint_that_sam2_saved(conformance: Path) -> None:
    state = load_file(conformance / "numeric" / "model_2.1" / "model.safetensors")
    renamed = {key: list(tensor.shape) for key, tensor in in_meta_layout(state).items()}
    assert renamed == json.loads(META_LAYOUT.read_text())


def test_every_layout_gives_the_same_model(hub_folder: Path, tmp_path: Path) -> None:
    expected = micro_hub_model()
    assert_same(load_model(hub_folder), expected)
    assert_same(load_model(hub_folder / "model.safetensors"), expected)
    meta = tmp_path / "meta"
    meta.mkdir()
    shutil.copy(hub_folder / "config.json", meta)
    torch.save({"model": in_meta_layout(load_file(hub_folder / "model.safetensors"))}, meta / "sam2.pt")
    loaded = load_model(meta / "sam2.pt", 96)
    assert_same(loaded, expected.set_image_size(96))
    assert loaded.image_size == 96


def test_wrapped_weights_give_the_same_model(hub_folder: Path, tmp_path: Path) -> None:
    shutil.copy(hub_folder / "config.json", tmp_path)
    expected = micro_hub_model()
    hub = load_file(hub_folder / "model.safetensors")
    meta = in_meta_layout(hub)
    optimizer = {"state": {0: {"exp_avg": torch.zeros(3)}}, "param_groups": [{"lr": 1e-4}]}

    def behind(prefix: str, state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {prefix + key: tensor for key, tensor in state.items()}

    compiled = {key.replace("image_encoder.", "image_encoder._orig_mod."): tensor for key, tensor in meta.items()}
    for content in (
        behind("module.", meta),
        {"model": behind("module._orig_mod.", hub)},
        {"optimizer": optimizer, "epoch": 3, "state_dict": behind("model.", compiled)},
        {"mean": torch.zeros(3), "checkpoint": {"optimizer": optimizer, "model": {"state_dict": meta}}},
        {"average": {"model": behind("ema.", {key: tensor + 1 for key, tensor in meta.items()})}, "model": meta},
    ):
        torch.save(content, tmp_path / "wrapped.pt")
        assert_same(load_model(tmp_path / "wrapped.pt"), expected)
    for state in (meta, behind("_orig_mod.", meta), behind("sam2_model.module.", hub)):
        own = {key: tensor.clone() for key, tensor in state.items()}
        save_file(own, tmp_path / "w.safetensors")
        assert_same(load_model(tmp_path / "w.safetensors"), expected)


@pytest.mark.parametrize("size", HUB_SIZES)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_released_models_are_recognised_by_their_tensors(size: str, architecture: str) -> None:
    settings = hub_configuration(size, architecture)
    with torch.device("meta"):
        state = Sam2VideoModel(settings).state_dict()
    for layout in (state, dict.fromkeys(name for key in state for name in meta_keys(key)) | in_meta_layout(state)):
        found = recognise_configuration(layout)
        assert found.vision_config.backbone_config.to_dict() == settings.vision_config.backbone_config.to_dict()
        assert found.enable_occlusion_spatial_embedding == (architecture == "sam2.1")


def test_wrong_weights_get_one_sentence(hub_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = load_file(hub_folder / "model.safetensors")
    shutil.copy(hub_folder / "config.json", tmp_path)
    key = "memory_encoder.projection.weight"

    def message(weights: Path) -> str:
        assert main(["pack", "--weights", str(weights), "--out", str(tmp_path / "pack")]) == 2
        return capsys.readouterr().err

    cases = {
        f"1 missing: {key}": {name: value for name, value in state.items() if name != key},
        "1 unexpected: extra": state | {"extra": torch.zeros(1)},
        f"misshapen: {key}": state | {key: torch.zeros(1)},
    }
    for expected, changed in cases.items():
        save_file(changed, tmp_path / "model.safetensors")
        assert expected in message(tmp_path / "model.safetensors")
        torch.save({"model": in_meta_layout(changed)}, tmp_path / "sam2.pt")
        # By the name that the file's own layout has for it.
        assert expected.replace(key, "memory_encoder.out_proj.weight") in message(tmp_path / "sam2.pt")

    whole = (hub_folder / "model.safetensors").read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(whole[: len(whole) // 2])
    assert "cannot be read as safetensors" in message(tmp_path / "cut.safetensors")
    (tmp_path / "cut.pt").write_bytes((tmp_path / "sam2.pt").read_bytes()[:5000])
    assert "cannot be read as a PyTorch checkpoint" in message(tmp_path / "cut.pt")
    torch.save({"model": {"linear.weight": torch.zeros(2, 2)}}, tmp_path / "other.pt")
    assert "holds no weights this exporter knows" in message(tmp_path / "other.pt")
    alone = tmp_path / "alone"
    alone.mkdir()
    save_file(state, alone / "model.safetensors")
    assert "no released SAM 2 has a trunk 8 wide with 5 blocks" in message(alone / "model.safetensors")
    with pytest.raises(SystemExit):
        main(["pack", "--weights", str(hub_folder), "--dtype", "int4", "--out", str(tmp_path)])
    assert "invalid choice: 'int4'" in capsys.readouterr().err


def test_a_checkpoint_can_not_run_code(tmp_path: Path) -> None:
    class Attack:
        def __reduce__(self):
            return Path.touch, (tmp_path / "ran",)

    torch.save({"model": {"image_encoder.trunk.pos_embed": Attack()}}, tmp_path / "bad.pt")
    with pytest.raises(ValueError, match="cannot be read"):
        load_model(tmp_path / "bad.pt")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(("dtype", "allowed"), [("fp32", 1e-4), ("fp16", 1e-4), ("int8", 0.25)])
def test_packs_of_every_dtype_report_how_close_they_are(hub_folder: Path, tmp_path: Path, dtype: str, allowed) -> None:
    pack = tmp_path / "hub"
    assert main(["pack", "--weights", str(hub_folder), "--size", "64", "--dtype", dtype, "--out", str(pack)]) == 0
    report = json.loads((pack / "parity.json").read_text())
    worst = max(output["meanError"] / output["scale"] for output in report["outputs"].values())
    assert worst < allowed
    assert report["dtype"] == dtype
    total = sum(graph.bytes for graph in read_manifest(pack).graphs.values())
    assert total < {"fp32": 5e6, "fp16": 2.6e6, "int8": 1.6e6}[dtype]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_weightless_graphs_equal_pytorch(architecture: str, tmp_path: Path) -> None:
    model = micro_hub_model(architecture)
    write_weightless(tmp_path, model, WeightlessCard("m", "M", "", "", "a/b"), MICRO_SIZES)
    for size in MICRO_SIZES:
        sessions = WeightlessSessions(tmp_path / "m.json", model.set_image_size(size))
        for error in (*check_graphs(sessions, model), *check_session(sessions, model)):
            # One cell across the threshold of the stability score is 0.003 of a mask this small.
            assert error.relative < 1e-2, error
    with pytest.raises(ValueError, match="no graphs for 160 px, only for 64, 96"):
        WeightlessSessions(tmp_path / "m.json", model.set_image_size(160))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_graphs_in_float16_equal_pytorch_to_its_digits(architecture: str, tmp_path: Path) -> None:
    model = micro_hub_model(architecture)
    write_weightless(tmp_path, model, WeightlessCard("m", "M", "", "", "a/b"), MICRO_SIZES)
    sessions = WeightlessSessions(tmp_path / "m.json", model.set_image_size(MICRO_SIZES[0]), is_half=True)
    errors = [error for error in check_graphs(sessions, model) if error.name.split(".")[0] in HALF_GRAPHS]
    assert len(errors) == 5
    for error in errors:
        assert 1e-5 < error.max_error < 1e-2 * max(1, error.scale), error


def test_a_graph_in_float16_computes_in_it_but_where_it_must_not() -> None:
    proto = BUILDERS["memory_attention"](random_hub_model(hub_configuration("tiny")).set_image_size(512), "external")
    half = in_float16(proto)
    assert [value.name for value in half.graph.output] == [value.name for value in proto.graph.output]
    assert all(value.type.tensor_type.elem_type != TensorProto.FLOAT16 for value in half.graph.input)
    types = {
        value.name: value.type.tensor_type.elem_type
        for value in onnx.shape_inference.infer_shapes(half, strict_mode=True).graph.value_info
    }

    def computed_in(kind: str) -> set[int]:
        return {types[node.output[0]] for node in half.graph.node if node.op_type == kind}

    assert computed_in("LayerNormalization") == {TensorProto.FLOAT16}
    # 1024 keys of the frame itself are few enough, those of a full bank are not.
    assert computed_in("Softmax") == {TensorProto.FLOAT, TensorProto.FLOAT16}


def test_the_shipped_graphs_of_tiny_equal_pytorch() -> None:
    """The real architecture at a real size; the other sizes differ in widths and numbers of blocks."""
    model = random_hub_model(hub_configuration("tiny")).set_image_size(512)
    for is_half, allowed in ((False, 2e-3), (True, 1e-2)):
        sessions = WeightlessSessions(SHIPPED / "sam2.1-hiera-tiny.json", model, is_half=is_half)
        for error in check_graphs(sessions, model, slots=1):
            assert error.max_error < allowed * max(1, error.scale), error


def test_what_ships_is_whole_and_small() -> None:
    catalogue = json.loads((SHIPPED / "catalogue.json").read_text())
    assert len(catalogue["models"]) == 9
    used = {"catalogue.json"}
    for entry in catalogue["models"]:
        used.add(entry["manifest"])
        content = json.loads((SHIPPED / entry["manifest"]).read_text())
        for size in content["sizes"].values():
            used.update(graph["file"] for kind in ("graphs", "halfGraphs") for graph in size[kind].values())
    assert used == {path.name for path in SHIPPED.iterdir()}
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 6e6


def test_the_shipped_graphs_are_what_the_code_writes(tmp_path: Path) -> None:
    assert main(["graphs", "--models", "tiny", "--out", str(tmp_path)]) == 0
    for path in tmp_path.iterdir():
        if path.name != "catalogue.json":
            assert _content(path) == _content(SHIPPED / path.name), path.name


def test_the_fixture_is_what_the_code_writes(tmp_path: Path) -> None:
    write_micro_hub(tmp_path)
    for path in tmp_path.iterdir():
        if path.is_file():
            assert _content(path) == _content(MICRO_HUB / path.name), path.name


def _content(path: Path) -> bytes:
    """Without the compression: another zlib may write other bytes."""
    content = path.read_bytes()
    return zlib.decompress(content) if path.suffix == ".zlib" else content


def test_no_weight_is_stored_in_a_weightless_graph() -> None:
    model = micro_hub_model()
    for build in BUILDERS.values():
        proto = build(model, "external")
        for tensor in proto.graph.initializer:
            is_weight = not tensor.name.startswith("constant_")
            assert (tensor.data_location == TensorProto.EXTERNAL) == is_weight
            assert not (is_weight and tensor.raw_data)


def test_scores_of_one_object_keep_to_the_default_limit_of_a_binding() -> None:
    assert query_chunks(1024, 7 * 1024 + 64) == 1
    for queries, keys, heads in ((4096, 7 * 4096 + 64, 1), (4096, 4096, 4), (4096, 4096, 8)):
        chunks = query_chunks(queries, keys, heads)
        assert queries % chunks == 0
        assert 4 * heads * queries * keys / chunks <= MAX_SCORE_BYTES
        assert chunks == 1 or 8 * heads * queries * keys / chunks > MAX_SCORE_BYTES


def test_costs_are_those_of_a_real_run(micro_pack: Path) -> None:
    dims = {"B": 2, "N": 3, "K": 4, "P": 5}
    for path in micro_pack.glob("*.onnx"):
        model = onnx.load(path)
        assert graph_costs(model, dims).operations == count_operations(model, dims)


def test_int8_keeps_every_row_within_half_a_level() -> None:
    data = np.random.default_rng(0).standard_normal((6, 4, 3)).astype(np.float32) * np.logspace(-3, 3, 6)[:, None, None]
    data[2] = 0
    levels, scales = to_int8(data.astype(np.float32))
    assert np.abs(levels).max() <= 127
    assert (np.abs(levels * scales - data) <= scales * 0.5001).all()
