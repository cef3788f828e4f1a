"""What a network is taught to make small: a sum of weighted terms, written as in `ce+0.5*supcon`.

A term reads the logits (it teaches to name the class) or the unit vectors (it draws photos of a class together).
Those of vectors come from pytorch-metric-learning.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import torch
from pytorch_metric_learning import losses as metric
from pytorch_metric_learning import miners
from torch import Tensor, nn

from shelflens.errors import ShelflensError
from shelflens.train.settings import Settings

_TERM = re.compile(r"(?:(?P<weight>\d*\.?\d+)\s*\*\s*)?(?P<name>[a-z-]+)")
_FOCUS = 2.0  # gamma of the focal loss, as in its paper
_ANGLE, _SCALE = 17.2, 30  # ArcFace's margin in degrees (0.3 rad: runs are short) and scale


@dataclass(frozen=True, slots=True)
class Shape:
    """What a term may need to know of the problem."""

    classes: int
    dimension: int  # of the vectors
    weights: Tensor | None  # (classes,), mean 1; None: every photo counts the same
    shares: Tensor | None = None  # (classes,) of the training photos; None: the same


class CrossEntropy(nn.Module):
    """Of logits (B, classes) and truth (B, classes) as shares, with label smoothing (Szegedy et al. 2016)."""

    def __init__(self, shape: Shape, smoothing: float) -> None:
        super().__init__()
        self.loss = nn.CrossEntropyLoss(weight=shape.weights, label_smoothing=smoothing)

    def forward(self, logits: Tensor, truth: Tensor) -> Tensor:
        return self.loss(logits, truth)


class LogitAdjusted(nn.Module):
    """Cross-entropy of logits that were raised by the log share of their class, so that what is left for the network to
    learn treats rare and frequent classes alike (Menon et al. 2021)."""

    def __init__(self, shape: Shape, smoothing: float) -> None:
        super().__init__()
        shares = torch.full((shape.classes,), 1 / shape.classes) if shape.shares is None else shape.shares
        self.register_buffer("log_shares", shares.clamp_min(1e-12).log())
        self.loss = CrossEntropy(shape, smoothing)

    def forward(self, logits: Tensor, truth: Tensor) -> Tensor:
        return self.loss(logits + self.log_shares, truth)


class Focal(nn.Module):
    """Cross-entropy in which what is known already counts little: (1 - p)^2 (Lin et al. 2017)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        weights = shape.weights if shape.weights is not None else torch.ones(shape.classes)
        self.register_buffer("weights", weights)

    def forward(self, logits: Tensor, truth: Tensor) -> Tensor:
        log_p = logits.log_softmax(dim=1)
        return -(self.weights * truth * (1 - log_p.exp()) ** _FOCUS * log_p).sum(dim=1).mean()


class OfVectors(nn.Module):
    """A loss of pytorch-metric-learning on unit vectors (B, dimension), with the pairs that its miner finds."""

    def __init__(self, loss: nn.Module, miner: nn.Module | None = None) -> None:
        super().__init__()
        self.loss, self.miner = loss, miner

    def forward(self, vectors: Tensor, labels: Tensor) -> Tensor:
        found = self.miner(vectors, labels) if self.miner is not None else None
        return self.loss(vectors, labels, found)


#: Terms that read logits; without one of them, the classifier is fitted after the vectors have been learnt.
NAMING: dict[str, Callable[[Settings, Shape], nn.Module]] = {
    "ce": lambda settings, shape: CrossEntropy(shape, settings.label_smoothing),
    "adjusted-ce": lambda settings, shape: LogitAdjusted(shape, settings.label_smoothing),
    "focal": lambda _settings, shape: Focal(shape),
}
#: Terms that read unit vectors.
DRAWING: dict[str, Callable[[Shape], nn.Module]] = {
    "supcon": lambda _shape: OfVectors(metric.SupConLoss(temperature=0.1)),
    # The hardest positive and negative of each photo in the batch (Hermans et al. 2017).
    "triplet": lambda _shape: OfVectors(metric.TripletMarginLoss(margin=0.2), miners.BatchHardMiner()),
    # Only pairs on the wrong side of the margins.
    "contrastive": lambda _shape: OfVectors(
        metric.ContrastiveLoss(pos_margin=0.2, neg_margin=0.8), miners.PairMarginMiner(pos_margin=0.2, neg_margin=0.8)
    ),
    "arcface": lambda shape: OfVectors(metric.ArcFaceLoss(**_centres(shape), margin=_ANGLE, scale=_SCALE)),
    "subcenter-arcface": lambda shape: OfVectors(
        metric.SubCenterArcFaceLoss(**_centres(shape), margin=_ANGLE, scale=_SCALE, sub_centers=3)
    ),
    "proxy-anchor": lambda shape: OfVectors(metric.ProxyAnchorLoss(**_centres(shape))),
}


def _centres(shape: Shape) -> dict[str, int]:
    return {"num_classes": shape.classes, "embedding_size": shape.dimension}


class Objective(nn.Module):
    """The weighted sum. Its own parameters (proxies, class centres) are learnt with the network's."""

    def __init__(self, settings: Settings, shape: Shape) -> None:
        super().__init__()
        self.classes = shape.classes
        self.naming, self.drawing = nn.ModuleList(), nn.ModuleList()
        self.naming_weights, self.drawing_weights = [], []
        for weight, name in parse(settings.loss):
            if name in NAMING:
                self.naming.append(NAMING[name](settings, shape))
                self.naming_weights.append(weight)
            else:
                self.drawing.append(DRAWING[name](shape))
                self.drawing_weights.append(weight)

    @property
    def names_classes(self) -> bool:
        return len(self.naming) > 0

    def forward(self, vectors: Tensor, logits: Tensor, labels: Tensor, truth: Tensor | None = None) -> Tensor:
        """`labels` (B,); `truth` (B, classes) are the shares of mixed examples, whose vectors belong to no class, so
        that only the naming terms teach."""
        shares = nn.functional.one_hot(labels, self.classes).float() if truth is None else truth
        total = logits.new_zeros(())
        for weight, term in zip(self.naming_weights, self.naming, strict=True):
            total = total + weight * term(logits, shares)
        if truth is None or not self.names_classes:
            for weight, term in zip(self.drawing_weights, self.drawing, strict=True):
                total = total + weight * term(vectors, labels)
        return total


def parse(loss: str) -> list[tuple[float, str]]:
    """`ce+0.5*supcon` -> [(1.0, "ce"), (0.5, "supcon")]. Raises ShelflensError."""
    terms = []
    known = [*NAMING, *DRAWING]
    for text in loss.split("+"):
        match = _TERM.fullmatch(text.strip())
        if match is None or match["name"] not in known:
            raise ShelflensError(
                f"loss {loss!r}: {text.strip()!r} is not a term; terms are {', '.join(known)}, as in ce+0.5*supcon"
            )
        terms.append((float(match["weight"] or 1), match["name"]))
    return terms


def class_weights(counts: Tensor) -> Tensor:
    """(classes,) inverse to the photos of each class, mean 1 over the photos."""
    inverse = 1 / counts.clamp_min(1)
    return inverse * counts.sum() / (inverse * counts).sum()
