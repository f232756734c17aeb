"""Each ONNX graph against the PyTorch model, and the properties the contract promises."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from onnx import TensorProto, numpy_helper

from masklet_export.graphs.build_graphs import BUILDERS, build_graph_bytes
from masklet_export.graphs.graph_builder import GraphBuilder
from masklet_export.model.nano import NanoModel
from masklet_export.pack.example_inputs import example_inputs
from masklet_export.pack.operation_count import count_operations
from masklet_export.pack.torch_reference import run_reference

Arrays = dict[str, np.ndarray]
TOLERANCE = 3e-5
PER_OBJECT = {
    "memory_attention": {"features_stride16"},
    "mask_decoder": {"features_stride4", "features_stride8"},
    "memory_encoder": {"features_stride16"},
}
"""Graphs with a batch of objects, and the inputs those share."""


class Graphs:
    """Runs the graphs of one model."""

    def __init__(self, model: NanoModel) -> None:
        self.bytes = {name: build_graph_bytes(model, name, "float16") for name in BUILDERS}
        self.sessions = {name: ort.InferenceSession(content) for name, content in self.bytes.items()}

    def run(self, name: str, inputs: Arrays) -> Arrays:
        session = self.sessions[name]
        return dict(zip([output.name for output in session.get_outputs()], session.run(None, inputs), strict=True))


@pytest.fixture(scope="module")
def graphs(micro_model: NanoModel) -> Graphs:
    return Graphs(micro_model)


@pytest.fixture(scope="module")
def inputs(micro_model: NanoModel) -> dict[str, Arrays]:
    return example_inputs(micro_model, slots=6)


def assert_close(actual: Arrays, expected: Arrays, tolerance: float = TOLERANCE) -> None:
    assert actual.keys() == expected.keys()
    for name, value in expected.items():
        assert actual[name].shape == value.shape, name
        scale = max(1.0, float(value.std()))
        np.testing.assert_allclose(actual[name], value, atol=tolerance * scale, rtol=0, err_msg=name)


@pytest.mark.parametrize("name", list(BUILDERS))
def test_equals_pytorch(name: str, graphs: Graphs, inputs: dict[str, Arrays], micro_model: NanoModel) -> None:
    assert_close(graphs.run(name, inputs[name]), run_reference(micro_model, name, inputs[name]))


@pytest.mark.parametrize("name", list(PER_OBJECT))
def test_a_batch_equals_single_runs(name: str, graphs: Graphs, inputs: dict[str, Arrays]) -> None:
    batch = graphs.run(name, inputs[name])
    for slot in range(3):
        one = {key: value if key in PER_OBJECT[name] else value[slot : slot + 1] for key, value in inputs[name].items()}
        assert_close(graphs.run(name, one), {key: value[slot : slot + 1] for key, value in batch.items()}, 1e-5)


def test_padding_slots_change_nothing(graphs: Graphs, inputs: dict[str, Arrays]) -> None:
    """Whatever lies in a masked slot: zeros, or what another object left there."""
    case = {
        key: value[:2] if key != "features_stride16" else value for key, value in inputs["memory_attention"].items()
    }
    expected = graphs.run("memory_attention", case)
    random = np.random.default_rng(1)
    padded = dict(case)
    for keys, mask in (
        (("spatial_memories", "temporal_rows"), "memory_mask"),
        (("object_pointers", "pointer_times"), "pointer_mask"),
    ):
        for key in keys:
            extra = np.repeat(case[key][:, :1], 2, axis=1)
            filler = random.standard_normal(extra.shape) * 10 if extra.dtype == np.float32 else np.full_like(extra, 3)
            padded[key] = np.concatenate([case[key], filler.astype(extra.dtype)], axis=1)
        padded[mask] = np.concatenate([case[mask], np.zeros((2, 2), np.float32)], axis=1)
    assert_close(graphs.run("memory_attention", padded), expected, 1e-5)

    case = inputs["mask_decoder"]
    expected = graphs.run("mask_decoder", case)
    slots = len(case["points"])
    padded = case | {
        "points": np.concatenate([case["points"], random.uniform(0, 64, (slots, 2, 2)).astype(np.float32)], axis=1),
        "point_labels": np.concatenate([case["point_labels"], np.full((slots, 2), -2, np.int32)], axis=1),
    }
    assert_close(graphs.run("mask_decoder", padded), expected, 1e-5)


def test_features_without_memory_may_be_shared_by_all_objects(graphs: Graphs, inputs: dict[str, Arrays]) -> None:
    case = dict(inputs["mask_decoder"])
    shared = case["conditioned_features"][:1]
    slots = len(case["points"])
    repeated = graphs.run("mask_decoder", case | {"conditioned_features": np.repeat(shared, slots, axis=0)})
    assert_close(graphs.run("mask_decoder", case | {"conditioned_features": shared}), repeated, 1e-5)


def test_selection_covers_every_case(graphs: Graphs, inputs: dict[str, Arrays]) -> None:
    """The outputs are those of the token that the candidates and their IoUs call for."""
    case = inputs["mask_decoder"]
    slots = len(case["points"])
    for wanted in (-2, -1, 0, 1, 2, 3):
        outputs = graphs.run("mask_decoder", case | {"selection": np.full(slots, wanted, np.int32)})
        for slot in range(slots):
            iou, score, token, stability, *ious = outputs["scores"][slot].tolist()
            best = 1 + int(np.argmax(ious[1:]))
            expected = {-1: best, -2: 0 if stability >= 0.98 else best}.get(wanted, wanted)
            assert token == expected
            assert iou == pytest.approx(ious[expected])
            assert score == pytest.approx(outputs["occlusion_score"][slot, 0])
            assert score > 0
            np.testing.assert_allclose(
                outputs["mask_logits"][slot, 0], outputs["candidate_logits"][slot, expected], atol=1e-5
            )


def test_an_absent_object_gives_constants(micro_model: NanoModel, inputs: dict[str, Arrays]) -> None:
    head = micro_model.mask_decoder.pred_obj_score_head.proj_out
    bias = head.bias.clone()
    try:
        head.bias.data -= 100
        session = ort.InferenceSession(build_graph_bytes(micro_model, "mask_decoder", "float16"))
    finally:
        head.bias.data.copy_(bias)
    names = [output.name for output in session.get_outputs()]
    outputs = dict(zip(names, session.run(None, inputs["mask_decoder"]), strict=True))
    assert (outputs["mask_logits"] == -1024).all()
    assert (np.abs(outputs["candidate_logits"]) < 1000).all()
    pointer = micro_model.no_object_pointer.detach().numpy()
    np.testing.assert_allclose(outputs["object_pointer"], np.repeat(pointer, 6, axis=0), atol=1e-6)


def test_ties_of_predicted_iou_go_to_the_first_candidate(micro_model: NanoModel, inputs: dict[str, Arrays]) -> None:
    layer = micro_model.mask_decoder.iou_prediction_head.proj_out
    weight, bias = layer.weight.clone(), layer.bias.clone()
    try:
        layer.weight.data.zero_()
        layer.bias.data.copy_(torch.tensor([9.0, -1.0, 0.5, 0.5]))
        session = ort.InferenceSession(build_graph_bytes(micro_model, "mask_decoder", "float16"))
    finally:
        layer.weight.data.copy_(weight)
        layer.bias.data.copy_(bias)
    names = [output.name for output in session.get_outputs()]
    case = inputs["mask_decoder"] | {"selection": np.full(6, -1, np.int32)}
    outputs = dict(zip(names, session.run(None, case), strict=True))
    assert outputs["scores"][:, 2].tolist() == [2.0] * 6


def test_a_logit_of_zero_is_outside_when_masks_are_binarized(graphs: Graphs, inputs: dict[str, Arrays]) -> None:
    case = dict(inputs["memory_encoder"])
    zeros = np.zeros_like(case["mask_logits"])
    slots = len(zeros)
    case["occlusion_score"] = np.ones((slots, 1), np.float32)
    case["binarize"] = np.ones(slots, np.float32)
    outside = graphs.run("memory_encoder", case | {"mask_logits": zeros - 5})
    assert_close(graphs.run("memory_encoder", case | {"mask_logits": zeros}), outside, 1e-6)
    tiny = graphs.run("memory_encoder", case | {"mask_logits": zeros + 1e-20})
    inside = graphs.run("memory_encoder", case | {"mask_logits": zeros + 5})
    assert_close(tiny, inside, 1e-6)


@pytest.mark.parametrize("name", list(BUILDERS))
def test_graphs_keep_to_what_a_gpu_runs(name: str, graphs: Graphs) -> None:
    model = onnx.load_from_string(graphs.bytes[name])
    assert {(each.domain, each.version) for each in model.opset_import} <= {("", 18), ("com.microsoft", 1)}
    kinds = {node.op_type for node in model.graph.node}
    on_the_cpu = {"Shape", "NonZero", "ArgMax", "OneHot", "TopK", "Loop", "If", "Expand", "Tile", "Einsum", "GatherND"}
    assert kinds & on_the_cpu == set()
    dimensions = [len(each.dims) for each in model.graph.initializer]
    dimensions += [len(value.type.tensor_type.shape.dim) for value in (*model.graph.input, *model.graph.output)]
    dimensions += [len(node.attribute[0].ints) for node in model.graph.node if node.op_type == "Transpose"]
    assert max(dimensions) <= 4
    assert all(value.type.tensor_type.elem_type == TensorProto.FLOAT for value in model.graph.output)


@pytest.mark.parametrize("name", list(BUILDERS))
def test_bytes_are_the_same_every_time_and_matrices_are_halved(
    name: str, graphs: Graphs, micro_model: NanoModel
) -> None:
    assert build_graph_bytes(micro_model, name, "float16") == graphs.bytes[name]
    model = onnx.load_from_string(graphs.bytes[name])
    parameters = dict(micro_model.named_parameters())
    large = [each for each in model.graph.initializer if each.name in parameters and np.prod(each.dims) > 1024]
    assert large
    for each in large:
        assert each.data_type == TensorProto.FLOAT16
        np.testing.assert_array_equal(numpy_helper.to_array(each).astype(np.float32), parameters[each.name].numpy())


def test_weights_beyond_float16_are_refused() -> None:
    layer = torch.nn.Linear(64, 64)
    layer.weight.data.fill_(1e6)
    with pytest.raises(ValueError, match="weight does not fit float16"):
        GraphBuilder("broken", layer).weight(layer.weight)


def test_the_frame_of_the_micro_model_stays_small(graphs: Graphs) -> None:
    """It is run on a software GPU: about 24 million operations, of which sizes the architecture fixes are most."""
    dims = {"B": 1, "N": 3, "K": 4, "P": 1}
    operations = {
        name: count_operations(onnx.load_from_string(content), dims) for name, content in graphs.bytes.items()
    }
    assert sum(operations.values()) < 25e6
    more = count_operations(onnx.load_from_string(graphs.bytes["memory_attention"]), dims | {"N": 7})
    assert more > operations["memory_attention"]
