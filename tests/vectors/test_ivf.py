"""Looking into the nearest cells loses nearly nothing against exact search, under any filter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from shelflens.types import Keys, Vectors
from shelflens.vectors import cells, components, ivf
from shelflens.vectors.exact import ExactIndex
from shelflens.vectors.ivf import IvfIndex

Draw = Callable[..., Vectors]
COUNT, DIMENSION = 30_000, 256


@pytest.fixture(scope="module")
def both() -> tuple[ExactIndex, IvfIndex, Vectors]:
    """Features as of a rectified network: 50 kinds of 50 things of 12 photos, and other photos of the things."""
    random = np.random.default_rng(3)

    def shaken(centres: Vectors, times: int, share: float) -> Vectors:
        noise = random.standard_normal((len(centres) * times, DIMENSION), dtype=np.float32)
        return np.maximum(0, np.repeat(centres, times, axis=0) + share * noise)

    kinds = random.random((50, DIMENSION), dtype=np.float32) ** 4
    things = shaken(kinds, 50, 0.15)
    photos, queries = shaken(things, 12, 0.15), shaken(things[::17], 1, 0.15)
    vectors = photos / np.linalg.norm(photos, axis=1, keepdims=True)
    exact, index = ExactIndex(DIMENSION), IvfIndex(DIMENSION)
    keys = np.arange(1, COUNT + 1)  # of photos of a thing, and of things of a kind, in one piece
    for part in np.array_split(random.permutation(COUNT), 5):
        exact.put(keys[part], vectors[part])
        index.put(keys[part], vectors[part])
    return exact, index, queries / np.linalg.norm(queries, axis=1, keepdims=True)


@pytest.mark.parametrize("share", [1.0, 0.5, 0.1, 0.01, 0.001])
@pytest.mark.parametrize("by_kind", [False, True])
def test_recall_is_that_of_exact_search_under_any_filter(
    both: tuple[ExactIndex, IvfIndex, Vectors], share: float, by_kind: bool
) -> None:
    """Filters that know nothing of the picture, and filters such as a category, which let through far ones only."""
    exact, index, queries = both
    chosen = np.random.default_rng(0).permutation(COUNT)[: int(COUNT * share)]
    allowed: Keys = np.arange(1, int(COUNT * share) + 1) if by_kind else np.sort(chosen + 1)
    truth, found = exact.search(queries, 10, allowed=allowed), index.search(queries, 10, allowed=allowed)
    same = [len({*a} & {*b}) / 10 for a, b in zip(truth.keys.tolist(), found.keys.tolist(), strict=True)]
    # Where a filter lets through only what resembles the query in nothing, all is about equally far.
    assert np.mean(same) >= (0.95 if by_kind else 0.99)
    agreed = truth.keys == found.keys
    np.testing.assert_allclose(truth.scores[agreed], found.scores[agreed], atol=2e-5)


def test_learning_twice_gives_the_same_cells(draw: Draw) -> None:
    vectors = draw(500, 48)
    learnt = [components.learn(vectors) for _ in range(2)]
    both = [cells.learn(one, one.points(vectors), cells=16) for one in learnt]
    assert (both[0].centres == both[1].centres).all()
    assert (both[0].place(learnt[0].points(vectors)) == both[1].place(learnt[1].points(vectors))).all()


@pytest.mark.parametrize(("count", "dimension"), [(2_000, 512), (2_000, 1), (2_100, 3)])
def test_any_shape_can_be_learned(draw: Draw, count: int, dimension: int) -> None:
    vectors, index = draw(count, dimension), IvfIndex(dimension)
    index.put(np.arange(1, count + 1), vectors)
    assert (index.search(vectors[:5], 1).scores > 0.999).all()  # of 3 dimensions no estimate tells neighbours apart


def test_vectors_that_are_all_the_same_are_all_found(draw: Draw) -> None:
    index, vector = IvfIndex(16), draw(1, 16)
    index.put(np.arange(1, 4_001), np.repeat(vector, 4_000, axis=0))
    found = index.search(vector, 5)
    np.testing.assert_allclose(found.scores, 1, atol=1e-6)


def test_replaced_rows_do_not_pile_up(draw: Draw) -> None:
    index = IvfIndex(16)
    for seed in range(30):
        index.put(np.arange(1, 1_001), draw(1_000, 16, seed))
    assert index._state.used <= ivf.WASTE * 1_000 + ivf.LEARN_AT
    assert len(index) == 1_000
    assert index.search(draw(1_000, 16, 29)[7:8], 1).keys.tolist() == [[8]]
