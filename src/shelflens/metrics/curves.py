"""How well a score tells one class from the rest: ROC and precision-recall curves and the areas under them.

Inputs are of Q photos: `scores`, (Q,), higher speaks for the class; `positive`, (Q,), is it the class?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shelflens.metrics.threshold import threshold_curve

Scores = NDArray[np.float64]
Positives = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class RocCurve:
    """Points from (0, 0) to (1, 1), one more for each distinct score, falling."""

    false_positive: NDArray[np.float64]  # (T + 1,), share of the others that pass
    true_positive: NDArray[np.float64]  # (T + 1,), share of the class that passes


def roc_curve(scores: Scores, positive: Positives) -> RocCurve:
    """Both kinds must be there."""
    assert positive.any() and not positive.all(), "a ROC curve needs photos of the class and others"
    curve = threshold_curve(scores, positive)
    given = np.rint(curve.answered * len(scores))[::-1]  # counts again, without the divisions' dust
    right = np.rint(curve.accuracy[::-1] * given)
    positives = int(positive.sum())
    return RocCurve(
        false_positive=np.concatenate([[0.0], (given - right) / (len(scores) - positives)]),
        true_positive=np.concatenate([[0.0], right / positives]),
    )


def mean_roc(curves: Sequence[RocCurve], *, points: int = 201) -> RocCurve:
    """The mean true-positive rate at evenly spaced false-positive rates."""
    grid = np.linspace(0.0, 1.0, points)
    # Where a curve rises straight up, its upper end counts.
    raised = [np.interp(grid, curve.false_positive, curve.true_positive) for curve in curves]
    return RocCurve(np.concatenate([[0.0], grid]), np.concatenate([[0.0], np.mean(raised, axis=0)]))


@dataclass(frozen=True, slots=True, eq=False)
class PrecisionRecallCurve:
    """One point for each distinct score, falling: what passes it."""

    recall: NDArray[np.float64]  # (T,), ascending to 1
    precision: NDArray[np.float64]  # (T,)

    @property
    def average_precision(self) -> float:
        """Precisions weighted by the gain in recall, without interpolation, as scikit-learn."""
        return float(np.diff(self.recall, prepend=0.0) @ self.precision)


def precision_recall_curve(scores: Scores, positive: Positives) -> PrecisionRecallCurve:
    """The class must have a photo."""
    assert positive.any(), "a precision-recall curve needs photos of the class"
    curve = threshold_curve(scores, positive)
    right = np.rint(curve.accuracy * curve.answered * len(scores))[::-1]
    return PrecisionRecallCurve(recall=right / int(positive.sum()), precision=curve.accuracy[::-1])


def mean_precision_recall(curves: Sequence[PrecisionRecallCurve], *, points: int = 201) -> PrecisionRecallCurve:
    """The mean precision at evenly spaced recalls: each curve's at the first threshold that reaches the recall."""
    grid = np.linspace(0.0, 1.0, points)[1:]
    # 1e-12: a recall of 3 / 10 reaches 0.3
    reached = [curve.precision[np.searchsorted(curve.recall, grid - 1e-12)] for curve in curves]
    return PrecisionRecallCurve(recall=grid, precision=np.mean(reached, axis=0))
