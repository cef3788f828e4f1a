"""A foreign graph to the one that is served: pixels (B, 3, size, size) RGB in, `embedding` and perhaps `logits` out.

Only nodes before and behind the network are added: channels turned round, axes moved. Where the network ends in a
softmax, its logits are what goes into that; where it ends in a dense layer, the vector is what goes into that one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, compose, helper, numpy_helper

from shelflens.errors import ModelError
from shelflens.train.importing.base import Answer, Foreign, Layout, Pixels

End: TypeAlias = Literal["softmax", "sigmoid", "none"]  # what the network does last with its classes

_PREFIX = "net/"
_THROUGH = {"Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Dropout"}  # leave the numbers as they are
_CONSTANT = {"Identity", "Cast", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "DequantizeLinear"}  # of a constant
_LEAST_OPSET = 13


@dataclass(frozen=True)
class Tail:
    """How a network ends, by the names of its tensors."""

    end: End
    answer: str  # the graph's output
    logits: str  # what goes into the softmax or sigmoid; the answer itself where there is none
    vector: str | None  # what goes into the last dense layer; None: it does not end in one


def prepared(foreign: Foreign, *, size: int, bgr: bool) -> onnx.ModelProto:
    """The same network with the input `pixels`. Its own tensors get a prefix, so that no name is taken twice."""
    if foreign.model.opset_import[0].version < _LEAST_OPSET:
        raise ModelError(f"the network became ONNX opset {foreign.model.opset_import[0].version}; 13 or more is needed")
    model = compose.add_prefix(foreign.model, _PREFIX)
    graph = model.graph
    if len(graph.input) != 1 or len(graph.output) != 1:
        names = [value.name.removeprefix(_PREFIX) for value in (*graph.input, *graph.output)]
        raise ModelError(f"the network has the tensors {', '.join(names)}; one picture in and one answer out is needed")
    if graph.input[0].type.tensor_type.elem_type != TensorProto.FLOAT:
        raise ModelError("the network does not take float32; save it before it is quantised or cast")
    inner = graph.input[0].name
    nodes = []
    at = "pixels"
    if bgr:
        graph.initializer.append(numpy_helper.from_array(np.array([2, 1, 0], np.int64), "bgr/order"))
        nodes.append(helper.make_node("Gather", [at, "bgr/order"], [at := "bgr/pixels"], axis=1))
    if foreign.layout == "NHWC":
        nodes.append(helper.make_node("Transpose", [at], [at := "nhwc/pixels"], perm=[0, 2, 3, 1]))
    nodes.append(helper.make_node("Identity", [at], [inner]))
    before = list(graph.node)
    del graph.node[:], graph.input[:]
    graph.node.extend([*nodes, *before])
    graph.input.append(helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, size, size]))
    del graph.value_info[:]
    return model


def tail_of(model: onnx.ModelProto) -> Tail:
    """Found by going back from the output."""
    back = _Back(model)
    answer = model.graph.output[0].name
    last = back.through(answer)
    node = back.maker.get(last)
    end: End = "none"
    logits = answer
    if node and node.op_type in ("Softmax", "LogSoftmax"):
        end, logits = ("softmax" if node.op_type == "Softmax" else "none"), node.input[0]
    elif node and node.op_type == "Sigmoid":
        end, logits = "sigmoid", node.input[0]
    return Tail(end, answer, logits, back.dense_input(logits))


def served(
    model: onnx.ModelProto,
    *,
    vector: str,
    pool: Layout | None,
    flat: bool,
    logits: str | None,
    end: End,
    probabilities: bool,
    classes: int,
) -> onnx.ModelProto:
    """With the outputs `embedding`, `logits` where `logits` names their tensor, and the network's own for comparison.

    `pool`: the vector's tensor is a map in that layout, whose mean is the vector; not `flat`: it is tokens, which
    serving pools. `probabilities`: what `logits`
    names are shares already, whose logarithms are logits. A sigmoid's one answer z is the logits (0, z).
    """
    graph = model.graph
    if pool == "NHWC":
        graph.node.append(helper.make_node("Transpose", [vector], [vector := "embedding/map"], perm=[0, 3, 1, 2]))
    if pool:
        graph.node.append(helper.make_node("GlobalAveragePool", [vector], [vector := "embedding/mean"]))
    how = helper.make_node("Flatten", [vector], ["embedding"], axis=1)
    graph.node.append(how if flat else helper.make_node("Identity", [vector], ["embedding"]))
    outputs = ["embedding"]
    if logits is not None:
        graph.node.append(helper.make_node("Flatten", [logits], ["logits/flat"], axis=1))
        if end == "sigmoid":
            graph.initializer.append(numpy_helper.from_array(np.zeros(1, np.float32), "logits/zero"))
            graph.node.append(helper.make_node("Mul", ["logits/flat", "logits/zero"], ["logits/none"]))
            graph.node.append(helper.make_node("Concat", ["logits/none", "logits/flat"], ["logits"], axis=1))
        elif probabilities:
            graph.initializer.append(numpy_helper.from_array(np.array(1e-12, np.float32), "logits/least"))
            graph.node.append(helper.make_node("Max", ["logits/flat", "logits/least"], ["logits/share"]))
            graph.node.append(helper.make_node("Log", ["logits/share"], ["logits"]))
        else:
            graph.node.append(helper.make_node("Identity", ["logits/flat"], ["logits"]))
        outputs.append("logits")
    sizes = {"embedding": shapes(model, ["embedding"])["embedding"], "logits": (1, classes)}
    graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes[name]) for name in outputs)
    return model


def without_own_output(model: onnx.ModelProto, answer: str) -> onnx.ModelProto:
    """Only what `embedding` and `logits` need is left."""
    names = [output.name for output in model.graph.output if output.name != answer]
    cut: onnx.ModelProto = onnx.utils.Extractor(model).extract_model(["pixels"], names)
    cut.producer_name = "shelflens"
    return cut


def run(model: onnx.ModelProto, names: Iterable[str], pixels: Pixels) -> dict[str, Answer]:
    """Any tensors of the graph, by name."""
    wanted = list(dict.fromkeys(names))
    there = {output.name for output in model.graph.output}
    asked = onnx.ModelProto()
    asked.CopyFrom(model)
    asked.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in wanted if name not in there)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(asked.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return dict(zip(wanted, session.run(wanted, {"pixels": pixels}), strict=True))


def shapes(model: onnx.ModelProto, names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Of any tensors, for one picture."""
    sides = [side.dim_value for side in model.graph.input[0].type.tensor_type.shape.dim]
    zeros: NDArray[np.float32] = np.zeros(sides, np.float32)
    return {name: tensor.shape for name, tensor in run(model, names, zeros).items()}


class _Back:
    """Walks from a tensor towards the input."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.maker = {output: node for node in model.graph.node for output in node.output}
        self._constants = {tensor.name for tensor in model.graph.initializer}

    def through(self, name: str) -> str:
        """The tensor that holds the same numbers nearest to the input."""
        while (node := self.maker.get(name)) and node.op_type in _THROUGH:
            name = node.input[0]
        return name

    def constant(self, name: str) -> bool:
        while (node := self.maker.get(name)) and node.op_type in _CONSTANT:
            name = node.input[0]
        return name in self._constants or (node is not None and node.op_type == "Constant")

    def dense_input(self, logits: str) -> str | None:
        """What goes into the dense layer, or the 1 x 1 convolution, that makes the logits."""
        name = self.through(logits)
        node = self.maker.get(name)
        if node and node.op_type == "Add":  # the bias
            (name, *more) = [operand for operand in node.input if not self.constant(operand)]
            if more:
                return None
            node = self.maker.get(self.through(name))
        if node and node.op_type in ("MatMul", "Gemm", "Conv") and self.constant(node.input[1]):
            kernel = next((list(a.ints) for a in node.attribute if a.name == "kernel_shape"), [1, 1])
            return node.input[0] if kernel == [1, 1] else None
        return None
