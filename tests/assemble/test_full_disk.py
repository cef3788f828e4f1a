"""Searches go on where there is no room for what could be made anew."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from shelflens.errors import CatalogueError
from shelflens.manifest import ModelManifest
from shelflens.records.base import Batch, Embedded, Records
from shelflens.records.sqlite import SqliteRecords
from shelflens.search import Gallery
from shelflens.search.gallery import SAVE_AFTER
from shelflens.types import Photo, Preprocessing, Product
from shelflens.vectors.making import IndexMaker


@contextmanager
def no_room() -> Iterator[None]:
    """For files that grow: by a limit for this process, as a disk of its own would take root."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def written(path: Path, count: int) -> tuple[Records, str]:
    records = SqliteRecords(path, create=True)
    space = records.add_space(ModelManifest("tiny", "0" * 64, 8, Preprocessing(), ""))
    drawn = np.random.default_rng(0).standard_normal((count, 8)).astype(np.float32)
    vectors = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    photos = [Embedded(Photo(f"{n:064x}", "p", f"{n}.jpg", 9, 9), vectors[n], space) for n in range(count)]
    records.write(Batch([Product("p")], photos), space=space)
    return records, space


def test_a_search_that_has_no_room_for_a_snapshot_is_answered_without(tmp_path: Path) -> None:
    records, space = written(tmp_path / "shop.lens", SAVE_AFTER)
    snapshot = tmp_path / "shop.lens" / "vectors.index"
    gallery = Gallery(records, space=space, maker=IndexMaker(8, tmp_path), snapshot=snapshot)
    query = np.eye(1, 8, dtype=np.float32)
    with no_room():
        found = gallery.neighbours(query, 3)
    assert (found.scores > 0.5).all()
    assert not list(snapshot.parent.glob("*.index*"))  # nothing half written, either
    records.close()


def test_an_index_that_has_no_room_to_grow_says_where(tmp_path: Path) -> None:
    records, space = written(tmp_path / "shop.lens", 10_000)  # more than are kept in memory whole
    gallery = Gallery(records, space=space, maker=IndexMaker(8, tmp_path), snapshot=tmp_path / "vectors.index")
    query = np.eye(1, 8, dtype=np.float32)
    with no_room(), pytest.raises(CatalogueError, match=f"{tmp_path}: no room for the index of its vectors"):
        gallery.neighbours(query, 3)
    assert (gallery.neighbours(query, 3).scores > 0.5).all()  # there is room again
    records.close()
