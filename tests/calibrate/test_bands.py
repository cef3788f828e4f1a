"""Bands: exact bounds, and a promise that is kept on queries that they were not chosen on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from shelflens.calibrate.bands import Bands, fewest_examples, fit_bands, lower_bound
from shelflens.types import Band


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 400), st.data(), st.sampled_from([0.5, 0.9, 0.95]))
def test_the_bound_is_clopper_and_pearsons(trials: int, data: st.DataObject, confidence: float) -> None:
    successes = data.draw(st.integers(1, trials))
    expected = beta.ppf(1 - confidence, successes, trials - successes + 1)
    assert lower_bound(successes, trials, confidence=confidence) == pytest.approx(expected, abs=1e-6)


def test_nothing_right_bounds_nothing() -> None:
    assert lower_bound(0, 10) == 0.0


@pytest.mark.parametrize(("target", "expected"), [(0.99, 230), (0.9, 22), (0.5, 4)])
def test_fewest_examples_are_just_enough(target: float, expected: int) -> None:
    assert fewest_examples(target) == expected
    assert lower_bound(expected, expected) >= target > lower_bound(expected - 1, expected - 1)


def drawn(size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    probability = random.beta(1.0, 0.3, size)
    return probability, random.random(size) < probability


def test_too_few_examples_promise_nothing() -> None:
    bands = fit_bands(np.ones(229), np.ones(229, dtype=np.bool_))
    assert bands.accept is None and bands.of(1.0) is Band.REVIEW
    assert fit_bands(np.ones(230), np.ones(230, dtype=np.bool_)).accept == 1.0


def test_no_queries_promise_nothing() -> None:
    assert fit_bands(np.zeros(0), np.zeros(0, dtype=np.bool_)) == Bands(None, None)


def test_the_promise_is_kept_on_new_queries_about_as_often_as_it_says() -> None:
    kept = tried = 0
    fresh, fresh_right = drawn(200_000, seed=999)
    for seed in range(30):
        accept = fit_bands(*drawn(1000, seed), precision=0.95, confidence=0.9).accept
        if accept is not None:
            tried += 1
            kept += bool(fresh_right[fresh >= accept].mean() >= 0.95)
    assert tried == 30 and kept / tried >= 0.8  # 0.9, less what choosing the best of many thresholds costs


def test_the_threshold_is_the_lowest_that_holds() -> None:
    probability, right = drawn(400, seed=5)
    accept = fit_bands(probability, right, precision=0.95).accept
    assert accept is not None
    holds = [
        p
        for p in probability.tolist()
        if lower_bound(int(right[probability >= p].sum()), int((probability >= p).sum())) >= 0.95
    ]
    assert accept == min(holds)


def test_the_rejected_are_wrong_as_often_as_asked() -> None:
    random = np.random.default_rng(2)
    probability = random.beta(0.3, 1.0, 4000)
    right = random.random(4000) < probability
    bands = fit_bands(probability, right, rejection=0.95)
    assert bands.reject is not None
    rejected = np.array([bands.of(p) is Band.REJECT for p in probability.tolist()])
    assert rejected.sum() > 400 and 1 - right[rejected].mean() >= 0.95


def test_bands_do_not_overlap_and_their_edges_belong_to_the_band_above() -> None:
    bands = Bands(accept=0.9, reject=0.2)
    assert [bands.of(p) for p in (0.0, 0.19, 0.2, 0.89, 0.9, 1.0)] == [
        Band.REJECT, Band.REJECT, Band.REVIEW, Band.REVIEW, Band.ACCEPT, Band.ACCEPT,
    ]  # fmt: skip
