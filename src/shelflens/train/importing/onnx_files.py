"""ONNX files from anywhere: nothing is converted, but pixels, vector and classes are put where they are served."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx

from shelflens.errors import ModelError
from shelflens.network.session import open_session
from shelflens.train.importing.base import Answer, Foreign, Layout, Pixels, side_of


def read_onnx(path: Path, size: int | None) -> Foreign:
    """One picture in, one tensor out."""
    session = open_session(path, threads=1)
    model = onnx.load(path)
    if len(session.get_inputs()) != 1 or len(session.get_outputs()) != 1:
        names = [tensor.name for tensor in (*session.get_inputs(), *session.get_outputs())]
        raise ModelError(f"{path}: has the tensors {', '.join(names)}; one picture in and one answer out is needed")
    (taken,) = session.get_inputs()
    shape = [side if isinstance(side, int) else None for side in taken.shape]
    if len(shape) != 4 or 3 not in (shape[1], shape[3]):
        raise ModelError(f"{path}: takes {taken.shape}; a network of pictures takes (B, 3, size, size)")
    layout: Layout = "NCHW" if shape[1] == 3 else "NHWC"
    height, width = shape[2:] if layout == "NCHW" else shape[1:3]
    side = side_of(path, height, width, size)
    for axis, dim in enumerate(model.graph.input[0].type.tensor_type.shape.dim):
        dim.dim_value = (1, 3, side, side)[axis] if layout == "NCHW" else (1, side, side, 3)[axis]

    def run(pixels: Pixels) -> Answer:
        answer: Answer = np.asarray(session.run(None, {taken.name: pixels})[0])
        return answer

    return Foreign(model, layout, run, "onnxruntime")
