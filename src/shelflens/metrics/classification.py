"""Measures of answers that name a class: how often right, for each class and over all.

Inputs are of Q photos and C classes: `truth` and `predicted`, (Q,), places of classes, 0 and up; `probabilities`,
(Q, C), rows that sum to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shelflens.metrics.products import PerQuery

Places: TypeAlias = NDArray[np.int64]  # (Q,)
PerClass: TypeAlias = NDArray[np.float64]  # (..., C)


@dataclass(frozen=True, slots=True, eq=False)
class ClassCounts:
    """Photos counted per class; with axes in front of the classes' for as many resamples."""

    support: PerClass  # of the class
    predicted: PerClass  # said to be of the class
    right: PerClass  # both

    @property
    def precision(self) -> PerClass:
        """Share of right ones among those said to be of the class; 0 where none is."""
        return _share(self.right, self.predicted)

    @property
    def recall(self) -> PerClass:
        """Share of the class's photos that are said to be of it; 0 where it has none."""
        return _share(self.right, self.support)

    @property
    def f1(self) -> PerClass:
        """Harmonic mean of both; 0 where the class neither has a photo nor is said of one."""
        return _share(2 * self.right, self.support + self.predicted)

    def macro(self, values: PerClass) -> NDArray[np.float64]:
        """(...): the mean over the classes that have a photo, each counting the same."""
        there = self.support > 0
        return _share(np.where(there, values, 0.0).sum(axis=-1), there.sum(axis=-1))

    def weighted(self, values: PerClass) -> NDArray[np.float64]:
        """(...): the mean over the classes, each counting by its photos."""
        return _share((values * self.support).sum(axis=-1), self.support.sum(axis=-1))


def class_counts(
    truth: Places, predicted: Places, *, classes: int, times: NDArray[np.float64] | None = None
) -> ClassCounts:
    """`times`, (R, Q): how often each photo counts, for R resamples; once each without it."""
    weights = np.ones(len(truth)) if times is None else times
    return ClassCounts(
        support=_sums(weights, truth, classes),
        predicted=_sums(weights, predicted, classes),
        right=_sums(weights * (truth == predicted), truth, classes),
    )


def confusion(truth: Places, predicted: Places, *, classes: int) -> NDArray[np.int64]:
    """(C, C): photos of the row's class that are said to be of the column's."""
    cells = np.bincount(truth * classes + predicted, minlength=classes * classes)
    return cells.reshape(classes, classes)


def among_first(probabilities: NDArray[np.float64], truth: Places, k: int) -> PerQuery:
    """1 where the true class is among the k most probable: accuracy for k = 1. Of equal ones the first is taken."""
    own = probabilities[np.arange(len(truth)), truth][:, None]
    before = np.arange(probabilities.shape[1]) < truth[:, None]
    ahead = ((probabilities > own) | ((probabilities == own) & before)).sum(axis=1)
    return np.asarray(ahead < k, dtype=np.float64)


def brier_of_classes(probabilities: NDArray[np.float64], truth: Places) -> PerQuery:
    """Squared gap between the probabilities and the truth, summed over the classes: 0..2 (Brier 1950)."""
    own = probabilities[np.arange(len(truth)), truth]
    gaps: PerQuery = (probabilities**2).sum(axis=1) - 2 * own + 1
    return gaps


def log_loss(probabilities: NDArray[np.float64], truth: Places) -> PerQuery:
    """-ln of the true class's probability, at most 36: as if none were below 2**-52."""
    own = probabilities[np.arange(len(truth)), truth]
    losses: PerQuery = -np.log(np.maximum(own, np.finfo(np.float64).eps))
    return losses


def _sums(weights: NDArray[np.float64], places: Places, classes: int) -> PerClass:
    """(..., Q) -> (..., C): the weights of each class's photos."""
    sums = np.zeros((*weights.shape[:-1], classes))
    if len(places):
        order = np.argsort(places, kind="stable")
        there, starts = np.unique(places[order], return_index=True)
        sums[..., there] = np.add.reduceat(weights[..., order], starts, axis=-1)
    return sums


def _share(part: NDArray[np.float64], of: NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.float64]:
    shares = np.zeros(np.broadcast_shapes(part.shape, of.shape))
    np.divide(part, of, out=shares, where=of > 0)
    return shares
