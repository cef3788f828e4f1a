"""What it takes to be a backbone: a network in stages, of which the first ones can stay frozen."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol

from safetensors.torch import save
from torch import Tensor, nn

from shelflens.types import Preprocessing


@dataclass(frozen=True)
class Backbone:
    """`stages` in a row take pixels (B, 3, size, size) to (B, dimension, h, w), or to (B, dimension) if they pool."""

    name: str  # "lite0"
    stages: nn.Sequential
    dimension: int
    preprocessing: Preprocessing
    licence: str  # SPDX, of the weights
    cut: int  # stages that the recipe `partial` leaves frozen: up to where maps are small enough to be kept
    source: str = ""
    paper: str = ""

    def split(self, stages: int) -> tuple[nn.Sequential, nn.Sequential]:
        """The first `stages` and the rest; together they are the network."""
        return self.stages[:stages], self.stages[stages:]

    @property
    def digest(self) -> str:
        """SHA-256, hex, of the weights and of how the pixels are prepared."""
        weights = save({name: tensor.contiguous() for name, tensor in self.stages.state_dict().items()})
        return hashlib.sha256(weights + repr(self.preprocessing).encode()).hexdigest()


class BackboneMaker(Protocol):
    """What a line of the table "backbones" in `shelflens.plug` names."""

    def __call__(self, reference: str) -> Backbone:
        """`reference` is what follows the colon in `--model NAME:REFERENCE`. Raises ModelError."""
        ...


def pooled(output: Tensor) -> Tensor:
    """(B, dimension, h, w) to its mean (B, dimension); what is pooled already stays as it is."""
    return nn.functional.adaptive_avg_pool2d(output, 1).flatten(1) if output.ndim == 4 else output
