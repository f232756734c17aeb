"""A small writer of ONNX graphs: values with operators, named weights, deterministic bytes.

In: a module whose tensors become initializers under their state-dict names. Out: `onnx.ModelProto`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

OPSET = 18
IR_VERSION = 9
MICROSOFT = "com.microsoft"
FULL = "float32_"
"""Starts the names of nodes that compute in float32 in a graph of float16 as well (`half_precision`)."""
_SMALL = 1024
"""Tensors up to this size, and all vectors, stay float32: halving them saves nothing and costs precision."""

Storage = Literal["float16", "float32", "int8", "external"]
"""How weights lie in a graph's file; `external`: not at all, see `GraphBuilder`."""
Dim = int | str


class Value:
    """A tensor in the graph being written; arithmetic writes nodes."""

    def __init__(self, graph: GraphBuilder, name: str) -> None:
        self.graph = graph
        self.name = name

    def __add__(self, other: Value | float) -> Value:
        return self.graph.op("Add", self, self.graph.value(other))

    def __sub__(self, other: Value | float) -> Value:
        return self.graph.op("Sub", self, self.graph.value(other))

    def __rsub__(self, other: float) -> Value:
        return self.graph.op("Sub", self.graph.value(other), self)

    def __mul__(self, other: Value | float) -> Value:
        return self.graph.op("Mul", self, self.graph.value(other))

    def __truediv__(self, other: Value | float) -> Value:
        return self.graph.op("Div", self, self.graph.value(other))

    def __matmul__(self, other: Value) -> Value:
        return self.graph.op("MatMul", self, other)

    def reshape(self, *dims: int) -> Value:
        """ONNX Reshape: 0 keeps the input's size at that place, one −1 is inferred."""
        return self.graph.op("Reshape", self, self.graph.constant(np.array(dims, np.int64)))

    def transpose(self, *order: int) -> Value:
        return self.graph.op("Transpose", self, perm=list(order))

    def split(self, sizes: Sequence[int], axis: int) -> list[Value]:
        """Pieces of the given sizes along an axis."""
        return self.graph.ops("Split", len(sizes), self, self.graph.constant(np.array(sizes, np.int64)), axis=axis)


class GraphBuilder:
    """Collects nodes, initializers, inputs and outputs of one graph.

    Args:
        name: the graph's name.
        module: owner of the tensors that `weight` may be asked for.
        storage: how matrices are stored; float16 and int8 ones get a Cast (and a scale per row) behind them, so the
            arithmetic is float32. `external` leaves the numbers out: an initializer is then float32 data from the
            start of a file named like its key in transformers' state dict, in the shape it has there. Only for
            modules with `stored_weight` (`HubModel`).
    """

    def __init__(self, name: str, module: nn.Module, storage: Storage = "float16") -> None:
        self.name = name
        self.storage = storage
        self._names = {id(tensor): key for key, tensor in module.state_dict(keep_vars=True).items()}
        self._stored_weight = module.stored_weight if storage == "external" else None
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: dict[str, TensorProto] = {}
        self._weights: dict[str, Value] = {}
        self._constants: dict[tuple[str, tuple[int, ...], bytes], Value] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._counts: Counter[str] = Counter()
        self._uses_microsoft = False
        self._prefix = ""

    @contextmanager
    def in_float32(self, *, wanted: bool = True) -> Iterator[None]:
        """Nodes written meanwhile compute in float32 in any case: what float16 has too few digits or powers for."""
        before = self._prefix
        self._prefix = FULL if wanted else before
        yield
        self._prefix = before

    def input(self, name: str, shape: Sequence[Dim], dtype: int = TensorProto.FLOAT) -> Value:
        """Declare a graph input; a string dimension is dynamic."""
        self._inputs.append(helper.make_tensor_value_info(name, dtype, list(shape)))
        return Value(self, name)

    def output(self, value: Value, name: str, shape: Sequence[Dim]) -> None:
        """Declare a graph output: the node that made `value` is made to write it under `name`."""
        for node in self._nodes:
            for names in (node.input, node.output):
                for i, old in enumerate(names):
                    if old == value.name:
                        names[i] = name
        value.name = name
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))

    def op(self, kind: str, *inputs: Value, domain: str = "", **attributes: Any) -> Value:
        """Write a node with one output."""
        return self.ops(kind, 1, *inputs, domain=domain, **attributes)[0]

    def ops(self, kind: str, outputs: int, *inputs: Value, domain: str = "", **attributes: Any) -> list[Value]:
        """Write a node with several outputs."""
        self._uses_microsoft |= domain == MICROSOFT
        stem = f"{self._prefix}{kind}_{self._counts[kind]}"
        self._counts[kind] += 1
        names = [stem] if outputs == 1 else [f"{stem}_{i}" for i in range(outputs)]
        node = helper.make_node(kind, [value.name for value in inputs], names, name=stem, domain=domain, **attributes)
        self._nodes.append(node)
        return [Value(self, name) for name in names]

    def value(self, value: Value | float) -> Value:
        """A value as it is; a number as a float32 scalar."""
        return value if isinstance(value, Value) else self.constant(np.array(value, np.float32))

    def constant(self, array: np.ndarray | Tensor) -> Value:
        """An array that is no weight (tables, indices, shapes), stored in its own type; equal ones are shared."""
        data = np.ascontiguousarray(array.detach().numpy() if isinstance(array, Tensor) else array)
        key = (data.dtype.str, array.shape, data.tobytes())
        if key not in self._constants:
            name = f"constant_{len(self._constants)}"
            self._add_initializer(name, data.reshape(array.shape))
            self._constants[key] = Value(self, name)
        return self._constants[key]

    def filled(self, value: float, shape: Sequence[int]) -> Value:
        """A table of one number, made at load."""
        return self.op("Expand", self.value(value), self.constant(np.array(shape, np.int64)))

    def weight(self, tensor: Tensor) -> Value:
        """One of the module's tensors, float32 in the graph, under its state-dict name.

        Raises `KeyError` when the tensor is not the module's own.
        """
        name = self._names[id(tensor)]
        if name not in self._weights:
            self._weights[name] = self._stored(name, tensor)
        return self._weights[name]

    def _stored(self, name: str, tensor: Tensor) -> Value:
        if self._stored_weight is not None:
            key, shape = self._stored_weight(name)
            self._initializers[key] = _external(key, shape)
            value = Value(self, key)
            return value if shape == tuple(tensor.shape) else value.reshape(*tensor.shape)
        data = tensor.detach().float().cpu().numpy()
        if self.storage == "float32" or data.ndim <= 1 or data.size <= _SMALL:
            self._add_initializer(name, data)
            return Value(self, name)
        if self.storage == "int8":
            levels, scales = to_int8(data)
            self._add_initializer(name, levels)
            return self.op("Cast", Value(self, name), to=TensorProto.FLOAT) * self.constant(scales)
        self._add_initializer(name, _to_float16(name, data))
        return self.op("Cast", Value(self, name), to=TensorProto.FLOAT)

    def concat(self, values: Sequence[Value], axis: int) -> Value:
        return self.op("Concat", *values, axis=axis)

    def gather(self, table: Value, indices: Value | Sequence[int], axis: int = 0) -> Value:
        """Rows (or columns) of a table; negative indices count from the end."""
        picked = indices if isinstance(indices, Value) else self.constant(np.array(indices, np.int64))
        return self.op("Gather", table, picked, axis=axis)

    def to_model(self) -> onnx.ModelProto:
        """The finished model, checked by ONNX with full shape inference."""
        graph = helper.make_graph(
            self._nodes, self.name, self._inputs, self._outputs, initializer=list(self._initializers.values())
        )
        imports = [helper.make_opsetid("", OPSET)]
        if self._uses_microsoft:
            imports.append(helper.make_opsetid(MICROSOFT, 1))
        model = helper.make_model(graph, opset_imports=imports, producer_name="masklet-export", ir_version=IR_VERSION)
        if self.storage == "external":
            # The checker wants the files of external data to be there; the shapes can be checked without.
            onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
        else:
            onnx.checker.check_model(model, full_check=True)
        return model

    def _add_initializer(self, name: str, data: np.ndarray) -> None:
        self._initializers[name] = numpy_helper.from_array(data, name)


def _to_float16(name: str, data: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        half = data.astype(np.float16)
    if not np.isfinite(half).all():
        raise ValueError(f"{name} does not fit float16 (largest magnitude {np.abs(data).max():.3g})")
    return half


def to_int8(data: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Levels −127..127 and their scales, one for each entry of the first axis: levels · scales ≈ data."""
    largest = np.abs(data).max(axis=tuple(range(1, data.ndim)), keepdims=True)
    scales = np.where(largest > 0, largest / 127, 1).astype(np.float32)
    return np.rint(data / scales).astype(np.int8), scales


def _external(key: str, shape: Sequence[int]) -> TensorProto:
    tensor = TensorProto(name=key, data_type=TensorProto.FLOAT, dims=shape, data_location=TensorProto.EXTERNAL)
    for field, value in (("location", key), ("offset", "0"), ("length", str(4 * math.prod(shape)))):
        tensor.external_data.add(key=field, value=value)
    return tensor
