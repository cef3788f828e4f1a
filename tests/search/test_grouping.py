"""Photos to products."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shelflens.search.grouping import group
from shelflens.types import Hit, Photo


def hit(product_id: str, number: int, score: float) -> Hit:
    return Hit(Photo(f"{product_id}-{number}", product_id, f"{number}.jpg", 1, 1), score)


def test_a_product_stands_where_its_best_photo_stands() -> None:
    hits = [hit("a", 0, 0.9), hit("b", 0, 0.8), hit("a", 1, 0.7), hit("c", 0, 0.6), hit("b", 1, 0.5)]
    groups = group(hits)
    assert [g[0].photo.product_id for g in groups] == ["a", "b", "c"]
    assert [len(g) for g in groups] == [2, 2, 1]


def test_equal_scores_are_ordered_by_product_id() -> None:
    assert [g[0].photo.product_id for g in group([hit("b", 0, 0.5), hit("a", 0, 0.5)])] == ["a", "b"]


def test_distances_group_as_well_as_cosines() -> None:
    """Best first is all that grouping knows: with distances, the scores rise."""
    assert [g[0].photo.product_id for g in group([hit("b", 0, 0.1), hit("a", 0, 0.2)])] == ["b", "a"]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 5)), max_size=30))
def test_every_hit_is_in_one_group_and_groups_are_in_order(pairs: list[tuple[str, int]]) -> None:
    hits = sorted((hit(p, n, float(s)) for n, (p, s) in enumerate(pairs)), key=lambda h: -h.score)
    groups = group(hits)
    assert sorted(h.photo.photo_id for g in groups for h in g) == sorted(h.photo.photo_id for h in hits)
    assert all(len({h.photo.product_id for h in g}) == 1 for g in groups)
    best = [(-g[0].score, g[0].photo.product_id) for g in groups]
    assert best == sorted(best)
    slow: dict[str, float] = {}
    for h in hits:
        slow.setdefault(h.photo.product_id, max(x.score for x in hits if x.photo.product_id == h.photo.product_id))
    assert {g[0].photo.product_id: g[0].score for g in groups} == slow
