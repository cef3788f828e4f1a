"""Rankings brought together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelflens.rank.blending import best_first, blend, kept_in, relative


def test_scores_are_relative_to_the_best_and_the_floor() -> None:
    assert relative({"a": 4.0, "b": 3.0, "c": 2.0}) == {"a": 1.0, "b": 0.5, "c": 0.0}
    assert relative({"a": 4.0, "b": 1.0}, floor=0.0) == {"a": 1.0, "b": 0.25}
    assert relative({"a": 0.5, "b": 0.5}) == {"a": 1.0, "b": 1.0}
    assert relative({"a": 2.0, "b": -1.0}, floor=0.0) == {"a": 1.0, "b": 0.0}
    assert relative({}) == {}


def test_a_blend_is_the_weighted_sum() -> None:
    assert blend([(0.25, {"a": 1.0, "b": 0.5}), (0.75, {"b": 1.0})]) == pytest.approx({"a": 0.25, "b": 0.875})


def test_equal_scores_are_ordered_by_name() -> None:
    assert best_first({"b": 1.0, "a": 1.0, "c": 2.0}) == ["c", "a", "b"]


@given(st.permutations("abcdefgh"), st.lists(st.sampled_from("abcdefgh"), unique=True), st.integers(1, 8))
def test_what_is_sure_is_kept_and_the_rest_keeps_its_order(order: list[str], sure: list[str], places: int) -> None:
    kept = kept_in(order, sure, places)
    assert sorted(kept) == sorted(order)
    assert set(sure[:places]) <= set(kept[:places])
    others = [one for one in order if one not in sure[:places]]
    assert [one for one in kept if one not in sure[:places]] == others
    if set(sure[:places]) <= set(order[:places]):
        assert kept == list(order)
