"""How a network wants its pixels. No file says it, and a wrong one costs quality without any error: so it is asked.

The names are those of `keras.applications.imagenet_utils.preprocess_input`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from shelflens.errors import ModelError
from shelflens.types import Preprocessing

Triple = tuple[float, float, float]  # RGB


@dataclass(frozen=True, slots=True)
class Preparation:
    """The tensor is (pixel - mean) / std of RGB in 0..255; a network that wants BGR turns it round in its graph."""

    mean: Triple
    std: Triple
    bgr: bool = False
    of: str = ""  # networks that are known to want it, for people


PREPARATIONS: Final = {
    "keras-caffe": Preparation(
        (123.68, 116.779, 103.939), (1, 1, 1), bgr=True, of="VGG16, VGG19, ResNet50/101/152 of Keras"
    ),
    "tf": Preparation(
        (127.5, 127.5, 127.5), (127.5, 127.5, 127.5), of="Inception, Xception, MobileNet, NASNet, ResNetV2 of Keras"
    ),
    "torch": Preparation(
        (123.675, 116.28, 103.53), (58.395, 57.12, 57.375), of="DenseNet of Keras, all of torchvision, most of timm"
    ),
    "0-1": Preparation((0, 0, 0), (255, 255, 255), of="networks trained on pixels divided by 255"),
    "0-255": Preparation((0, 0, 0), (1, 1, 1), of="EfficientNet, ConvNeXt of Keras: they scale by themselves"),
}


def preparation(name: str | None, mean: Triple | None, std: Triple | None, *, bgr: bool) -> Preparation:
    """By name, or by its numbers. Raises ModelError when neither is given, or both."""
    if name is not None and (mean or std or bgr):
        raise ModelError("--preprocessing says it all; leave out --mean, --std and --bgr, or leave out the name")
    if name is not None:
        if name not in PREPARATIONS:
            raise ModelError(f"no preprocessing called {name!r}; there is {', '.join(PREPARATIONS)}")
        return PREPARATIONS[name]
    if mean is None or std is None:
        known = "; ".join(f"{known} ({its.of})" for known, its in PREPARATIONS.items())
        raise ModelError(
            "how does the network want its pixels? The file does not say, and a wrong guess would go unnoticed. Give "
            f"--preprocessing NAME: {known}. Or --mean R,G,B --std R,G,B, of pixels in 0..255"
        )
    return Preparation(mean, std, bgr)


def preprocessing(its: Preparation, *, size: int, fit: Preprocessing) -> Preprocessing:
    """As the manifest keeps it; `fit` says how pictures become squares."""
    return replace(fit, size=size, mean=its.mean, std=its.std)
