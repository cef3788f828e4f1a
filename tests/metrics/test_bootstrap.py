"""Intervals: against a plain loop, theory, and the bootstrap of scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap

from shelflens.metrics import bootstrap as under_test
from shelflens.metrics.bootstrap import intervals


def test_equals_a_plain_loop_over_the_same_draws() -> None:
    values = np.random.default_rng(5).random((30, 3))
    random = np.random.default_rng(7)
    drawn = random.integers(30, size=(200, 30))
    means = np.array([values[row].mean(axis=0) for row in drawn])
    expected = np.percentile(means, [2.5, 97.5], axis=0).T
    assert intervals(values, resamples=200, seed=7) == pytest.approx(expected)


def test_agrees_with_the_percentile_bootstrap_of_scipy() -> None:
    values = np.random.default_rng(6).random(250) ** 2
    reference = bootstrap((values,), np.mean, method="percentile", n_resamples=9999, rng=1).confidence_interval
    low, high = intervals(values[:, None], resamples=9999, seed=2)[0]
    assert (low, high) == pytest.approx((reference.low, reference.high), abs=2e-3)


def test_is_as_wide_as_theory_says_for_a_share() -> None:
    values = (np.arange(1000) < 800).astype(float)[:, None]
    low, high = intervals(values)[0]
    standard_error = math.sqrt(0.8 * 0.2 / 1000)
    assert low == pytest.approx(0.8 - 1.96 * standard_error, abs=0.004)
    assert high == pytest.approx(0.8 + 1.96 * standard_error, abs=0.004)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    values = np.random.default_rng(8).random((50, 2))
    assert np.array_equal(intervals(values, seed=3), intervals(values, seed=3))
    assert not np.array_equal(intervals(values, seed=3), intervals(values, seed=4))


def test_portions_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(9).random((40, 2))
    whole = intervals(values, resamples=100)
    monkeypatch.setattr(under_test, "_CELLS", 40 * 7)
    assert intervals(values, resamples=100) == pytest.approx(whole)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_the_ends_are_in_order_and_within_the_values(values: list[float]) -> None:
    low, high = intervals(np.array(values)[:, None], resamples=50)[0]
    assert min(values) - 1e-12 <= low <= high <= max(values) + 1e-12


def test_one_query_has_an_interval_of_no_width() -> None:
    assert intervals(np.array([[1.0, 0.5]])) == pytest.approx(np.array([[1.0, 1.0], [0.5, 0.5]]))
