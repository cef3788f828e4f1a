"""Keras files, by Keras 3 on its torch backend: TensorFlow is not needed."""

from __future__ import annotations

import os
import tempfile
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from shelflens.errors import ModelError
from shelflens.train.importing.base import Answer, Foreign, Layout, Pixels, side_of
from shelflens.train.quiet import QuietExporter


def keras_on_torch() -> Any:
    """The module. Raises ModelError when it is not installed, or was imported with another backend before."""
    if find_spec("keras") is None:
        raise ModelError("Keras networks need keras; run: pip install 'shelflens[import]'")
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    if (backend := keras.backend.backend()) != "torch":
        raise ModelError(f"keras runs on {backend} here; set the environment's KERAS_BACKEND=torch and start anew")
    return keras


def read_keras(path: Path, size: int | None) -> Foreign:
    """Layers that bring Python code of their own (Lambda, custom classes) are refused by Keras."""
    keras = keras_on_torch()
    model = load_keras(path)
    if len(model.inputs) != 1 or len(model.inputs[0].shape) != 4:
        shapes = [tuple(tensor.shape) for tensor in model.inputs]
        raise ModelError(f"{path}: takes {shapes}; a network of pictures takes one tensor (B, size, size, 3)")
    shape = tuple(model.inputs[0].shape)
    layout: Layout = "NCHW" if shape[1] == 3 and shape[3] != 3 else "NHWC"
    height, width = shape[2:] if layout == "NCHW" else shape[1:3]
    side = side_of(path, height, width, size)
    example = np.zeros((1, 3, side, side) if layout == "NCHW" else (1, side, side, 3), np.float32)

    def run(pixels: Pixels) -> Answer:
        answer: Answer = keras.ops.convert_to_numpy(model(pixels, training=False))
        return answer

    run(example)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), QuietExporter():
        warnings.simplefilter("ignore")
        file = Path(folder) / "model.onnx"
        signature = [keras.InputSpec(shape=example.shape, dtype="float32")]
        model.export(str(file), format="onnx", verbose=False, input_signature=signature)
        return Foreign(onnx.load(file), layout, run, f"keras {keras.__version__}")


def load_keras(path: Path) -> Any:
    """A whole network. Raises ModelError."""
    keras = keras_on_torch()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, TypeError, OSError, KeyError, AttributeError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"{path}: keras {keras.__version__} cannot load it ({first}). A file of weights alone, a Lambda layer or a "
            "class of your own needs the code that made it: build the network there, without these, and save it whole"
        ) from None
