"""Taste orders what is about equally good, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelflens.shopper.base import Event, Kind
from shelflens.shopper.profile import profile_of
from shelflens.shopper.reranking import COSINE, PROBABILITY, bounds_apart, personalise, rerank
from shelflens.shopper.taste import Item, Taste
from shelflens.types import Hit, Match, Photo, Product, Vectors

SCORES = st.lists(st.floats(-1, 1, allow_subnormal=False), min_size=1, max_size=12).map(
    lambda s: sorted(s, reverse=True)
)
TASTES = st.lists(st.floats(-1, 1, allow_subnormal=False), min_size=12, max_size=12)


@given(SCORES, TASTES, st.floats(0, 0.5))
def test_a_better_match_is_never_displaced_beyond_the_bound(
    scores: list[float], tastes: list[float], bound: float
) -> None:
    order = rerank(scores, tastes[: len(scores)], bound=bound)
    assert sorted(order) == list(range(len(scores)))
    for now, place in enumerate(order):
        for behind in order[now + 1 :]:
            assert scores[behind] - scores[place] <= bound + 1e-12


@given(SCORES, st.floats(-1, 1), st.floats(0, 1))
def test_equal_tastes_change_nothing(scores: list[float], taste: float, bound: float) -> None:
    assert rerank(scores, [taste] * len(scores), bound=bound) == list(range(len(scores)))


@given(SCORES, TASTES)
def test_without_a_bound_nothing_moves(scores: list[float], tastes: list[float]) -> None:
    assert rerank(scores, tastes[: len(scores)], bound=0) == list(range(len(scores)))


def test_of_equal_matches_the_one_to_the_taste_is_first() -> None:
    assert rerank([0.5, 0.5, 0.49, 0.3], [-1, 1, 0.9, 1], bound=0.05) == [1, 2, 0, 3]


def _match(product_id: str, pooled: float, probability: float | None = None, brand: str = "") -> Match:
    photo = Photo(product_id * 4, product_id, "there", 10, 10)
    return Match(Product(product_id, brand=brand), pooled, photo, (Hit(photo, pooled),), pooled, probability)


def _vectors(matches: Sequence[Match]) -> Vectors:
    return np.tile(np.array([1, 0], np.float32), (len(matches), 1))


@pytest.fixture
def fan(item: Callable[..., Item]) -> Taste:
    """Buys Krax and nothing else."""
    items = {f"k{number}": item(f"k{number}", brand="Krax") for number in range(5)}
    events = [Event(Kind.BUY, one, 0.0) for one in items]
    return Taste(profile_of(events, now=0.0), items)


def test_the_favourite_brand_is_raised_and_says_so(fan: Taste) -> None:
    matches = [_match("a", 0.8), _match("b", 0.795, brand="Krax"), _match("c", 0.5, brand="Krax")]
    found = personalise(matches, _vectors(matches), fan)
    assert [match.product.product_id for match in found] == ["b", "a", "c"]
    assert [one.name for one in found[0].evidence] == ["taste"]
    assert found[1].evidence == found[2].evidence == ()


def test_a_probable_match_stays_before_a_favourite(fan: Taste) -> None:
    matches = [_match("a", 0.8, 0.7), _match("b", 0.799, 0.3, brand="Krax"), _match("c", 0.79, None, brand="Krax")]
    found = personalise(matches, _vectors(matches), fan)
    assert [match.product.product_id for match in found] == ["a", "b", "c"]


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.booleans()), min_size=1, max_size=10),
)
def test_neither_a_more_probable_nor_a_much_more_alike_match_is_displaced(
    rows: list[tuple[float, float, bool]],
) -> None:
    rows = sorted(rows, key=lambda row: -row[0])
    matches = [_match(f"p{n}", p, q, "Krax" if krax else "") for n, (q, p, krax) in enumerate(rows)]
    apart = bounds_apart(matches)
    assert apart == sorted(apart, reverse=True)
    likeness = np.minimum.accumulate([match.pooled for match in matches])
    for better in range(len(rows)):
        for worse in range(better + 1, len(rows)):
            if rows[better][0] - rows[worse][0] > PROBABILITY or likeness[better] - likeness[worse] > COSINE:
                assert apart[better] - apart[worse] > 1 - 1e-9


def test_what_words_have_ordered_moves_by_places_only(fan: Taste) -> None:
    matches = [_match(f"p{n}", 0.1 * n) for n in range(5)] + [_match("k", 0.9, brand="Krax")]
    found = personalise(matches, _vectors(matches), fan)
    assert [match.product.product_id for match in found].index("k") >= 2
    assert found[0].product.product_id == "p0"


def test_who_is_not_known_changes_nothing(item: Callable[..., Item]) -> None:
    nobody = Taste(profile_of([], now=0.0), {})
    matches = [_match("a", 0.8), _match("b", 0.8)]
    assert personalise(matches, _vectors(matches), nobody) == tuple(matches)
