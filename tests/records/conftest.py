"""Small catalogues for the tests of the records, in every implementation that there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from shelflens.manifest import ModelManifest
from shelflens.records.address import Address
from shelflens.records.base import Embedded, Records
from shelflens.records.sqlite import SqliteRecords
from shelflens.types import Photo, Preprocessing, Vectors

DIMENSION = 16
Open: TypeAlias = Callable[[], Records]
Embed: TypeAlias = Callable[..., Embedded]


def _open(address: Address) -> Records:
    from shelflens.records.postgres import PostgresRecords

    return PostgresRecords(address, create=True)


STORES = ("postgres", "sqlite")


@pytest.fixture(params=STORES)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the same catalogue again at every call, as another process would."""
    every: list[Records] = []
    address = request.getfixturevalue("new_address")() if request.param == "postgres" else None

    def open_it() -> Records:
        every.append(_open(address) if address else SqliteRecords(tmp_path / "shop.lens", create=True))
        return every[-1]

    yield open_it
    for records in every:
        records.close()


@pytest.fixture
def records(opened: Open) -> Records:
    return opened()


@pytest.fixture
def manifest() -> ModelManifest:
    return ModelManifest("tiny", "0" * 64, DIMENSION, Preprocessing(), "Apache-2.0")


@pytest.fixture
def space(records: Records, manifest: ModelManifest) -> str:
    return records.add_space(manifest)


@pytest.fixture
def vector() -> Callable[[int], Vectors]:
    """The unit vector of a seed."""

    def of(seed: int) -> Vectors:
        drawn = np.random.default_rng(seed).standard_normal(DIMENSION).astype(np.float32)
        return drawn / np.linalg.norm(drawn)

    return of


@pytest.fixture
def embedded(vector: Callable[[int], Vectors], manifest: ModelManifest) -> Embed:
    """embedded("p1", 7): photo number 7 of product p1, in a file of its own unless `source` names one."""

    def of(product_id: str, number: int, source: str = "", thumbnail: bytes = b"") -> Embedded:
        photo = Photo(f"{number:064x}", product_id, source or f"/photos/{product_id}/{number}.jpg", 640, 480)
        return Embedded(photo, vector(number), manifest.space, thumbnail)

    return of
