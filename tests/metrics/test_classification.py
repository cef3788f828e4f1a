"""Counting by hand and scikit-learn agree with the measures of named classes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as reference

from shelflens.metrics.bootstrap import intervals, intervals_of
from shelflens.metrics.classification import (
    among_first,
    brier_of_classes,
    class_counts,
    confusion,
    log_loss,
)

CLASSES = 7


@pytest.fixture(params=range(5))
def answers(request: pytest.FixtureRequest) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Truths, of which class 6 has none, and probabilities, some of them equal."""
    random = np.random.default_rng(request.param)
    truth = random.integers(0, CLASSES - 1, 83)
    likings = np.round(random.random((83, CLASSES)), 1) + 0.05
    likings[np.arange(83), truth] += 0.5
    return truth, likings / likings.sum(axis=1, keepdims=True)


def test_precision_recall_and_f1_equal_counting(answers: tuple[NDArray[np.int64], NDArray[np.float64]]) -> None:
    truth, probabilities = answers
    predicted = probabilities.argmax(axis=1)
    counts = class_counts(truth, predicted, classes=CLASSES)
    for label in range(CLASSES):
        said = [t for t, p in zip(truth, predicted, strict=True) if p == label]
        own = [p for t, p in zip(truth, predicted, strict=True) if t == label]
        precision = said.count(label) / len(said) if said else 0
        recall = own.count(label) / len(own) if own else 0
        assert counts.precision[label] == pytest.approx(precision)
        assert counts.recall[label] == pytest.approx(recall)
        expected = 2 * precision * recall / (precision + recall) if precision + recall else 0
        assert counts.f1[label] == pytest.approx(expected)


@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_averages_equal_scikit_learns_over_the_classes_that_have_photos(
    answers: tuple[NDArray[np.int64], NDArray[np.float64]], average: str
) -> None:
    truth, probabilities = answers
    predicted = probabilities.argmax(axis=1)
    counts = class_counts(truth, predicted, classes=CLASSES)
    expected = reference.precision_recall_fscore_support(
        truth, predicted, labels=np.unique(truth), average=average, zero_division=0
    )
    mean = counts.macro if average == "macro" else counts.weighted
    for values, value in zip((counts.precision, counts.recall, counts.f1), expected, strict=False):
        assert mean(values) == pytest.approx(value)
    assert counts.macro(counts.recall) == pytest.approx(
        reference.recall_score(truth, predicted, labels=np.unique(truth), average="macro")
    )


def test_the_confusion_matrix_is_scikit_learns(answers: tuple[NDArray[np.int64], NDArray[np.float64]]) -> None:
    truth, probabilities = answers
    predicted = probabilities.argmax(axis=1)
    expected = reference.confusion_matrix(truth, predicted, labels=np.arange(CLASSES))
    np.testing.assert_array_equal(confusion(truth, predicted, classes=CLASSES), expected)


@pytest.mark.parametrize("k", [1, 3, 5, CLASSES])
def test_among_first_equals_sorting(answers: tuple[NDArray[np.int64], NDArray[np.float64]], k: int) -> None:
    truth, probabilities = answers
    for row, (own, found) in enumerate(zip(truth, among_first(probabilities, truth, k), strict=True)):
        first = sorted(range(CLASSES), key=lambda label: (-probabilities[row, label], label))[:k]
        assert found == (own in first)
    if k == 1:
        assert among_first(probabilities, truth, 1).mean() == pytest.approx(
            reference.accuracy_score(truth, probabilities.argmax(axis=1))
        )


def test_brier_and_log_loss_are_scikit_learns(answers: tuple[NDArray[np.int64], NDArray[np.float64]]) -> None:
    truth, probabilities = answers
    every = np.arange(CLASSES)
    assert brier_of_classes(probabilities, truth).mean() == pytest.approx(
        reference.brier_score_loss(truth, probabilities, labels=every, scale_by_half=False)
    )
    assert log_loss(probabilities, truth).mean() == pytest.approx(
        reference.log_loss(truth, probabilities, labels=every)
    )


def test_a_truth_held_for_impossible_costs_much_but_not_everything() -> None:
    assert log_loss(np.array([[1.0, 0.0]]), np.array([1]))[0] == pytest.approx(52 * math.log(2))


def test_resamples_of_macro_f1_equal_drawing_the_photos(
    answers: tuple[NDArray[np.int64], NDArray[np.float64]],
) -> None:
    truth, probabilities = answers
    predicted = probabilities.argmax(axis=1)
    random = np.random.default_rng(9)
    drawn = random.integers(len(truth), size=(20, len(truth)))
    times = np.stack([np.bincount(row, minlength=len(truth)) for row in drawn]).astype(np.float64)
    counts = class_counts(truth, predicted, classes=CLASSES, times=times)
    for row, found in zip(drawn, counts.macro(counts.f1), strict=True):
        expected = reference.f1_score(
            truth[row], predicted[row], labels=np.unique(truth[row]), average="macro", zero_division=0
        )
        assert found == pytest.approx(expected)


def test_intervals_of_a_mean_are_the_means_intervals() -> None:
    values = np.random.default_rng(3).random((61, 2))
    np.testing.assert_array_equal(
        intervals(values, seed=5), intervals_of(lambda times: times @ values / len(values), len(values), seed=5)
    )
