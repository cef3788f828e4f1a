"""TensorFlow SavedModels, by tf2onnx. The only file that imports TensorFlow, which is an extra of its own."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from shelflens.errors import ModelError
from shelflens.train.importing.base import Answer, Foreign, Layout, Pixels, side_of

_SIGNATURE = "serving_default"
_OPSET = 17


def read_saved_model(path: Path, size: int | None) -> Foreign:
    """Its signature `serving_default`: one picture in, one tensor out."""
    for needed in ("tensorflow", "tf2onnx"):
        if find_spec(needed) is None:
            raise ModelError(
                f"{path}: a SavedModel needs {needed}; run: pip install 'shelflens[tensorflow]' (half a gigabyte), "
                "import it there, and take the model folder here: serving it needs neither"
            )
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf
    import tf2onnx

    try:
        loaded = tf.saved_model.load(str(path))
    except (OSError, ValueError, tf.errors.OpError) as error:
        raise ModelError(f"{path}: tensorflow {tf.__version__} cannot load it: {error}") from None
    if _SIGNATURE not in loaded.signatures:
        there = ", ".join(loaded.signatures) or "none"
        raise ModelError(f"{path}: has no signature {_SIGNATURE!r} (there is {there}); save the network with one")
    function = loaded.signatures[_SIGNATURE]
    _, inputs = function.structured_input_signature
    if len(inputs) != 1 or len(function.structured_outputs) != 1:
        raise ModelError(
            f"{path}: takes {', '.join(inputs)} and gives {', '.join(function.structured_outputs)}; a network of one "
            "picture with one answer is needed"
        )
    ((name, spec),) = inputs.items()
    layout, side = _shape(path, spec, size)
    ((output, _),) = function.structured_outputs.items()

    def run(pixels: Pixels) -> Answer:
        answer: Answer = np.asarray(function(**{name: tf.constant(pixels)})[output], np.float32)
        return answer

    shape = (1, 3, side, side) if layout == "NCHW" else (1, side, side, 3)
    fixed = tf.function(lambda pixels: function(**{name: pixels})[output])
    signature = (tf.TensorSpec(shape, tf.float32, name="pixels"),)
    model, _ = tf2onnx.convert.from_function(fixed, input_signature=signature, opset=_OPSET)
    return Foreign(model, layout, run, f"tensorflow {tf.__version__}")


def _shape(path: Path, spec: object, size: int | None) -> tuple[Layout, int]:
    shape = list(getattr(spec, "shape", ()))
    kind = getattr(getattr(spec, "dtype", None), "name", "")
    if len(shape) != 4 or kind != "float32" or 3 not in (shape[1], shape[3]):
        raise ModelError(f"{path}: takes {kind} {shape}; a network of pictures takes float32 (B, size, size, 3)")
    layout: Layout = "NHWC" if shape[3] == 3 else "NCHW"
    height, width = shape[1:3] if layout == "NHWC" else shape[2:]
    return layout, side_of(path, height, width, size)
