"""What a graph costs to run, from static shape inference: nothing is executed, weights need not be there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import onnx
from onnx import helper, shape_inference

from masklet_export.graphs.graph_builder import MICROSOFT

FULL_BANK = {"B": 1, "N": 7, "K": 16, "P": 1}
"""One object with all its memories and pointers, one point."""


@dataclass(frozen=True)
class GraphCosts:
    operations: int
    """Of all Conv, Gemm and MatMul nodes: two for each multiply-add."""
    largest_buffer_bytes: int
    """Of any weight or intermediate tensor."""


def graph_costs(model: onnx.ModelProto, dims: Mapping[str, int] = FULL_BANK) -> GraphCosts:
    """Costs with the dynamic axes at the given sizes. Products of weights with weights run once, at load: left out."""
    tensors = _inferred(model, dims)
    constant = {tensor.name for tensor in model.graph.initializer}
    operations = 0
    for node in model.graph.node:
        if all(name in constant for name in node.input if name):
            constant.update(node.output)
        elif node.op_type in ("Conv", "Gemm", "MatMul"):
            depth = prod(tensors[node.input[1]][0][1:]) if node.op_type == "Conv" else tensors[node.input[0]][0][-1]
            operations += 2 * prod(tensors[node.output[0]][0]) * depth
    return GraphCosts(operations, max(prod(shape) * size for shape, size in tensors.values()))


def _inferred(model: onnx.ModelProto, dims: Mapping[str, int]) -> dict[str, tuple[tuple[int, ...], int]]:
    """Shape and bytes of an element of every tensor of the graph."""
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    for value in (*probe.graph.input, *probe.graph.output):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param:
                dim.dim_value = dims[dim.dim_param]
    for node in probe.graph.node:
        if node.domain == MICROSOFT:
            # ONNX does not know its shape; another function of one element has the same.
            node.domain, node.op_type = "", "Relu"
    graph = shape_inference.infer_shapes(probe, strict_mode=True, data_prop=True).graph
    found = {
        tensor.name: (tuple(tensor.dims), helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize)
        for tensor in graph.initializer
    }
    for value in (*graph.input, *graph.output, *graph.value_info):
        tensor = value.type.tensor_type
        shape = tuple(dim.dim_value for dim in tensor.shape.dim)
        found[value.name] = (shape, helper.tensor_dtype_to_np_dtype(tensor.elem_type).itemsize)
    missing = [name for node in graph.node for name in node.output if name not in found or 0 in found[name][0]]
    if missing:
        raise ValueError(f"{graph.name}: no static shape for {missing[0]}")
    return found
