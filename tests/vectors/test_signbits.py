"""The sign bits lose nearly nothing against exact search, under any filter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from shelflens.types import Keys, Vectors
from shelflens.vectors import codec, signbits
from shelflens.vectors.exact import ExactIndex
from shelflens.vectors.signbits import SignBitsIndex

Draw = Callable[..., Vectors]
COUNT, DIMENSION = 30_000, 256


@pytest.fixture(scope="module")
def both() -> tuple[ExactIndex, SignBitsIndex, Vectors]:
    """Features as of a rectified network: 50 kinds of 50 things of 12 photos, and other photos of the things."""
    random = np.random.default_rng(3)

    def shaken(centres: Vectors, times: int, share: float) -> Vectors:
        noise = random.standard_normal((len(centres) * times, DIMENSION), dtype=np.float32)
        return np.maximum(0, np.repeat(centres, times, axis=0) + share * noise)

    kinds = random.random((50, DIMENSION), dtype=np.float32) ** 4
    things = shaken(kinds, 50, 0.15)
    photos, queries = shaken(things, 12, 0.15), shaken(things[::17], 1, 0.15)
    vectors = photos / np.linalg.norm(photos, axis=1, keepdims=True)
    exact, bits = ExactIndex(DIMENSION), SignBitsIndex(DIMENSION)
    keys = np.arange(1, COUNT + 1)  # of photos of a thing, and of things of a kind, in one piece
    for part in np.array_split(random.permutation(COUNT), 5):
        exact.put(keys[part], vectors[part])
        bits.put(keys[part], vectors[part])
    return exact, bits, queries / np.linalg.norm(queries, axis=1, keepdims=True)


@pytest.mark.parametrize("share", [1.0, 0.5, 0.1, 0.01, 0.001])
@pytest.mark.parametrize("by_kind", [False, True])
def test_recall_is_that_of_exact_search_under_any_filter(
    both: tuple[ExactIndex, SignBitsIndex, Vectors], share: float, by_kind: bool
) -> None:
    """Filters that know nothing of the picture, and filters such as a category, which let through far ones only."""
    exact, bits, queries = both
    chosen = np.random.default_rng(0).permutation(COUNT)[: int(COUNT * share)]
    allowed: Keys = np.arange(1, int(COUNT * share) + 1) if by_kind else np.sort(chosen + 1)
    truth, found = exact.search(queries, 10, allowed=allowed), bits.search(queries, 10, allowed=allowed)
    same = [len({*a} & {*b}) / 10 for a, b in zip(truth.keys.tolist(), found.keys.tolist(), strict=True)]
    # Where a filter lets through only what resembles the query in nothing, all is about equally far.
    assert np.mean(same) >= (0.95 if by_kind else 0.99)
    agreed = truth.keys == found.keys
    np.testing.assert_allclose(truth.scores[agreed], found.scores[agreed], atol=2e-5)


def test_bits_of_near_vectors_differ_less(draw: Draw) -> None:
    vectors = draw(3_000, 64)
    learned = codec.learn(vectors)
    codes = learned.encode(vectors)
    assert codes.shape == (3_000, codec.BITS // 8)
    assert 0.4 < np.unpackbits(codes).mean() < 0.6  # centred: a bit that never changes tells nothing
    cosines = vectors[:50] @ vectors.T
    differences = np.bitwise_count(codes[:50, None] ^ codes).sum(axis=2)
    assert np.corrcoef(cosines.ravel(), differences.ravel())[0, 1] < -0.8


def test_learning_twice_gives_the_same_bits(draw: Draw) -> None:
    vectors = draw(500, 48)
    assert (codec.learn(vectors).encode(vectors) == codec.learn(vectors).encode(vectors)).all()


@pytest.mark.parametrize(("count", "dimension"), [(1, 8), (30, 512), (2_000, 1), (2_000, 3)])
def test_any_shape_can_be_learned(draw: Draw, count: int, dimension: int) -> None:
    assert codec.learn(draw(count, dimension)).encode(draw(5, dimension, 1)).shape == (5, 64)


def test_vectors_that_are_all_the_same_are_all_found(draw: Draw) -> None:
    index, vector = SignBitsIndex(16), draw(1, 16)
    index.put(np.arange(1, 4_001), np.repeat(vector, 4_000, axis=0))
    found = index.search(vector, 5)
    np.testing.assert_allclose(found.scores, 1, atol=1e-6)


def test_replaced_rows_do_not_pile_up(draw: Draw) -> None:
    index = SignBitsIndex(16)
    for seed in range(30):
        index.put(np.arange(1, 1_001), draw(1_000, 16, seed))
    assert index._state.used <= signbits.WASTE * 1_000 + signbits.LEARN_AT
    assert len(index) == 1_000
    assert index.search(draw(1_000, 16, 29)[7:8], 1).keys.tolist() == [[8]]
