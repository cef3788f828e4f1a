"""Voting and the sum of evidence."""

from __future__ import annotations

import math

import pytest

from shelflens.rank.fusion import combined
from shelflens.rank.voting import vote


def test_one_photo_each_keeps_scores_and_order() -> None:
    assert vote(["b", "a", "c"], [1.0, 3.0, 2.0], {"a": 1, "b": 1, "c": 1}) == (("a", 3.0), ("c", 2.0), ("b", 1.0))


def test_votes_are_the_log_of_summed_exponentials() -> None:
    scores = dict(vote(["a", "b", "a"], [1.0, 1.5, 1.2], {"a": 9, "b": 1}, temperature=0.5, prior=0.5))
    assert scores["a"] == pytest.approx(0.5 * (math.log(math.exp(2) + math.exp(2.4)) - 0.5 * math.log(9)))
    assert scores["b"] == pytest.approx(1.5)


def test_two_good_photos_outvote_one_that_is_slightly_better() -> None:
    assert vote(["a", "b", "b"], [5.1, 5.0, 5.0], {"a": 2, "b": 2})[0][0] == "b"


def test_many_photos_are_no_merit_in_themselves() -> None:
    counts = {"many": 100, "few": 2}
    assert vote(["many"] * 4 + ["few"] * 2, [2.0] * 6, counts)[0][0] == "few"
    assert vote(["many"] * 4 + ["few"] * 2, [2.0] * 6, counts, prior=0)[0][0] == "many"


def test_ties_go_by_product_id_and_large_scores_stay_finite() -> None:
    assert [product for product, _ in vote(["b", "a"], [5000.0, 5000.0], {"a": 1, "b": 1})] == ["a", "b"]
    assert vote([], [], {}) == ()


def test_all_evidence_speaks_for_the_product_and_silence_for_nothing() -> None:
    base = combined(0.5)
    assert base == combined(0.5, local=0.0, words=0.0) == pytest.approx(10)
    assert combined(0.55) > base and combined(0.5, local=9) > base and combined(0.5, words=0.2) > base
