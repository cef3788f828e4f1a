"""Whitening against its definition."""

from __future__ import annotations

import numpy as np
import pytest

from shelflens.rank.whitening import learn
from shelflens.types import Vectors


@pytest.mark.parametrize("photos", [60, 20])
def test_full_whitening_gives_every_direction_the_same_spread(gallery: Vectors, photos: int) -> None:
    some = gallery[:photos]
    whitening = learn(some, components=12, exponent=1.0)
    turned = (some - whitening.mean) @ whitening.projection
    np.testing.assert_allclose(np.cov(turned.T, bias=True), np.eye(12), atol=1e-4)


def test_without_whitening_inner_products_are_those_of_centred_vectors(gallery: Vectors) -> None:
    whitening = learn(gallery, components=32, exponent=0.0)
    centred = gallery - gallery.mean(axis=0)
    turned = (gallery - whitening.mean) @ whitening.projection
    np.testing.assert_allclose(turned @ turned.T, centred @ centred.T, atol=1e-5)


def test_small_and_large_galleries_are_learned_alike() -> None:
    vectors = np.random.default_rng(0).normal(size=(16, 15)).astype(np.float32)
    wide = np.hstack([vectors, np.zeros((16, 5), np.float32)])  # 20 > 16: the other way round
    narrow, small = learn(vectors, components=8), learn(wide, components=8)
    one, other = narrow(vectors), small(wide)
    np.testing.assert_allclose(one @ one.T, other @ other.T, atol=1e-4)


def test_rows_are_unit_and_the_mean_itself_is_zero(gallery: Vectors) -> None:
    whitening = learn(gallery)
    np.testing.assert_allclose(np.linalg.norm(whitening(gallery), axis=1), 1, atol=1e-5)
    assert not whitening(whitening.mean[None]).any()
    assert whitening(gallery).dtype == np.float32


def test_one_vector_is_too_few(gallery: Vectors) -> None:
    with pytest.raises(ValueError, match="at least 2 vectors, not 1"):
        learn(gallery[:1])
