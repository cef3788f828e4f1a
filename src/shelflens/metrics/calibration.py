"""Do probabilities come true? Reliability, its one-number summaries, and how well known and unknown are told apart.

Inputs are of Q answers: `probability`, (Q,), 0..1, and `right`, (Q,), whether the answer was.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shelflens.metrics.threshold import threshold_curve

Probabilities = NDArray[np.float64]
Truths = NDArray[np.bool_]

BINS = 15  # as Guo et al. 2017


@dataclass(frozen=True, slots=True)
class ReliabilityBins:
    """What was promised and what came true, in B bins of probability; NaN in a bin without answers."""

    edges: NDArray[np.float64]  # (B + 1,), ascending
    counts: NDArray[np.int64]  # (B,)
    promised: NDArray[np.float64]  # (B,), mean probability
    observed: NDArray[np.float64]  # (B,), share of right answers
    low: NDArray[np.float64]  # (B,), ends of the 95 % interval of `observed` (Wilson 1927)
    high: NDArray[np.float64]  # (B,)


def even_edges(bins: int = BINS) -> NDArray[np.float64]:
    return np.linspace(0.0, 1.0, bins + 1)


def mass_edges(probability: Probabilities, bins: int = BINS) -> NDArray[np.float64]:
    """Edges between about equally many answers, fewer where many probabilities are equal."""
    inner = np.quantile(probability, np.arange(1, bins) / bins) if len(probability) else np.zeros(0)
    return np.unique(np.concatenate([[0.0], inner, [1.0]]))


def reliability(
    probability: Probabilities, right: Truths, *, edges: NDArray[np.float64] | None = None
) -> ReliabilityBins:
    """A probability on an edge is in the bin above it; 1 is in the last."""
    _check(probability, right)
    edges = even_edges() if edges is None else edges
    bins = len(edges) - 1
    place = np.clip(np.searchsorted(edges, probability, side="right") - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    promised, observed = np.full(bins, math.nan), np.full(bins, math.nan)
    np.divide(np.bincount(place, probability, minlength=bins), counts, out=promised, where=counts > 0)
    np.divide(np.bincount(place, right, minlength=bins), counts, out=observed, where=counts > 0)
    low, high = _wilson(observed, counts)
    return ReliabilityBins(edges, counts, promised, observed, low, high)


def expected_calibration_error(
    probability: Probabilities, right: Truths, *, edges: NDArray[np.float64] | None = None
) -> float:
    """Mean gap between promised and observed, weighted by the bins' answers (Naeini, Cooper and Hauskrecht 2015;
    15 even bins as Guo et al. 2017). 0 is perfect, but only endless data would show it: see `chance_error`."""
    bins = reliability(probability, right, edges=edges)
    gaps = np.abs(bins.promised - bins.observed)[bins.counts > 0]
    return float((gaps * bins.counts[bins.counts > 0]).sum() / max(1, len(probability)))


def chance_error(
    probability: Probabilities, *, edges: NDArray[np.float64] | None = None, draws: int = 200, seed: int = 0
) -> float:
    """The expected calibration error that these very probabilities would show on average if each were exactly true:
    what a small sample cannot go below (Bröcker and Smith 2007, consistency resampling)."""
    random = np.random.default_rng(seed)
    found = [
        expected_calibration_error(probability, random.random(len(probability)) < probability, edges=edges)
        for _ in range(draws)
    ]
    return float(np.mean(found))


def brier_score(probability: Probabilities, right: Truths) -> float:
    """Mean squared gap between probability and outcome, 0..1, lower is better (Brier 1950)."""
    _check(probability, right)
    return float(np.mean((probability - right) ** 2))


def auroc(positive: Probabilities, negative: Probabilities) -> float:
    """P(a positive scores above a negative), equal scores counting half: the area under the ROC curve, by ranks
    (Mann and Whitney 1947). Both need at least one score."""
    assert len(positive) and len(negative), (len(positive), len(negative))
    ordered = np.sort(negative)
    below, upto = np.searchsorted(ordered, positive, side="left"), np.searchsorted(ordered, positive, side="right")
    return float((below + upto).sum() / (2 * len(positive) * len(negative)))


@dataclass(frozen=True, slots=True)
class PrecisionRecall:
    """If only answers of at least `thresholds[i]` are given."""

    thresholds: NDArray[np.float64]  # (T,), ascending, distinct
    precision: NDArray[np.float64]  # (T,), share of right ones among the given
    recall: NDArray[np.float64]  # (T,), share of the right ones that are given; 0 where none is right


def precision_recall(probability: Probabilities, right: Truths) -> PrecisionRecall:
    curve = threshold_curve(probability, right)
    found = np.rint(curve.accuracy * curve.answered * len(right))  # a count again, without the divisions' dust
    return PrecisionRecall(curve.thresholds, curve.accuracy, found / max(1, int(right.sum())))


def coverage_at(probability: Probabilities, right: Truths, *, precision: float) -> float:
    """Largest share of all Q that can be answered, most probable first, while at least `precision` of the answers are
    right; 0 where no threshold does that."""
    curve = threshold_curve(probability, right)
    good = curve.accuracy >= precision
    return float(curve.answered[good].max(initial=0.0))


def _wilson(share: NDArray[np.float64], counts: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    z = 1.959964  # 95 %, two-sided
    n = np.where(counts > 0, counts, 1)
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def _check(probability: Probabilities, right: Truths) -> None:
    assert probability.shape == right.shape and probability.ndim == 1, (probability.shape, right.shape)
    assert np.isfinite(probability).all() and ((probability >= 0) & (probability <= 1)).all(), "probabilities are 0..1"
