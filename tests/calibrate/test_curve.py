"""The beta curve: rises, leaves truth alone, mends what is bent, and shrinks small categories."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from shelflens.calibrate.curve import ENOUGH_OF_CATEGORY, BetaCurve, fit_curve


def sigmoid(odds: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-odds)))


def drawn(size: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """True log-odds and what came true."""
    random = np.random.default_rng(seed)
    odds = random.normal(0, 2, size)
    return odds, (random.random(size) < sigmoid(odds)).astype(np.float64)


def test_the_plain_curve_leaves_log_odds_alone() -> None:
    odds = np.array([-30.0, -1.0, 0.0, 4.0, 60.0])
    assert BetaCurve()(odds) == pytest.approx(odds)


@settings(deadline=None)
@given(st.floats(0, 3), st.floats(0, 3), st.floats(-3, 3), st.lists(st.floats(-80, 80), min_size=2, max_size=20))
def test_the_curve_never_changes_an_order(low: float, high: float, offset: float, odds: list[float]) -> None:
    bent = BetaCurve(low, high, offset)(np.sort(np.array(odds)))
    assert (np.diff(bent) >= -1e-9).all()


def test_impossible_and_certain_stay_finite() -> None:
    assert np.isfinite(BetaCurve(0.0, 0.0, 0.1)(np.array([-np.inf, np.inf]))).all()


def test_true_log_odds_are_left_about_as_they_are() -> None:
    curve = fit_curve(*drawn(20_000), [""] * 20_000)
    assert (curve.low, curve.high, curve.offset) == pytest.approx((1, 1, 0), abs=0.1)


def test_overconfidence_is_mended() -> None:
    odds, right = drawn(20_000)
    curve = fit_curve(3 * odds + 1, right, [""] * len(odds))
    assert sigmoid(curve(3 * odds + 1)) == pytest.approx(sigmoid(odds), abs=0.06)


def test_with_much_data_it_is_logistic_regression_on_both_logs() -> None:
    odds, right = drawn(20_000)
    curve = fit_curve(2 * odds, right, [""] * len(odds))
    columns = np.stack([np.log(sigmoid(2 * odds)), -np.log(1 - sigmoid(2 * odds))], axis=1)
    peer = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000).fit(columns, right)
    expected = [*peer.coef_[0].tolist(), float(peer.intercept_[0])]
    assert [curve.low, curve.high, curve.offset] == pytest.approx(expected, abs=0.02)


def test_few_examples_change_little() -> None:
    curve = fit_curve(np.array([1.0, 2.0]), np.array([0.0, 0.0]), ["", ""])
    assert (curve.low, curve.high, curve.offset) == pytest.approx((1, 1, 0), abs=0.6)


def test_a_category_with_enough_queries_gets_its_own_offset_shrunk_towards_the_common_one() -> None:
    odds, right = drawn(4000)
    categories = ["hard" if at % 2 else "easy" for at in range(4000)]
    shift = np.where(np.arange(4000) % 2, 1.0, -1.0)  # what the model wrongly adds
    curve = fit_curve(odds + shift, right, categories)
    assert curve.categories["hard"] - curve.categories["easy"] == pytest.approx(-2.0, abs=0.3)
    few = slice(0, 2 * ENOUGH_OF_CATEGORY)
    shrunk = fit_curve((odds + shift)[few], right[few], categories[few])
    difference = shrunk.categories["hard"] - shrunk.categories["easy"]
    assert -1.9 < difference < 0


def test_small_and_nameless_categories_and_a_switch_keep_the_common_curve() -> None:
    odds, right = drawn(100)
    small = ["few"] * (ENOUGH_OF_CATEGORY - 1) + [""] * (101 - ENOUGH_OF_CATEGORY)
    assert fit_curve(odds, right, small).categories == {}
    assert fit_curve(odds, right, ["many"] * 100, per_category=False).categories == {}


def test_an_unknown_category_has_the_common_curve() -> None:
    curve = BetaCurve(categories={"Milk": 1.0})
    assert curve(np.zeros(3), ["Milk", "Tea", ""]) == pytest.approx([1.0, 0.0, 0.0])
