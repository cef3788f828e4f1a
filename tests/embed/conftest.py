"""Small real networks, and photos drawn for the purpose."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

NetworkWriter = Callable[..., Path]


@pytest.fixture
def pictures() -> list[Image.Image]:
    """Five pictures of different sizes; the last equals the first."""
    random_numbers = np.random.default_rng(7)
    drawn = []
    for height, width in ((60, 90), (90, 60), (64, 64), (33, 120)):
        coarse = random_numbers.integers(0, 256, (5, 7, 3), dtype=np.uint8)
        drawn.append(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    return [*drawn, drawn[0].copy()]


@pytest.fixture
def write_network() -> NetworkWriter:
    return _write_network


def _write_network(
    path: Path,
    *,
    dimension: int = 8,
    tokens: bool = False,
    source: str = "pixels",
    output: str = "embedding",
    size: int | str = "S",
    scale: float = 1.0,
    seed: int = 0,
    external: bool = False,
) -> Path:
    """A convolution over patches of 32 pixels; its tokens as they are (B, T, dimension), or their mean."""
    random_numbers = np.random.default_rng(seed)
    weight = (scale * random_numbers.normal(size=(dimension, 3, 1, 1))).astype(np.float32)
    shape = np.array([0, dimension, -1], np.int64)
    nodes = [
        helper.make_node("AveragePool", [source], ["patches"], kernel_shape=[32, 32], strides=[32, 32]),
        helper.make_node("Conv", ["patches", "weight"], ["map"]),
        helper.make_node("Reshape", ["map", "shape"], ["flat"]),
        helper.make_node("Transpose", ["flat"], ["tokens"], perm=[0, 2, 1]),
        helper.make_node("Identity", ["tokens"], [output])
        if tokens
        else helper.make_node("ReduceMean", ["tokens"], [output], axes=[1], keepdims=0),
    ]
    output_shape: list[str | int | None] = ["B", "T", dimension] if tokens else ["B", dimension]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info(source, TensorProto.FLOAT, ["B", 3, size, size])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, output_shape)],
        [numpy_helper.from_array(weight, "weight"), numpy_helper.from_array(shape, "shape")],
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    path.parent.mkdir(parents=True, exist_ok=True)
    if external:
        onnx.save(model, path, save_as_external_data=True, location=f"{path.name}_data", size_threshold=64)
    else:
        onnx.save(model, path)
    return path
