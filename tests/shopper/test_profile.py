"""Profiles fade, damp repetition, and know what is disliked; tastes follow them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelflens.shopper.base import Event, Kind
from shelflens.shopper.diversity import diverse
from shelflens.shopper.profile import HALF_LIFE, profile_of
from shelflens.shopper.taste import Item, Taste

NOW = 1e9


def test_an_event_loses_half_its_weight_in_a_half_life() -> None:
    (fresh,) = profile_of([Event(Kind.VIEW, "a", NOW)], now=NOW).interests
    (old,) = profile_of([Event(Kind.VIEW, "a", NOW - HALF_LIFE)], now=NOW).interests
    assert math.expm1(old.weight) == pytest.approx(math.expm1(fresh.weight) / 2)


def test_twenty_views_of_one_say_less_than_of_twenty() -> None:
    one = profile_of([Event(Kind.VIEW, "a", NOW)] * 20, now=NOW)
    many = profile_of([Event(Kind.VIEW, f"p{n}", NOW) for n in range(20)], now=NOW)
    assert one.confidence < many.confidence < 1


def test_a_dislike_outweighs_a_view_and_is_known() -> None:
    profile = profile_of(
        [Event(Kind.VIEW, "a", NOW), Event(Kind.DISLIKE, "a", NOW), Event(Kind.BUY, "b", NOW)], now=NOW
    )
    assert profile.disliked == {"a"}
    assert [one.product_id for one in profile.liked] == ["b"]
    assert profile.seen == {"a", "b"}


def test_what_is_long_past_is_forgotten_but_stays_seen() -> None:
    profile = profile_of([Event(Kind.VIEW, "a", NOW - 20 * HALF_LIFE)], now=NOW)
    assert profile.interests == ()
    assert profile.seen == {"a"}


def test_an_event_from_a_fast_clock_is_of_now() -> None:
    assert profile_of([Event(Kind.VIEW, "a", NOW + 999)], now=NOW) == profile_of([Event(Kind.VIEW, "a", NOW)], now=NOW)


def test_taste_prefers_the_brand_the_looks_and_the_price_that_are_taken(item: Callable[..., Item]) -> None:
    taken = {f"t{n}": item(f"t{n}", 0.0, brand="Krax", price=2.0) for n in range(4)}
    taste = Taste(profile_of([Event(Kind.BUY, one, NOW) for one in taken], now=NOW), taken)
    same, brand, looks, price = taste.of(
        [
            item("same", 0.0, brand="Krax", price=2.0),
            item("brand", 0.0, brand="Other", price=2.0),
            item("looks", 2.0, brand="Krax", price=2.0),
            item("price", 0.0, brand="Krax", price=20.0),
        ]
    )
    assert same > max(brand, looks, price)


def test_the_disliked_is_below_the_unknown(item: Callable[..., Item]) -> None:
    known = {"d": item("d", 0.0, brand="Bad")}
    taste = Taste(profile_of([Event(Kind.DISLIKE, "d", NOW)], now=NOW), known)
    bad, other = taste.of([item("x", 0.0, brand="Bad"), item("y", 2.0, brand="Good")])
    assert -1 <= bad < other <= 1


def test_nothing_known_is_no_taste(item: Callable[..., Item]) -> None:
    taste = Taste(profile_of([], now=NOW), {})
    assert taste.of([item("a")]).tolist() == [0.0]
    assert taste.confidence == 0


@given(st.integers(1, 12), st.integers(1, 15))
def test_diversity_is_the_slow_sum(count: int, k: int) -> None:
    rng = np.random.default_rng(count)
    scores = rng.random(count)
    vectors = rng.normal(size=(count, 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    worth = (scores - scores.min()) / (scores.max() - scores.min()) if count > 1 else np.zeros(1)
    left, chosen = list(range(count)), list[int]()
    while left and len(chosen) < k:
        marginal = [
            0.7 * worth[one] - 0.3 * max([0.0, *(float(vectors[one] @ vectors[other]) for other in chosen)])
            for one in left
        ]
        chosen.append(left.pop(int(np.argmax(marginal))))
    assert diverse(scores.tolist(), vectors, k=k) == chosen
