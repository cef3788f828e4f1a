"""The network of the classical tutorials, as a baseline: five convolutions, two dense layers, nothing pretrained.

The second dense layer is the classifier, which every recipe adds.
"""

from __future__ import annotations

from torch import nn

from shelflens.errors import ModelError
from shelflens.train.backbones.base import Backbone
from shelflens.types import Preprocessing

_CHANNELS = (32, 64, 128, 128, 128)
_DENSE = 512


def tutorial(reference: str) -> Backbone:
    """Random weights from torch's generator, so seed it first. `tutorial:64` takes 64 pixels instead of 224."""
    if reference and not (reference.isdecimal() and 32 <= int(reference) <= 512):
        raise ModelError(f"tutorial:{reference}: what follows the colon is a size from 32 to 512 pixels")
    size = int(reference or 224)
    stages: list[nn.Module] = [
        nn.Sequential(nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        for before, after in zip((3, *_CHANNELS), _CHANNELS, strict=False)
    ]
    cells = (size // 2 ** len(_CHANNELS)) ** 2
    stages.append(nn.Sequential(nn.Flatten(), nn.Linear(_CHANNELS[-1] * cells, _DENSE), nn.ReLU()))
    return Backbone(
        name=f"tutorial:{reference}" if reference else "tutorial",
        stages=nn.Sequential(*stages),
        dimension=_DENSE,
        preprocessing=Preprocessing(size=size, fit="squash", mean=(127.5,) * 3, std=(127.5,) * 3),
        licence="Apache-2.0",
        cut=3,
        source="random weights",
    )
