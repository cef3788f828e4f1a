"""What a score threshold buys: fewer answers, but more of them right (a risk-coverage curve)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ThresholdCurve:
    """If only first matches that score at least `thresholds[i]` are shown."""

    thresholds: NDArray[np.float64]  # (T,), ascending, distinct
    accuracy: NDArray[np.float64]  # (T,), share of right ones among the queries that are answered
    answered: NDArray[np.float64]  # (T,), share of all queries that are answered, never 0


def threshold_curve(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> ThresholdCurve:
    """`scores`, (Q,): of each query's first match, higher is nearer, -inf where nothing was found;
    `right`, (Q,): is that match the query's product?"""
    assert scores.shape == right.shape and scores.ndim == 1, (scores.shape, right.shape)
    order = np.argsort(-scores, kind="stable")
    falling, right_so_far = scores[order], np.cumsum(right[order])
    # The last of equal scores stands for them all; no threshold can part them.
    last = np.append(falling[1:] != falling[:-1], True)[: len(falling)] & np.isfinite(falling)
    at = np.flatnonzero(last)[::-1]
    return ThresholdCurve(
        thresholds=falling[at],
        accuracy=right_so_far[at] / (at + 1),
        answered=(at + 1) / max(1, len(scores)),
    )
