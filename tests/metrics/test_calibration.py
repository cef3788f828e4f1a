"""Measures of probabilities: against scikit-learn, plain loops, and data whose true probability is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, precision_recall_curve, roc_auc_score

from shelflens.metrics.calibration import (
    auroc,
    brier_score,
    chance_error,
    coverage_at,
    even_edges,
    expected_calibration_error,
    mass_edges,
    precision_recall,
    reliability,
)

answers = st.lists(
    st.tuples(st.sampled_from([0.0, 0.04, 0.2, 1 / 3, 0.5, 0.81, 0.99, 1.0]), st.booleans()), min_size=1, max_size=40
)


def arrays(pairs: list[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([p for p, _ in pairs]), np.array([right for _, right in pairs], dtype=np.bool_)


@settings(deadline=None)
@given(answers, st.integers(1, 20))
def test_ece_equals_a_plain_loop_over_the_bins(pairs: list[tuple[float, bool]], bins: int) -> None:
    edges = even_edges(bins)
    expected = 0.0
    for at in range(bins):
        last = at == bins - 1
        inside = [(p, right) for p, right in pairs if edges[at] <= p and (p < edges[at + 1] or last)]
        if inside:
            gap = sum(p for p, _ in inside) / len(inside) - sum(right for _, right in inside) / len(inside)
            expected += len(inside) / len(pairs) * abs(gap)
    assert expected_calibration_error(*arrays(pairs), edges=edges) == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(answers)
def test_brier_score_equals_scikit_learn(pairs: list[tuple[float, bool]]) -> None:
    probability, right = arrays(pairs)
    assert brier_score(probability, right) == pytest.approx(brier_score_loss(right, probability, pos_label=True))


@settings(deadline=None)
@given(answers.filter(lambda pairs: len({right for _, right in pairs}) == 2))
def test_auroc_equals_scikit_learn_with_ties(pairs: list[tuple[float, bool]]) -> None:
    probability, right = arrays(pairs)
    assert auroc(probability[right], probability[~right]) == pytest.approx(roc_auc_score(right, probability))


@settings(deadline=None)
@given(answers.filter(lambda pairs: any(right for _, right in pairs)))
def test_precision_and_recall_equal_scikit_learn(pairs: list[tuple[float, bool]]) -> None:
    probability, right = arrays(pairs)
    found = precision_recall(probability, right)
    precision, recall, thresholds = precision_recall_curve(right, probability)
    assert found.thresholds.tolist() == thresholds.tolist()
    assert found.precision == pytest.approx(precision[:-1])
    assert found.recall == pytest.approx(recall[:-1])


@settings(deadline=None)
@given(answers, st.sampled_from([0.5, 0.8, 0.99]))
def test_coverage_equals_a_plain_loop_over_the_thresholds(pairs: list[tuple[float, bool]], precision: float) -> None:
    best = 0.0
    for threshold in {p for p, _ in pairs}:
        given_ = [right for p, right in pairs if p >= threshold]
        if sum(given_) / len(given_) >= precision:
            best = max(best, len(given_) / len(pairs))
    assert coverage_at(*arrays(pairs), precision=precision) == pytest.approx(best)


def test_true_probabilities_have_a_small_error_and_false_ones_a_large() -> None:
    random = np.random.default_rng(3)
    truth = random.beta(0.5, 0.5, 20_000)
    right = random.random(20_000) < truth
    assert expected_calibration_error(truth, right) < 0.01
    assert expected_calibration_error(truth**2, right) > 0.1


def test_chance_error_is_what_true_probabilities_show_in_a_small_sample() -> None:
    random = np.random.default_rng(4)
    truth = random.random(300)
    seen = [expected_calibration_error(truth, random.random(300) < truth) for _ in range(300)]
    assert chance_error(truth) == pytest.approx(np.mean(seen), abs=0.004)
    assert chance_error(truth) > 0.05  # so 0.03 cannot be asked of 300 uncertain answers
    assert chance_error(np.round(truth)) == 0.0  # certainty that is right leaves no room for chance


def test_every_answer_is_in_one_bin_and_the_edges_belong_to_the_bin_above() -> None:
    bins = reliability(np.array([0.0, 0.5, 0.5, 1.0]), np.array([False, True, False, True]), edges=even_edges(2))
    assert bins.counts.tolist() == [1, 3]
    assert bins.promised.tolist() == [0.0, pytest.approx(2 / 3)]
    assert bins.observed.tolist() == [0.0, pytest.approx(2 / 3)]
    assert bins.low[1] < 2 / 3 < bins.high[1]


def test_an_empty_bin_is_nan_and_adds_nothing_to_the_error() -> None:
    bins = reliability(np.array([0.9]), np.array([True]), edges=even_edges(2))
    assert np.isnan([bins.observed[0], bins.low[0], bins.high[0]]).all()
    assert expected_calibration_error(np.array([0.9]), np.array([True]), edges=even_edges(2)) == pytest.approx(0.1)


def test_mass_edges_hold_about_equally_many_answers() -> None:
    probability = np.random.default_rng(0).beta(5, 1, 1000)
    counts = reliability(probability, probability > 0.5, edges=mass_edges(probability, 10)).counts
    assert counts.min() >= 99 and counts.max() <= 101


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(8)
    covered = 0
    for _ in range(1000):
        bins = reliability(np.full(40, 0.9), random.random(40) < 0.9, edges=even_edges(1))
        covered += bool(bins.low[0] <= 0.9 <= bins.high[0])
    assert 0.92 <= covered / 1000 <= 0.98
