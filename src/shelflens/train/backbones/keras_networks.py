"""VGG, ResNet, Inception, DenseNet, Xception and others of `keras.applications`, and Keras files, as torch modules.

Keras 3 on its torch backend makes networks of torch parameters, so that every recipe can train them. Batch
normalisation and dropout stay as they serve.
"""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from shelflens.errors import ModelError
from shelflens.train.backbones.base import Backbone
from shelflens.train.backbones.options import size_option, split_options
from shelflens.train.importing.keras_files import keras_on_torch, load_keras
from shelflens.train.importing.preparing import PREPARATIONS, Preparation
from shelflens.types import Preprocessing

_OPTIONS = ("weights", "size", "pixels")
_SMALL = 16  # times smaller than the picture: maps of this size are small enough to be kept

#: Beginning of a network's name -> its preparation; the longest that fits decides.
_PIXELS = {
    "VGG": "keras-caffe",
    "ResNet": "keras-caffe",
    "ResNet50V2": "tf",
    "ResNet101V2": "tf",
    "ResNet152V2": "tf",
    "Inception": "tf",
    "Xception": "tf",
    "MobileNet": "tf",
    "MobileNetV3": "0-255",
    "NASNet": "tf",
    "DenseNet": "torch",
    "EfficientNet": "0-255",
    "ConvNeXt": "0-255",
}
_SIZES = {"Inception": 299, "Xception": 299, "NASNetLarge": 331}  # else 224, which all can take


def keras_network(reference: str) -> Backbone:
    """`keras:VGG16`, `keras:VGG16:weights=PATH`, `keras:VGG16:weights=random`, `:size=160`; or a file of your own,
    `keras:net.keras:pixels=tf`, up to its last map."""
    name, options = split_options("keras", reference, known=_OPTIONS)
    keras = keras_on_torch()
    if Path(name).is_file():
        model, size, licence, source = _from_file(keras, name, options, reference)
        if (pixels := options.get("pixels", "")) not in PREPARATIONS:
            raise ModelError(f"keras:{reference}: say how it wants its pixels, :pixels= {', '.join(PREPARATIONS)}")
        preparation = PREPARATIONS[pixels]
    else:
        makers = {one for one in dir(keras.applications) if one[0].isupper()}
        if name not in makers:
            raise ModelError(f"no Keras network or file called {name!r}; networks are {', '.join(sorted(makers))}")
        if "pixels" in options:
            raise ModelError(f"keras:{reference}: pixels= is for files; how {name} wants them is known")
        size = size_option("keras", reference, options, _longest(_SIZES, name, 224))
        model = _application(keras, name, size, options.get("weights", "imagenet"))
        preparation = preparation_of(name)
        licence, source = "Apache-2.0", f"keras.applications.{name}, weights {options.get('weights', 'imagenet')}"
    stages, cut = _stages(keras, model, preparation, size)
    return Backbone(
        name=f"keras:{reference}",
        stages=stages,
        dimension=int(_map(model).shape[-1]),
        preprocessing=Preprocessing(
            size=size, fit="squash", resample="bilinear", mean=preparation.mean, std=preparation.std
        ),
        licence=licence,
        cut=cut,
        source=source,
    )


def preparation_of(name: str) -> Preparation:
    """How a network of `keras.applications` wants its pixels."""
    return PREPARATIONS[_longest(_PIXELS, name, "tf")]


def _longest(table: dict[str, Any], name: str, default: Any) -> Any:
    fitting = [start for start in table if name.startswith(start)]
    return table[max(fitting, key=len)] if fitting else default


def _application(keras: Any, name: str, size: int, weights: str) -> Any:
    """Without its classifier. Keras's own random numbers are seeded from torch's, which a run has seeded."""
    keras.utils.set_random_seed(int(torch.initial_seed() % 2**31))
    make = getattr(keras.applications, name)
    given = None if weights == "random" else weights
    if given not in (None, "imagenet") and not Path(given).is_file():
        raise ModelError(f"keras:{name}: weights must be imagenet, random, or a file, not {weights!r}")
    try:
        return make(weights=given, include_top=False, input_shape=(size, size, 3))
    except ValueError as error:
        raise ModelError(f"keras:{name}: {_first_line(error)}") from None
    except Exception as error:  # noqa: BLE001  # keras.utils.get_file raises nothing narrower for a failed download
        home = Path(os.environ.get("KERAS_HOME", "~/.keras")) / "models"
        raise ModelError(
            f"keras:{name}: its ImageNet weights are not in {home} and cannot be downloaded ({_first_line(error)}); "
            "copy them there from a machine with network, give weights=PATH, or start with weights=random"
        ) from None


def _from_file(keras: Any, name: str, options: dict[str, str], reference: str) -> tuple[Any, int, str, str]:
    if options.keys() & {"weights", "size"}:
        raise ModelError(f"keras:{reference}: a file has its weights and its size already; only pixels= may follow")
    model = load_keras(Path(name))
    shape = tuple(model.inputs[0].shape)
    if len(model.inputs) != 1 or len(shape) != 4 or shape[1] is None or shape[1] != shape[2] or shape[3] != 3:
        raise ModelError(f"{name}: takes {shape}; a backbone takes square pictures (B, size, size, 3) of a fixed size")
    model = keras.Model(model.inputs, model.outputs)  # a Sequential does not show its tensors
    return model, int(shape[1]), "unknown", f"the Keras file {Path(name).name}"


def _map(model: Any) -> Any:
    """The last tensor that is a map (B, h, w, channels). Raises ModelError."""
    for operation in reversed(model.operations):
        output = operation.output
        if not isinstance(output, list) and len(output.shape) == 4 and output.shape[1]:
            return output
    raise ModelError(f"{model.name}: has no map (B, h, w, channels) that could be pooled")


def _stages(keras: Any, model: Any, preparation: Preparation, size: int) -> tuple[nn.Sequential, int]:
    """Cut wherever a single tensor joins what is before with what is behind; and how many stages come before maps are
    small for the last time but one."""
    last = _map(model)
    tensors = [model.inputs[0], *_joints(model, last)]
    parts = [keras.Model(before, after) for before, after in pairwise(tensors)]
    stages = [_Stage(part, bgr=preparation.bgr and number == 0) for number, part in enumerate(parts)]
    fitting = [number for number, tensor in enumerate(tensors) if tensor.shape[1] and tensor.shape[1] * _SMALL >= size]
    return nn.Sequential(*stages).eval(), max(fitting[-1], 1)


def _joints(model: Any, last: Any) -> list[Any]:
    """Maps through which everything passes, ending with `last`; one for each resolution, the last of it."""
    operations = [one for one in model.operations if one is not model.operations[0]]
    place = {id(model.inputs[0]): 0}
    for number, operation in enumerate(operations, start=1):
        for output in keras_list(operation.output):
            place[id(output)] = number
    reach = 0  # how far behind the tensors met so far are still needed
    needed: dict[int, int] = {}
    for number, operation in enumerate(operations, start=1):
        for taken in keras_list(operation.input):
            needed[place.get(id(taken), 0)] = max(number, needed.get(place.get(id(taken), 0), 0))
    joints: list[Any] = []
    for number, operation in enumerate(operations, start=1):
        reach = max(reach, needed.get(number - 1, 0))
        output = operation.output
        if reach > number or isinstance(output, list) or len(output.shape) != 4:
            continue
        if joints and joints[-1].shape[1] == output.shape[1]:
            joints.pop()
        joints.append(output)
        if output is last:
            return joints
    return [*joints, last]


def keras_list(tensors: Any) -> list[Any]:
    """Keras gives a lone tensor where there is one only."""
    return list(tensors) if isinstance(tensors, list | tuple) else [tensors]


class _Stage(nn.Module):
    """A part of a Keras network that takes and gives (B, channels, h, w)."""

    def __init__(self, network: Any, *, bgr: bool) -> None:
        super().__init__()
        self.network, self.bgr = network, bgr

    def forward(self, pixels: Tensor) -> Tensor:
        pixels = pixels.flip(1) if self.bgr else pixels
        found: Tensor = self.network(pixels.permute(0, 2, 3, 1), training=False)
        return found.permute(0, 3, 1, 2)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
