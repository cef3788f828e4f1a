"""Relevance feedback."""

from __future__ import annotations

import numpy as np
import pytest

from shelflens.rank.feedback import DISLIKED, LIKED, rocchio
from shelflens.types import Vectors

X, Y, Z = np.eye(3, dtype=np.float32)
NONE: Vectors = np.empty((0, 3), np.float32)


def test_it_is_the_formula() -> None:
    moved = rocchio(X, np.stack([Y, X]), Z[None])
    expected = X + LIKED * (X + Y) / np.sqrt(2) - DISLIKED * Z
    assert moved is not None
    np.testing.assert_allclose(moved, expected / np.linalg.norm(expected), atol=1e-6)
    assert moved.dtype == np.float32


def test_without_examples_the_query_stays() -> None:
    moved = rocchio(X, NONE, NONE)
    assert moved is not None
    np.testing.assert_array_equal(moved, X)


def test_examples_alone_are_a_query_and_dislike_alone_is_none() -> None:
    moved = rocchio(None, np.stack([Y, Y]), NONE)
    assert moved is not None
    np.testing.assert_allclose(moved, Y)
    assert rocchio(None, NONE, Z[None]) is None


@pytest.mark.parametrize("liked", [X, Y, (X + Y) / np.sqrt(2)])
def test_the_query_comes_nearer_to_what_is_liked(liked: Vectors) -> None:
    moved = rocchio(X, liked[None].astype(np.float32), NONE)
    assert moved is not None
    assert moved @ liked >= X @ liked - 1e-6
