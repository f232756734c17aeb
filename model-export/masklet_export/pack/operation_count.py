"""Counts the multiply-adds of a graph (two operations each) from the shapes of one run."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper

_COUNTED = ("Conv", "Gemm", "MatMul")


def count_operations(model: onnx.ModelProto, dims: Mapping[str, int]) -> int:
    """Operations of all Conv, Gemm and MatMul nodes when the dynamic axes have the given sizes.

    Products of weights with weights are left out: the runtime does them once, at load.
    """
    constant = {tensor.name for tensor in model.graph.initializer}
    counted = []
    for node in model.graph.node:
        if all(name in constant for name in node.input if name):
            constant.update(node.output)
        elif node.op_type in _COUNTED:
            counted.append(node)
    shapes = _shapes(model, dims, {name for node in counted for name in (node.input[0], node.input[1], node.output[0])})
    return sum(2 * prod(shapes[node.output[0]]) * _depth(node, shapes) for node in counted)


def _depth(node: onnx.NodeProto, shapes: Mapping[str, tuple[int, ...]]) -> int:
    """Length of the sum behind each output element."""
    return prod(shapes[node.input[1]][1:]) if node.op_type == "Conv" else shapes[node.input[0]][-1]


def _shapes(model: onnx.ModelProto, dims: Mapping[str, int], wanted: set[str]) -> dict[str, tuple[int, ...]]:
    """Shapes of the wanted values, by making them outputs and running on zeros."""
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    inputs = {}
    for value in model.graph.input:
        tensor = value.type.tensor_type
        shape = [dims[dim.dim_param] if dim.dim_param else dim.dim_value for dim in tensor.shape.dim]
        inputs[value.name] = np.zeros(shape, helper.tensor_dtype_to_np_dtype(tensor.elem_type))
    present = {value.name for value in (*model.graph.input, *model.graph.output)}
    stored = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    probed = sorted(wanted - present - stored.keys())
    probe.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in probed)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = ort.InferenceSession(probe.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    found = {name: value.shape for name, value in zip(names, session.run(names, inputs), strict=True)}
    return stored | found | {name: value.shape for name, value in inputs.items()}
