"""ROC and precision-recall curves against scikit-learn, also where scores are equal."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as reference

from shelflens.metrics.calibration import auroc
from shelflens.metrics.curves import mean_precision_recall, mean_roc, precision_recall_curve, roc_curve


@pytest.fixture(params=range(6))
def scored(request: pytest.FixtureRequest) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    random = np.random.default_rng(request.param)
    positive = random.random(70) < 0.3
    scores = np.round(random.random(70) + 0.3 * positive, 2 if request.param % 2 else 1)
    return scores.astype(np.float64), positive


def test_roc_is_scikit_learns(scored: tuple[NDArray[np.float64], NDArray[np.bool_]]) -> None:
    scores, positive = scored
    curve = roc_curve(scores, positive)
    false_positive, true_positive, _ = reference.roc_curve(positive, scores, drop_intermediate=False)
    np.testing.assert_allclose(curve.false_positive, false_positive)
    np.testing.assert_allclose(curve.true_positive, true_positive)
    area = np.trapezoid(curve.true_positive, curve.false_positive)
    assert area == pytest.approx(reference.roc_auc_score(positive, scores))
    assert area == pytest.approx(auroc(scores[positive], scores[~positive]))


def test_precision_and_recall_are_scikit_learns(scored: tuple[NDArray[np.float64], NDArray[np.bool_]]) -> None:
    scores, positive = scored
    curve = precision_recall_curve(scores, positive)
    precision, recall, _ = reference.precision_recall_curve(positive, scores)
    np.testing.assert_allclose(curve.precision, precision[:-1][::-1])  # theirs adds a point (0, 1)
    np.testing.assert_allclose(curve.recall, recall[:-1][::-1])
    assert curve.average_precision == pytest.approx(reference.average_precision_score(positive, scores))


def test_the_mean_of_one_curve_is_the_curve(scored: tuple[NDArray[np.float64], NDArray[np.bool_]]) -> None:
    scores, positive = scored
    curve = roc_curve(scores, positive)
    mean = mean_roc([curve], points=101)
    for x, y in zip(mean.false_positive[1:], mean.true_positive[1:], strict=True):
        assert y == pytest.approx(np.interp(x, curve.false_positive, curve.true_positive))
    found = precision_recall_curve(scores, positive)
    several = mean_precision_recall([found, found], points=11)
    for recall, precision in zip(several.recall, several.precision, strict=True):
        assert precision == next(p for r, p in zip(found.recall, found.precision, strict=True) if r >= recall - 1e-9)


def test_a_curve_that_parts_all_is_a_corner() -> None:
    curve = roc_curve(np.array([0.9, 0.8, 0.1, 0.2]), np.array([True, True, False, False]))
    assert (0.0, 1.0) in set(zip(curve.false_positive.tolist(), curve.true_positive.tolist(), strict=True))
    assert mean_roc([curve]).true_positive[1] == 1.0
