"""What is trained: upper stages of a backbone with a head, which gives a unit vector and the logits of the classes."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from shelflens.train.backbones.base import pooled

SHARPNESS: Final = 40.0  # of a cosine, in the exponent of a neighbour's say


class Output(NamedTuple):
    vectors: Tensor  # (B, dimension), unit rows
    logits: Tensor  # (B, classes)
    maps: Tensor | None  # (B, channels, h, w), what was pooled


class Head(nn.Module):
    """Features (B, features) to a vector by a linear map, and to logits by another."""

    def __init__(
        self, features: int, classes: int, *, embedding: int, dropout: float, classifies_vectors: bool = False
    ) -> None:
        """`embedding` 0: the features themselves are the vector. `classifies_vectors`: the classifier reads the unit
        vector rather than the features."""
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("std", torch.ones(features))
        self.projection = nn.Linear(features, embedding) if embedding else nn.Identity()
        self.dimension = embedding or features
        self.classifies_vectors = classifies_vectors
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(self.dimension if classifies_vectors else features, classes)

    def standardise(self, features: Tensor) -> None:
        """From now on, features are brought to the mean 0 and the deviation 1 that these (N, features) have."""
        self.mean.copy_(features.mean(dim=0))
        # The floor keeps components that hardly vary from becoming all noise.
        deviation = features.std(dim=0)
        self.std.copy_(deviation.clamp_min(0.1 * float(deviation.mean())).clamp_min(1e-6))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        features = (features - self.mean) / self.std
        vectors = unit(self.projection(features))
        logits = self.classifier(vectors if self.classifies_vectors else self.dropout(features))
        return vectors, logits


class Learner(nn.Module):
    """`upper` takes what the frozen stages put out; the head takes its mean over the picture."""

    def __init__(self, upper: nn.Module, head: Head) -> None:
        super().__init__()
        self.upper, self.head = upper, head

    def forward(self, inputs: Tensor) -> Output:
        maps = self.upper(inputs)
        vectors, logits = self.head(pooled(maps))
        return Output(vectors, logits, maps if maps.ndim == 4 else None)


class Neighbours(nn.Module):
    """The photos that were learnt from have a say, too, each by how near it lies (a cache model: Zhang et al.,
    "Tip-Adapter", ECCV 2022, doi:10.1007/978-3-031-19833-5_29)."""

    def __init__(self, vectors: Tensor, labels: Tensor, *, classes: int, share: float) -> None:
        """(N, dimension) unit rows and (N,) their classes; `share` of the probabilities is theirs."""
        super().__init__()
        self.register_buffer("keys", vectors.T.contiguous())
        self.register_buffer("values", nn.functional.one_hot(labels, classes).float())
        self.share = share

    def forward(self, vectors: Tensor, logits: Tensor) -> Tensor:
        """(B, dimension) unit rows and (B, classes) to (B, classes), logarithms of probabilities."""
        said = (SHARPNESS * (vectors @ self.keys)).softmax(dim=1) @ self.values
        return ((1 - self.share) * logits.softmax(dim=1) + self.share * said).clamp_min(1e-12).log()


class Served(nn.Module):
    """The whole network from pixels: frozen stages, what was learnt, and beside it the frozen rest.

    The exported vector is the learnt and the frozen one side by side, so that its cosine is
    (1 - blend) * learnt cosine + blend * frozen cosine: products that were not in training keep what they had.
    """

    def __init__(
        self,
        lower: nn.Module,
        learner: Learner,
        frozen: nn.Module,
        *,
        blend: float,
        neighbours: Neighbours | None = None,
    ) -> None:
        super().__init__()
        self.lower, self.learner = lower, learner
        self.frozen = frozen if blend > 0 else None
        self.blend = blend
        self.neighbours = neighbours

    def forward(self, pixels: Tensor) -> Output:
        below = self.lower(pixels)
        vectors, logits, maps = self.learner(below)
        if self.neighbours is not None:
            logits = self.neighbours(vectors, logits)
        if self.frozen is not None:
            frozen = unit(pooled(self.frozen(below)))
            vectors = torch.cat([math.sqrt(1 - self.blend) * vectors, math.sqrt(self.blend) * frozen], dim=1)
        return Output(vectors, logits, maps)


def unit(vectors: Tensor) -> Tensor:
    """Rows scaled to length 1."""
    return vectors / vectors.norm(dim=1, keepdim=True).clamp_min(1e-12)


def freeze_statistics(module: nn.Module) -> None:
    """Batch normalisation goes on with the statistics it has; to be called after every `.train()`.

    Those of ImageNet's million photos are better than those of small batches, and cached features need no others.
    """
    for part in module.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            part.eval()
