"""Several backbones side by side, each of whose pooled unit vectors becomes a part of the features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from shelflens.errors import ModelError
from shelflens.train.backbones.base import Backbone, pooled
from shelflens.train.backbones.loading import load_backbone


class Resize(nn.Module):
    """Pixels of one size to those of another, inside the network, so that training and serving see the same."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, pixels: Tensor) -> Tensor:
        return nn.functional.interpolate(pixels, size=(self.size, self.size), mode="bilinear", align_corners=False)


class _SideBySide(nn.Module):
    def __init__(self, networks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, pixels: Tensor) -> Tensor:
        return torch.cat([nn.functional.normalize(pooled(network(pixels))) for network in self.networks], dim=1)


def joined(reference: str) -> Backbone:
    """`joined:lite0,lite2`, which `joined` alone means too."""
    names = [name.strip() for name in (reference or "lite0,lite2").split(",") if name.strip()]
    if len(names) < 2:
        raise ModelError(f"joined:{reference} needs two or more backbones, as in joined:lite0,lite2")
    parts = alike([load_backbone(name) for name in names])
    return replace(
        parts[0],
        name=f"joined:{','.join(names)}",
        stages=nn.Sequential(_SideBySide([part.stages for part in parts])).eval(),
        dimension=sum(part.dimension for part in parts),
        licence=" AND ".join(sorted({part.licence for part in parts})),
        cut=1,
        source="; ".join(part.source for part in parts),
    )


def alike(backbones: Sequence[Backbone]) -> list[Backbone]:
    """The same networks, all fed the pixels of the largest; smaller ones begin by resizing them."""
    largest = max((backbone.preprocessing for backbone in backbones), key=lambda preprocessing: preprocessing.size)
    same = []
    for backbone in backbones:
        own = backbone.preprocessing
        if replace(own, size=largest.size) != largest:
            raise ModelError(
                f"{backbone.name} cannot be joined: it prepares its pictures otherwise than the others do; "
                "backbones of one family can be"
            )
        if own.size == largest.size:
            same.append(backbone)
            continue
        stages = nn.Sequential(Resize(own.size), *backbone.stages).eval()
        same.append(replace(backbone, stages=stages, preprocessing=largest, cut=backbone.cut + 1))
    return same
