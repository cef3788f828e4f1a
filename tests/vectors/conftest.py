"""Vectors for the tests of the indexes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from shelflens.records.address import Address
from shelflens.types import Vectors
from shelflens.vectors.base import VectorIndex
from shelflens.vectors.exact import ExactIndex
from shelflens.vectors.ivf import IvfIndex

INDEXES: dict[str, Callable[[int], VectorIndex]] = {"exact": ExactIndex, "ivf": IvfIndex}
Draw = Callable[..., Vectors]


@pytest.fixture(params=[*sorted(INDEXES), "milvus", "pgvector"])
def make(request: pytest.FixtureRequest) -> Callable[[int], VectorIndex]:
    """make(dimension): an empty index; of a shared one, the second call gives the same again, as to another process."""
    return INDEXES.get(request.param) or request.getfixturevalue(f"make_on_{request.param}")


@pytest.fixture(params=sorted(INDEXES))
def make_own(request: pytest.FixtureRequest) -> Callable[[int], VectorIndex]:
    """make_own(dimension): an empty index of those that are each process's own, and kept in a file."""
    return INDEXES[request.param]


@pytest.fixture
def make_on_pgvector(new_address: Callable[[], Address]) -> Callable[[int], VectorIndex]:
    from shelflens.vectors.pgvector import PgVectorIndex

    address = new_address()
    return lambda dimension: PgVectorIndex(dimension, at=address.dsn, name=f"public.{address.catalogue}_{dimension}")


@pytest.fixture
def make_on_milvus(milvus_server: str, request: pytest.FixtureRequest) -> Callable[[int], VectorIndex]:
    """One collection for each dimension and file of tests, which others run beside: making one takes seconds."""
    from shelflens.vectors.milvus import MilvusIndex

    cleared: set[int] = set()

    def make(dimension: int) -> VectorIndex:
        index = MilvusIndex(dimension, at=milvus_server, name=f"{request.path.stem}_{dimension}")
        if dimension not in cleared:
            index.clear()
            cleared.add(dimension)
        return index

    return make


@pytest.fixture
def draw() -> Draw:
    """draw(count, dimension, seed=0): unit rows that look like pooled features: clustered, never negative."""

    def of(count: int, dimension: int, seed: int = 0) -> Vectors:
        random = np.random.default_rng(seed)
        centres = np.random.default_rng(99).random((64, dimension)) ** 3  # the same for every seed
        loadings = np.random.default_rng(98).standard_normal((min(40, dimension), dimension))
        within = random.standard_normal((count, len(loadings))) @ loadings / len(loadings) ** 0.5
        drawn = np.maximum(0, centres[random.integers(64, size=count)] + 0.25 * within).astype(np.float32) + 1e-3
        unit: Vectors = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
        return unit

    return of
