"""How near a product is by all of its photos."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelflens.rank.voting import PRIOR
from shelflens.search.pooling import SHARPNESS, by_pool, pool
from shelflens.types import Hit, Photo

cosines = st.lists(st.floats(-1, 1), min_size=1, max_size=8)


@given(st.floats(-1, 1))
def test_one_photo_pools_to_its_own_cosine(cosine: float) -> None:
    assert pool([[cosine]], [1]) == pytest.approx([cosine], abs=1e-9)


@given(st.lists(st.tuples(cosines, st.integers(0, 100)), max_size=6))
def test_pooling_equals_the_plain_sums(products: list[tuple[list[float], int]]) -> None:
    groups = [found for found, _ in products]
    photos = [len(found) + more for found, more in products]
    slow = [
        (math.log(sum(math.exp(SHARPNESS * cosine) for cosine in found)) - PRIOR * math.log(count)) / SHARPNESS
        for found, count in zip(groups, photos, strict=True)
    ]
    assert pool(groups, photos) == pytest.approx(slow, abs=1e-9)


@given(cosines, st.floats(-1, 1))
def test_another_photo_found_never_makes_a_product_farther(found: list[float], cosine: float) -> None:
    fewer, more = pool([found, [*found, cosine]], [20, 20])
    assert more >= fewer


def hits(product: str, *scores: float) -> tuple[Hit, ...]:
    return tuple(Hit(Photo(f"{product}{n}", product, "", 1, 1), score) for n, score in enumerate(scores))


def test_many_near_photos_outweigh_one_nearest_and_ties_go_by_product_id() -> None:
    groups = [hits("one", 0.80), hits("many", 0.79, 0.79, 0.78, 0.78), hits("b", 0.5), hits("a", 0.5)]
    ranked = by_pool(groups, {"one": 4, "many": 4, "a": 1, "b": 1})
    assert [group[0].photo.product_id for _, group in ranked] == ["many", "one", "a", "b"]


def test_a_photo_that_is_the_query_itself_is_not_outvoted_by_its_products_others() -> None:
    groups = [hits("own", 1.0, 0.4), hits("look-alike", 0.91)]
    photos = {"own": 61, "look-alike": 1}
    assert [found[0].photo.product_id for _, found in by_pool(groups, photos)] == ["own", "look-alike"]
    nearly = [hits("own", 0.99, 0.4), hits("look-alike", 0.91)]
    assert [found[0].photo.product_id for _, found in by_pool(nearly, photos)] == ["look-alike", "own"]
