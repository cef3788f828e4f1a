"""What every vector index promises, against a dictionary and a loop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shelflens.errors import SpaceError
from shelflens.types import Keys, Neighbours, Vectors
from shelflens.vectors.base import VectorIndex

Make = Callable[[int], VectorIndex]
Draw = Callable[..., Vectors]
CLOSE = 4e-5  # of cosines: vectors are kept in 16 bits a component


def keys_of(*keys: int) -> Keys:
    return np.array(keys, np.int64)


def plainly(held: dict[int, Vectors], query: Vectors, k: int, allowed: set[int] | None) -> list[tuple[int, float]]:
    """The slow twin: every allowed vector, one by one, in float64."""
    scored = [
        (-float(vector.astype(np.float64) @ query.astype(np.float64)), key)
        for key, vector in held.items()
        if allowed is None or key in allowed
    ]
    return [(key, -negative) for negative, key in sorted(scored)[:k]]


def check(found: Neighbours, held: dict[int, Vectors], queries: Vectors, k: int, allowed: Keys | None = None) -> None:
    """The same scores in the same order; keys may differ only where scores do by less than CLOSE."""
    assert found.keys.shape == found.scores.shape == (len(queries), k)
    for row, query in enumerate(queries):
        expected = plainly(held, query, k, None if allowed is None else set(allowed.tolist()))
        its_keys, scores = found.keys[row], found.scores[row]
        assert (its_keys[len(expected) :] == -1).all()
        assert (scores[len(expected) :] == -np.inf).all()
        np.testing.assert_allclose(scores[: len(expected)], [score for _, score in expected], atol=CLOSE)
        assert len(set(its_keys[: len(expected)].tolist())) == len(expected)
        for key, score in zip(its_keys.tolist(), scores.tolist(), strict=True):
            if key >= 0:
                assert allowed is None or key in allowed
                assert abs(float(held[key] @ query) - score) < CLOSE


def test_an_empty_index_finds_nothing(make: Make, draw: Draw, tmp_path: Path) -> None:
    index = make(8)
    assert (len(index), index.dimension) == (0, 8)
    index.remove(keys_of(1, 2))
    for allowed in (None, keys_of(), keys_of(1, 2)):
        found = index.search(draw(2, 8), 3, allowed=allowed)
        assert found.keys.tolist() == [[-1] * 3] * 2
        assert list(found.row(0)) == []
    index.save(tmp_path / "index", version=3)
    assert index.load(tmp_path / "index") == 3
    index.put(keys_of(5), draw(1, 8))
    assert index.search(draw(1, 8), 1).keys.tolist() == [[5]]


def test_vectors_of_another_dimension_are_refused(make: Make, draw: Draw) -> None:
    index = make(8)
    for wrong in (draw(1, 7), draw(1, 8)[0]):
        with pytest.raises(SpaceError, match="dimension 8"):
            index.put(keys_of(1), wrong)
        with pytest.raises(SpaceError, match="dimension 8"):
            index.search(wrong, 1)
    assert len(index) == 0


def test_no_queries_and_no_vectors_are_no_trouble(make: Make, draw: Draw) -> None:
    index = make(8)
    index.put(keys_of(), draw(0, 8))
    index.put(keys_of(1), draw(1, 8))
    assert index.search(draw(0, 8), 3).keys.shape == (0, 3)
    assert index.search(draw(1, 8), 0).keys.shape == (1, 0)


def test_a_key_holds_its_last_vector(make: Make, draw: Draw) -> None:
    index, vectors = make(8), draw(4, 8)
    index.put(keys_of(7, 3), vectors[:2])
    index.put(keys_of(3, 9), vectors[2:])
    assert len(index) == 3
    held = {7: vectors[0], 3: vectors[2], 9: vectors[3]}
    check(index.search(vectors, 5), held, vectors, 5)


def test_a_removed_key_is_never_found_again(make: Make, draw: Draw) -> None:
    index, vectors = make(8), draw(20, 8)
    index.put(np.arange(1, 21), vectors)
    index.remove(keys_of(4, 4, 999, 2))
    assert len(index) == 18
    assert not set(index.search(vectors, 20).keys.ravel().tolist()) & {2, 4}


@pytest.mark.parametrize("count", [5, 700, 5_000])
def test_equal_vectors_come_by_ascending_key(make: Make, draw: Draw, count: int) -> None:
    index, vector = make(64), draw(1, 64)
    others = draw(count, 64, 5)
    twins = np.random.default_rng(0).permutation(np.arange(count + 1, count + 30))
    index.put(np.arange(1, count + 1), others)
    for twin in twins:
        index.put(keys_of(int(twin)), vector)
    found = index.search(vector, 12)
    assert found.keys[0].tolist() == sorted(twins.tolist())[:12]
    assert len(set(found.scores[0].tolist())) == 1


def test_extreme_keys_are_keys_like_others(make: Make, draw: Draw) -> None:
    index, vectors = make(8), draw(3, 8)
    index.put(keys_of(2**62, 1, 10**12), vectors)
    assert index.search(vectors, 1).keys.ravel().tolist() == [2**62, 1, 10**12]
    assert index.search(vectors, 2, allowed=keys_of(5, 10**12, 2**60)).keys[0].tolist() == [10**12, -1]


@pytest.mark.parametrize("seed", range(4))
def test_any_sequence_of_changes_leaves_what_a_dictionary_would_hold(
    make: Make, draw: Draw, tmp_path: Path, seed: int
) -> None:
    random = np.random.default_rng(seed)
    index, held, dimension = make(24), dict[int, Vectors](), 24
    for step in range(60):
        count = int(random.choice([1, 3, 50, 300]))
        match random.integers(5):
            case 0:
                gone = random.integers(0, 1_500, size=count)
                index.remove(gone)
                for key in gone.tolist():
                    held.pop(key, None)
            case 1 if step % 3 == 0:
                index.save(tmp_path / "index", version=step)
                if random.random() < 0.5:
                    index = make(dimension)
                assert index.load(tmp_path / "index") == step
            case _:
                first = len(held) + 1 if random.random() < 0.5 else 1  # often new keys at the end, as in a catalogue
                keys = first + random.choice(1_500, size=count, replace=False)
                vectors = draw(count, dimension, int(random.integers(1 << 30)))
                index.put(keys, vectors)
                held |= dict(zip(keys.tolist(), vectors, strict=True))
        assert len(index) == len(held)
    queries = draw(3, dimension, 1)
    check(index.search(queries, 10), held, queries, 10)
    for share in (0.0, 0.05, 0.6, 1.0):
        allowed = np.flatnonzero(random.random(3_500) < share)
        check(index.search(queries, 10, allowed=allowed), held, queries, 10, allowed)
    check(index.search(queries, len(held) + 5), held, queries, len(held) + 5)


def test_many_queries_find_what_each_finds_alone(make: Make, draw: Draw) -> None:
    index, queries = make(32), draw(300, 32, 1)
    index.put(np.arange(1, 6_001), draw(6_000, 32))
    together = index.search(queries, 7)
    for row in range(0, 300, 23):
        alone = index.search(queries[row : row + 1], 7)
        assert together.keys[row].tolist() == alone.keys[0].tolist()
        assert together.scores[row].tolist() == alone.scores[0].tolist()


@pytest.mark.parametrize("count", [300, 6_000])
def test_searches_see_whole_vectors_while_another_thread_changes_them(make: Make, draw: Draw, count: int) -> None:
    """Keys 1..9 are always there, and always hold their own vector or its twin; a torn or a stolen row shows."""
    index, steady, other = make(64), draw(9, 64, 1), draw(count, 64, 2)
    index.put(np.arange(1, 10), steady)
    index.put(np.arange(10, 10 + count), other)
    stop, wrong = threading.Event(), list[object]()

    def searching() -> None:
        while not stop.is_set():
            found = index.search(steady, 1)
            if found.keys.ravel().tolist() != list(range(1, 10)) or found.scores.min() < 1 - 1e-5:
                wrong.append(found)
                return

    threads = [threading.Thread(target=searching) for _ in range(3)]
    for thread in threads:
        thread.start()
    random = np.random.default_rng(0)
    for _ in range(60):
        index.put(np.arange(1, 10), steady)
        index.remove(10 + random.choice(count, size=100))
        index.put(10 + random.choice(count, size=100, replace=False), other[random.choice(count, size=100)])
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[0]
