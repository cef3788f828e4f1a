"""Vectors in clusters, as photos of products are."""

from __future__ import annotations

import numpy as np
import pytest

from shelflens.types import Vectors


def unit(vectors: np.ndarray) -> Vectors:
    rows: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return rows


@pytest.fixture
def gallery() -> Vectors:
    """(60, 32): ten clusters of six, with a direction that all share."""
    random = np.random.default_rng(5)
    centres = np.repeat(random.normal(size=(10, 32)), 6, axis=0)
    return unit(centres + 0.6 * random.normal(size=(60, 32)) + 2.0 * np.eye(32)[0])


@pytest.fixture
def queries(gallery: Vectors) -> Vectors:
    """(10, 32): query i is of cluster i."""
    random = np.random.default_rng(6)
    return unit(gallery[::6] + 0.1 * random.normal(size=(10, 32)))
