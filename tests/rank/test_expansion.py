"""Query expansion and database-side augmentation against loops."""

from __future__ import annotations

import numpy as np
import pytest

from shelflens.rank import augmentation
from shelflens.rank.augmentation import augment
from shelflens.rank.expansion import expand
from shelflens.types import Vectors


def slow_expand(query: np.ndarray, gallery: Vectors, neighbours: int, alpha: float) -> np.ndarray:
    found = sorted(((float(query @ photo), photo) for photo in gallery), key=lambda pair: -pair[0])[:neighbours]
    moved = query.astype(np.float64)
    for cosine, photo in found:
        if cosine > 0:
            moved = moved + cosine**alpha * photo
    return moved / np.linalg.norm(moved)


@pytest.mark.parametrize(("neighbours", "alpha"), [(1, 0.0), (4, 3.0), (100, 1.0)])
def test_expansion_is_the_weighted_sum_with_the_nearest(
    queries: Vectors, gallery: Vectors, neighbours: int, alpha: float
) -> None:
    expected = [slow_expand(query, gallery, neighbours, alpha) for query in queries]
    np.testing.assert_allclose(expand(queries, gallery, neighbours=neighbours, alpha=alpha), expected, atol=1e-5)


def test_opposite_photos_add_nothing(queries: Vectors) -> None:
    np.testing.assert_allclose(expand(queries[:1], -queries[:1]), queries[:1], atol=1e-6)


def test_an_empty_gallery_leaves_queries_alone(queries: Vectors) -> None:
    np.testing.assert_array_equal(expand(queries, queries[:0]), queries)


def test_augmentation_is_each_photo_twice_with_its_neighbours(
    gallery: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [slow_expand(photo, gallery, 4, 2.0) for photo in gallery]
    monkeypatch.setattr(augmentation, "PORTION", 7)
    np.testing.assert_allclose(augment(gallery, neighbours=3, alpha=2.0), expected, atol=1e-5)


def test_augmentation_draws_clusters_together(gallery: Vectors) -> None:
    def within(vectors: Vectors) -> float:
        return float(np.mean([vectors[at : at + 6] @ vectors[at : at + 6].T for at in range(0, 60, 6)]))

    assert within(augment(gallery)) > within(gallery) + 0.02
