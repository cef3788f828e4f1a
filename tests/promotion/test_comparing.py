"""When one model is better than another on the same queries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from shelflens.feed.base import FilePhoto
from shelflens.promotion.asking import matching
from shelflens.promotion.comparing import compare
from shelflens.promotion.result import Reply
from shelflens.types import Product


def replies(ranks: Sequence[int | None], *, per_product: int = 1) -> list[Reply]:
    return [
        Reply(FilePhoto(Path(f"/{at}.jpg")), (), Product(f"p{at // per_product}"), rank)
        for at, rank in enumerate(ranks)
    ]


def test_the_means_are_those_of_an_obvious_loop() -> None:
    old: list[int | None] = [1, 2, None, 7]
    new = [1, 1, 3, 2]
    comparison = compare(replies(old), replies(new), occasions=[0] * len(old), data="here")
    for name, depth in (("recall@1", 1), ("recall@5", 5)):
        difference = comparison.of(name)
        assert difference.old == sum(rank is not None and rank <= depth for rank in old) / 4
        assert difference.new == sum(rank <= depth for rank in new) / 4
    assert comparison.of("mrr").old == pytest.approx((1 + 1 / 2 + 0 + 1 / 7) / 4)
    assert comparison.of("mrr").change == pytest.approx((1 / 2 + 1 / 3 + 1 / 2 - 1 / 7) / 4)
    assert [pair.new.photo.source for pair in comparison.won] == ["/1.jpg"]
    assert comparison.lost == ()


def test_the_interval_is_that_of_occasions_drawn_one_by_one() -> None:
    """The slow twin draws whole products, of one occasion each, and averages their queries."""
    random = np.random.default_rng(3)
    old = [int(rank) for rank in random.integers(1, 3, 60)]
    new = [int(rank) for rank in random.integers(1, 3, 60)]
    products = [f"p{at}" for at in random.integers(0, 12, 60)]
    answered = [
        [Reply(FilePhoto(Path(f"/{at}")), (), Product(products[at]), ranks[at]) for at in range(60)]
        for ranks in (old, new)
    ]
    change = np.array([(b == 1) - (a == 1) for a, b in zip(old, new, strict=True)], float)
    of = {product: change[[p == product for p in products]] for product in sorted(set(products))}
    means = []
    for _ in range(4000):
        drawn = [of[str(product)] for product in random.choice(list(of), len(of))]
        means.append(np.concatenate(drawn).mean())
    low, high = np.quantile(means, [0.025, 0.975])
    found = compare(answered[0], answered[1], occasions=[0] * 60, data="here").of("recall@1")
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.03)


def test_ten_photos_of_one_occasion_are_one_piece_of_evidence() -> None:
    old, new = replies([1] * 40 + [2] * 10, per_product=10), replies([1] * 50, per_product=10)
    assert compare(old, new, occasions=range(50), data="every photo on its own").better
    together = compare(old, new, occasions=[0] * 50, data="one occasion a product")
    assert (together.products, together.occasions) == (5, 5)
    assert together.of("recall@1").change == pytest.approx(0.2)
    assert not together.better


def test_no_difference_is_no_improvement() -> None:
    same = replies([1, 1, 2, None])
    comparison = compare(same, same, occasions=[0] * 4, data="here")
    assert (comparison.of("recall@1").low, comparison.of("recall@1").high) == (0, 0)
    assert not comparison.better


def test_queries_that_only_one_could_read_are_left_out() -> None:
    old, new = replies([1, 1, 1]), replies([1, 1, 1])
    assert [len(part) for part in matching(old[:2], new[1:])] == [1, 1]
