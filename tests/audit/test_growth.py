"""What a smaller or larger catalogue would answer: formulas against drawing, fits against what made the data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shelflens.audit.growth import _first_kept, _kept, growth, photos_needed
from shelflens.audit.probe import Probe
from shelflens.audit.trend import fall, rise


def probe_of(survey: Any) -> Probe:
    """Every photo, with whole lists."""
    able = np.flatnonzero(survey.sizes[survey.products] > 1)
    return Probe(able, survey.products[able], survey.near[able].astype(np.int64), survey.near_products[able])


def test_the_formula_for_fewer_products_is_the_mean_of_many_draws() -> None:
    random = np.random.default_rng(0)
    ahead, products = np.array([0, 1, 4, 9]), 10
    sizes = np.array([2, 3, 6, 10])
    right = _kept(ahead, sizes, products)
    for query, count in enumerate(ahead):
        for column, size in enumerate(sizes):
            drawn = [count <= random.permutation(products - 1)[: size - 1].min(initial=99) for _ in range(4000)]
            assert right[query, column] == pytest.approx(np.mean(drawn), abs=0.03)


def test_the_last_measured_point_is_the_catalogue_itself(
    survey_of: Callable[..., Any], clusters: Callable[..., Any]
) -> None:
    survey = survey_of(*clusters(30, 5, noise=1.6))
    found = growth(probe_of(survey), survey)
    assert found is not None
    here = found.measured[-1]
    assert here.size == 30
    assert here.value == pytest.approx((survey.near_products[:, 0] == survey.products).mean())
    values = [point.value for point in found.measured + found.expected]
    assert values == sorted(values, reverse=True)
    assert [point.size for point in found.expected] == [60, 150, 300]
    assert all(point.low <= point.value <= point.high for point in found.measured + found.expected)


def test_a_catalogue_ten_times_as_large_falls_within_what_a_tenth_of_it_expects(
    survey_of: Callable[..., Any], clusters: Callable[..., Any]
) -> None:
    vectors, products = clusters(200, 4, noise=1.1)
    large, small = survey_of(vectors, products), survey_of(vectors[:80], products[:80])
    truth = growth(probe_of(large), large)
    found = growth(probe_of(small), small)
    assert truth is not None and found is not None
    expected = found.expected[-1]
    assert expected.size == 200
    assert found.measured[-1].value > truth.measured[-1].value + 0.05  # there is something to foresee
    assert expected.low <= truth.measured[-1].value <= expected.high


def test_the_fall_recovers_the_law_that_made_it() -> None:
    sizes, at = np.array([2, 5, 10, 30, 100]), np.array([1_000, 10_000])

    def law(m: np.ndarray) -> np.ndarray:
        return (1 + (m - 1) / 40.0) ** -0.2

    np.testing.assert_allclose(fall(sizes, law(sizes)[None], at)[0], law(at), atol=0.01)


def test_the_rise_recovers_a_line_in_log_odds() -> None:
    def law(n: np.ndarray) -> np.ndarray:
        odds = 0.8 * n**0.7
        return odds / (1 + odds)

    sizes, at = np.array([1, 2, 4, 8]), np.array([20, 50])
    np.testing.assert_allclose(rise(sizes, law(sizes), at, photos=10**6), law(at), atol=1e-6)


def test_nearest_of_the_kept_photos_is_found_as_by_hand(
    survey_of: Callable[..., Any], clusters: Callable[..., Any]
) -> None:
    vectors, products = clusters(5, 6, noise=1.5)
    survey = survey_of(vectors, products)
    probe, random = probe_of(survey), np.random.default_rng(1)
    order = np.concatenate([random.permutation(6) for _ in range(5)])
    for count in (1, 2, 4):
        found = _first_kept(probe, np.arange(len(probe.places)), order, count)
        for place in range(len(survey)):
            kept = []
            for product in range(5):
                seats = sorted((it for it in survey.photos_of(product) if it != place), key=lambda it: order[it])
                kept += seats[:count]
            nearest = max(kept, key=lambda it: float(vectors[place] @ vectors[it]))
            assert found[place] == survey.products[nearest]


def test_more_photos_per_product_find_more(survey_of: Callable[..., Any], clusters: Callable[..., Any]) -> None:
    survey = survey_of(*clusters(20, 12, noise=1.3))
    found = photos_needed(probe_of(survey), survey)
    assert found is not None
    assert [point.size for point in found.measured] == [1, 2, 3, 5, 8, 11]
    assert found.measured[-1].value > found.measured[0].value + 0.1
    for need in found.needs:
        if need.measured:
            assert need.photos is not None and need.photos <= 11
        else:
            assert need.photos is None or need.photos > 11


def test_without_two_products_or_photos_nothing_is_claimed(
    survey_of: Callable[..., Any], clusters: Callable[..., Any]
) -> None:
    for products, photos in ((1, 5), (5, 1)):
        survey = survey_of(*clusters(products, photos, noise=1.0))
        assert growth(probe_of(survey), survey) is None
    survey = survey_of(*clusters(5, 2, noise=1.0))
    assert photos_needed(probe_of(survey), survey) is None
