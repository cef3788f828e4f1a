"""Accept, review or reject: thresholds that keep a promise on queries they were not chosen for.

A threshold counts only if the lower confidence bound of its precision reaches the target (Clopper and Pearson 1934),
not merely what was observed. As the best of several thresholds is taken the confidence is a little below its name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shelflens.types import Band


@dataclass(frozen=True, slots=True)
class Bands:
    """`accept` and `reject` are probabilities; None where the examples cannot support the promise."""

    accept: float | None
    reject: float | None
    precision: float = 0.99  # of what is accepted
    rejection: float = 0.95  # share of the rejected that are truly wrong
    confidence: float = 0.9  # that each promise holds

    def of(self, probability: float) -> Band:
        if self.accept is not None and probability >= self.accept:
            return Band.ACCEPT
        if self.reject is not None and probability < self.reject:
            return Band.REJECT
        return Band.REVIEW


def fit_bands(
    probability: NDArray[np.float64],
    right: NDArray[np.bool_],
    *,
    precision: float = 0.99,
    rejection: float = 0.95,
    confidence: float = 0.9,
) -> Bands:
    """`probability`, (Q,): of each query's best candidate, from a model that was not fitted on that query;
    `right`, (Q,): was it the right one?"""
    assert 0 < precision < 1 and 0 < rejection < 1 and 0 < confidence < 1, (precision, rejection, confidence)
    accept = _lowest(probability, right, precision, confidence)
    mirrored = _lowest(-probability, ~right, rejection, confidence)
    reject = None if mirrored is None else float(np.nextafter(-mirrored, 1.0))
    if accept is not None and reject is not None:
        reject = min(reject, accept)
    return Bands(accept, reject, precision, rejection, confidence)


def fewest_examples(target: float, *, confidence: float = 0.9) -> int:
    """How many examples without one mistake it takes to promise `target`: 230 for 99 % at a confidence of 90 %."""
    return math.ceil(math.log(1 - confidence) / math.log(target))


def lower_bound(successes: int, trials: int, *, confidence: float = 0.9) -> float:
    """Clopper and Pearson's one-sided bound: the share at which `successes` or more would come up with probability
    1 - confidence. 0 without a success."""
    assert 0 <= successes <= trials
    if not successes:
        return 0.0
    low, high = 0.0, 1.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (low, middle) if _tail(successes, trials, middle) > 1 - confidence else (middle, high)
    return low


def _lowest(score: NDArray[np.float64], good: NDArray[np.bool_], target: float, confidence: float) -> float | None:
    """The lowest threshold whose bound holds, or None; no threshold parts equal scores."""
    order = np.argsort(-score, kind="stable")
    falling, so_far = score[order], np.cumsum(good[order])
    ends = np.flatnonzero(np.append(falling[1:] != falling[:-1], True)) if len(falling) else np.zeros(0, dtype=int)
    fewest = fewest_examples(target, confidence=confidence)
    for at in ends[::-1].tolist():
        if at + 1 < fewest:
            return None
        # Cheap first: the bound is never above the observed share.
        if so_far[at] >= target * (at + 1) and lower_bound(int(so_far[at]), at + 1, confidence=confidence) >= target:
            return float(falling[at])
    return None


def _tail(successes: int, trials: int, share: float) -> float:
    """P(at least `successes` of `trials`) for 0 < share < 1."""
    k = np.arange(successes, trials + 1)
    choose = math.lgamma(trials + 1) - _log_factorial(k) - _log_factorial(trials - k)
    return float(np.exp(choose + k * math.log(share) + (trials - k) * math.log1p(-share)).sum())


def _log_factorial(n: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.array([math.lgamma(value + 1) for value in n.tolist()])
