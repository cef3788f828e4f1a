"""Pack shots drawn for the purpose, and small real detectors."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, ImageDraw, ImageFilter

PACK = (90, 60, 190, 250)  # pixels of the 300 x 320 pack shot


def pack_shot(
    *, background: tuple[int, int, int] = (255, 255, 255), shadow: bool = False, quality: int | None = None
) -> Image.Image:
    picture = Image.new("RGB", (300, 320), background)
    if shadow:
        cast = Image.new("L", picture.size, 255)
        ImageDraw.Draw(cast).ellipse((60, 235, 270, 285), fill=205)
        soft = np.asarray(cast.filter(ImageFilter.GaussianBlur(14)), np.float32)[..., None] / 255
        picture = Image.fromarray((np.asarray(picture) * soft).round().astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((PACK[0], PACK[1], PACK[2] - 1, PACK[3] - 1), fill=(30, 90, 160))
    draw.ellipse((110, 100, 170, 160), fill=(240, 220, 60))
    if quality is None:
        return picture
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return Image.open(BytesIO(out.getvalue())).convert("RGB")


@pytest.fixture
def busy() -> Image.Image:
    """A shelf: nothing about its rim is plain."""
    random = np.random.default_rng(3)
    coarse = random.integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((400, 300), Image.Resampling.NEAREST)


def write_detector(path: Path, outputs: dict[str, Any], manifest: dict[str, Any]) -> Path:
    """A network whose outputs are these arrays, plus nothing times the mean of its input."""
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
    ]
    arrays = {name: np.asarray(values, np.float32) for name, values in outputs.items()}
    nodes += [helper.make_node("Add", [f"{name}_values", "nothing"], [name]) for name in arrays]
    constants = [numpy_helper.from_array(values, f"{name}_values") for name, values in arrays.items()]
    graph = helper.make_graph(
        nodes,
        "detector",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 64, 64])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(one.shape)) for name, one in arrays.items()],
        [*constants, numpy_helper.from_array(np.zeros((), np.float32), "zero")],
    )
    onnx.save(helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]), path)
    path.with_suffix(".json").write_text(json.dumps(manifest), encoding="utf-8")
    return path


def bright_detector(path: Path) -> Path:
    """Really looks: one box a cell of 8 pixels, its score the cell's brightness."""
    cells = np.stack(np.meshgrid(np.arange(8), np.arange(8)), axis=0).reshape(2, 64).astype(np.float32) * 8 + 4
    places = np.concatenate([cells, np.full((2, 64), 8, np.float32)])[None]
    nodes = [
        helper.make_node("AveragePool", ["images"], ["pooled"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("ReduceMean", ["pooled"], ["grey"], axes=[1], keepdims=1),
        helper.make_node("Reshape", ["grey", "shape"], ["scores"]),
        helper.make_node("Concat", ["places", "scores"], ["output0"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "bright",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 64, 64])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 5, 64])],
        [numpy_helper.from_array(places, "places"), numpy_helper.from_array(np.array([1, 1, 64], np.int64), "shape")],
    )
    onnx.save(helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]), path)
    path.with_suffix(".json").write_text('{"family": "yolo", "size": 64}', encoding="utf-8")
    return path
