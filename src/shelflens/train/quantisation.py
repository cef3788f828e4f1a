"""fp32 to int8: static, per channel, with ranges observed on photos; the bundled models are made by it, too.

The first layers stay in float: they hold 0.05 % of the weights, cause a third of the error, and three input channels
suit no integer kernel, so int8 would not even be faster there (docs/adr/0002-models.md).

Weights of ordinary (not depthwise) convolutions take 7 of their 8 bits. On x86 without VNNI the kernels add pairs of
u8 x s8 products in 16 bits, which 8-bit weights overflow: the same photo would get another vector on another CPU.
2 * 255 * 64 fits.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

_FIRST_IN_FLOAT = 3  # convolutions: the stem and the first block
_TYPES = ("Add", "Clip", "Conv", "MaxPool", "Relu")


class _Photos(CalibrationDataReader):
    def __init__(self, pixels: Iterator[NDArray[np.float32]]) -> None:
        self._pixels = pixels

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        tensor = next(self._pixels, None)
        return None if tensor is None else {"pixels": tensor[None]}


def write_int8(source: Path, target: Path, pixels: Iterator[NDArray[np.float32]]) -> None:
    """`pixels` are photos, (3, size, size) each, prepared as they are served; 100 to 200 are enough."""
    prepared = target.with_suffix(".prepared")
    try:
        quant_pre_process(source, prepared, skip_symbolic_shape=True)
        quantise(prepared, target, pixels)
    finally:
        prepared.unlink(missing_ok=True)


def quantise(source: Path, target: Path, pixels: Iterator[NDArray[np.float32]]) -> None:
    """`write_int8` for a graph in which there is nothing to fold."""
    model = onnx.load(source)
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    in_float = _first_nodes(model.graph)
    seven_bits = [{"quant_type": QuantType.QInt8, "axis": 0, "symmetric": True, "reduce_range": True}]
    overrides = {node.input[1]: seven_bits for node in convolutions if _group(node) == 1 and node.name not in in_float}
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # it advises, through the root logger, what has just been done
    try:
        quantize_static(
            source,
            target,
            _Photos(pixels),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(_TYPES),
            nodes_to_exclude=in_float,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"TensorQuantOverrides": overrides},
        )
    finally:
        root.setLevel(level)
    quantised = onnx.load(target)
    onnx.checker.check_model(quantised, full_check=True)
    target.write_bytes(quantised.SerializeToString(deterministic=True))


def _first_nodes(graph: onnx.GraphProto) -> list[str]:
    """Everything up to the first convolutions, of each member in an ensemble. Nodes are in the order they run in."""
    passed: dict[str, int] = {}  # tensor -> convolutions on the way to it
    first = []
    for node in graph.node:
        before = max((passed.get(name, 0) for name in node.input), default=0)
        after = before + (node.op_type == "Conv")
        passed.update(dict.fromkeys(node.output, after))
        if after < _FIRST_IN_FLOAT or (node.op_type == "Conv" and after == _FIRST_IN_FLOAT):
            first.append(node.name)
    return first


def _group(convolution: onnx.NodeProto) -> int:
    return next((int(attribute.i) for attribute in convolution.attribute if attribute.name == "group"), 1)
