"""The conditional logit: against scikit-learn, its own gradient, and weights that are known."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from shelflens.calibrate.choice import Lists, fit_choice, log_odds, shares

FREE = np.zeros(3, dtype=np.bool_)


def drawn(queries: int, places: int, seed: int = 0) -> tuple[Lists, np.ndarray, float]:
    random = np.random.default_rng(seed)
    weights, none = np.array([2.0, -1.0, 0.5]), 1.5
    tables = random.normal(size=(queries, places, 3))
    p = shares(tables @ weights, none)
    right = np.array([random.choice(places + 1, p=np.append(row, 1 - row.sum())) for row in p])
    lists = Lists(
        tables, np.ones((queries, places), dtype=np.bool_), np.where(right < places, right, -1), np.ones(queries)
    )
    return lists, weights, none


def loss(lists: Lists, weights: np.ndarray, none: float) -> float:
    """Query by query."""
    total = 0.0
    for table, present, right, weight in zip(lists.tables, lists.present, lists.right, lists.weight, strict=True):
        utilities = [float(row @ weights) for row, there in zip(table, present, strict=True) if there]
        powers = [np.exp(none), *np.exp(utilities)]
        total -= weight * np.log(powers[right + 1] / sum(powers))
    return total / float(lists.weight.sum())


def test_with_one_candidate_it_is_logistic_regression() -> None:
    lists, _, _ = drawn(400, 1)
    ridge = 0.01
    weights, none = fit_choice(lists, rising=FREE, ridge=ridge)
    scale = lists.tables[:, 0].std(axis=0)
    # scikit-learn's C weighs the sum of the losses, ours the mean.
    peer = LogisticRegression(C=1 / (ridge * 400), tol=1e-10, max_iter=1000)
    peer.fit(lists.tables[:, 0] / scale, lists.right == 0)
    assert weights == pytest.approx(peer.coef_[0] / scale, abs=1e-5)
    assert none == pytest.approx(-peer.intercept_[0], abs=1e-5)


def test_finds_the_weights_that_drew_the_data() -> None:
    lists, weights, none = drawn(20_000, 4)
    found, found_none = fit_choice(lists, rising=FREE, ridge=1e-6)
    assert found == pytest.approx(weights, abs=0.06)
    assert found_none == pytest.approx(none, abs=0.06)


def test_no_small_step_from_the_solution_is_better() -> None:
    lists, _, _ = drawn(300, 3)
    weights, none = fit_choice(lists, rising=FREE, ridge=0.0)
    best = loss(lists, weights, none)
    for step in np.vstack([np.eye(4), -np.eye(4)]) * 0.01:
        assert loss(lists, weights + step[:3], none + step[3]) > best


def test_a_rising_column_that_speaks_against_weighs_nothing_and_the_rest_is_still_the_best() -> None:
    lists, _, _ = drawn(300, 3)
    weights, none = fit_choice(lists, rising=np.array([True, True, True]), ridge=0.0)
    assert weights[1] == 0.0 and (weights >= 0).all()
    best = loss(lists, weights, none)
    for step in np.vstack([np.eye(4), -np.eye(4)])[[0, 1, 2, 3, 4, 6, 7]] * 0.01:  # all but one below the bound
        assert loss(lists, weights + step[:3], none + step[3]) > best


def test_padding_and_weight_zero_change_nothing() -> None:
    lists, _, _ = drawn(100, 3)
    tables = np.concatenate([lists.tables, np.full((100, 2, 3), 9.0)], axis=1)
    present = np.concatenate([lists.present, np.zeros((100, 2), dtype=np.bool_)], axis=1)
    doubled = Lists(
        np.concatenate([tables, tables]),
        np.concatenate([present, present]),
        np.concatenate([lists.right, np.full(100, -1)]),
        np.concatenate([lists.weight, np.zeros(100)]),
    )
    one, other = (fit_choice(it, rising=FREE, ridge=0.01) for it in (lists, doubled))
    assert one[0] == pytest.approx(other[0], abs=1e-6) and one[1] == pytest.approx(other[1], abs=1e-6)


def test_a_column_without_spread_keeps_its_prior() -> None:
    lists, _, _ = drawn(100, 2)
    lists.tables[:, :, 2] = 0.0
    assert fit_choice(lists, rising=FREE, ridge=0.01)[0][2] == 0.0
    assert fit_choice(lists, rising=FREE, ridge=0.01, prior=np.array([0.0, 0.0, 7.0]))[0][2] == 7.0


def test_a_prior_gives_way_to_data() -> None:
    lists, weights, _ = drawn(20_000, 4)
    found, _ = fit_choice(lists, rising=FREE, ridge=1e-6, prior=np.array([9.0, 9.0, 9.0]))
    assert found == pytest.approx(weights, abs=0.06)


def test_data_that_a_line_parts_perfectly_still_has_a_finite_fit() -> None:
    tables = np.linspace(-1, 1, 50).reshape(50, 1, 1)
    lists = Lists(tables, np.ones((50, 1), dtype=np.bool_), np.where(tables[:, 0, 0] > 0, 0, -1), np.ones(50))
    weights, none = fit_choice(lists, rising=np.array([True]), ridge=1e-3)
    assert np.isfinite(weights).all() and np.isfinite(none) and weights[0] > 0


def test_log_odds_are_the_logit_of_the_shares_and_keep_their_digits_where_those_lose_them() -> None:
    utilities = np.array([1.0, -2.0, 0.5])
    p = shares(utilities, 0.3)
    assert log_odds(utilities, 0.3) == pytest.approx(np.log(p / (1 - p)))
    assert log_odds(np.array([80.0, 1.0]), 0.0)[0] == pytest.approx(80 - np.log(1 + np.e))
    assert log_odds(np.array([80.0]), 0.0)[0] == 80.0
    assert log_odds(np.zeros(0), 0.0).shape == (0,)
