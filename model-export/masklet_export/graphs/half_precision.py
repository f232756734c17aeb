"""A graph that computes in float16, made from one that computes in float32.

Inputs, outputs and weights stay float32, so that a runtime sees no difference but speed and the last digits. Whatever
follows from weights alone is computed in float32 and rounded once, at load.
"""

from __future__ import annotations

import onnx
from onnx import TensorProto, helper

from masklet_export.graphs.graph_builder import FULL, MICROSOFT

_FLOAT_INPUTS = {"Resize": 1}
"""Operators of which only so many first inputs have the type that they compute in."""


def in_float16(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with casts around every node that depends on an input and was not written `in_float32`."""
    return _Rewriter(model).model


class _Rewriter:
    def __init__(self, model: onnx.ModelProto) -> None:
        self.model = onnx.ModelProto()
        self.model.CopyFrom(model)
        graph = self.model.graph
        self._floats = _float_values(model)
        self._types = dict.fromkeys(self._floats, TensorProto.FLOAT)
        self._outputs = {value.name for value in graph.output}
        self._fixed = {tensor.name for tensor in graph.initializer}
        self._casts: dict[tuple[str, int], str] = {}
        self._nodes: list[onnx.NodeProto] = []
        for node in graph.node:
            self._rewrite(node)
        del graph.node[:]
        graph.node.extend(self._nodes)

    def _rewrite(self, node: onnx.NodeProto) -> None:
        follows_from_weights = all(name in self._fixed for name in node.input if name)
        if follows_from_weights:
            self._fixed.update(node.output)
            self._nodes.append(node)
            return
        wanted = TensorProto.FLOAT if node.name.startswith(FULL) else TensorProto.FLOAT16
        for i, name in enumerate(node.input[: _FLOAT_INPUTS.get(node.op_type)]):
            if name in self._floats:
                node.input[i] = self._as(name, wanted)
        if node.op_type == "Cast" and node.attribute[0].i == TensorProto.FLOAT:
            node.attribute[0].i = wanted
        self._nodes.append(node)
        for i, name in enumerate(node.output):
            if name not in self._floats or wanted == TensorProto.FLOAT:
                continue
            if name in self._outputs:
                node.output[i] = f"{name}_half"
                self._types[node.output[i]] = wanted
                self._casts[name, wanted] = node.output[i]
                self._nodes.append(_cast(node.output[i], name, TensorProto.FLOAT))
            else:
                self._types[name] = wanted

    def _as(self, name: str, wanted: int) -> str:
        if self._types[name] == wanted:
            return name
        if (name, wanted) not in self._casts:
            self._casts[name, wanted] = f"{name}_{'half' if wanted == TensorProto.FLOAT16 else 'full'}"
            self._nodes.append(_cast(name, self._casts[name, wanted], wanted))
        return self._casts[name, wanted]


def _float_values(model: onnx.ModelProto) -> set[str]:
    """Names of all float32 values of the graph."""
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    for node in probe.graph.node:
        if node.domain == MICROSOFT:
            # ONNX does not know its type; another function of one element has the same.
            node.domain, node.op_type = "", "Relu"
    graph = onnx.shape_inference.infer_shapes(probe, strict_mode=True).graph
    floats = {tensor.name for tensor in graph.initializer if tensor.data_type == TensorProto.FLOAT}
    values = (*graph.input, *graph.output, *graph.value_info)
    return floats | {value.name for value in values if value.type.tensor_type.elem_type == TensorProto.FLOAT}


def _cast(source: str, target: str, wanted: int) -> onnx.NodeProto:
    return helper.make_node("Cast", [source], [target], name=f"Cast_{target}", to=wanted)
