"""A catalogue carried into another store and back: the same in every bit, and it answers the same."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select
from tests.cli.command import shelflens
from tests.conftest import drawn_photo

import shelflens as package
from shelflens.assemble import move
from shelflens.assemble.store import open_store
from shelflens.errors import CatalogueError
from shelflens.manifest import ModelManifest
from shelflens.records import tables
from shelflens.records.address import Address, Location
from shelflens.records.base import Batch, Embedded
from shelflens.records.moving import Movable
from shelflens.types import Photo, Preprocessing, Product

UNIT = np.eye(16, dtype=np.float32)


@pytest.fixture
def filled(shop: Path, tmp_path: Path) -> Path:
    """Eight products, an uploaded photo, two spaces, descriptions, documents, and gaps among the keys."""
    path = tmp_path / "shop.lens"
    with package.open(path, create=True) as catalogue:
        catalogue.index(shop)
        catalogue.look_closer(["hash"])
        made = BytesIO()
        drawn_photo(5, 77).save(made, "JPEG")
        catalogue.add_photo("p2", made.getvalue())
        catalogue.remove(["p4"])
        records = catalogue.records
        second = records.add_space(ModelManifest("other", "1" * 64, 16, Preprocessing(), ""))
        photo_ids = [photo.photo_id for _, photo in records.photos_of("p1")]
        records.add_vectors(dict.fromkeys(photo_ids, UNIT[3]), space=second)
        records.keep("note\0", "ö\0")
    return path


def everything(where: Location, cache: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, sources of uploads by their names only."""
    store = open_store(where, create=False, cache=cache)
    assert isinstance(store.records, Movable)
    found = {}
    with store.records.database.reading() as connection:
        for table in tables.metadata.sorted_tables:
            rows = [{**row} for row in connection.execute(select(table)).mappings()]
            if table is tables.photos:
                rows = [
                    {**row, "source": "upload" if store.uploads.holds(row["source"]) else row["source"]} for row in rows
                ]
            if table is tables.facts:
                rows = [{**row, "id": 0} for row in rows]
            if table is tables.meta:
                rows = [row for row in rows if row["name"] in ("schema", "version", "key")]
            found[table.name] = sorted(tuple(row.values()) for row in rows)
    store.records.close()
    return found


def answers(where: Location, shop: Path) -> list[object]:
    with package.open(where) as catalogue:
        matches = catalogue.search(shop / "p3" / "1.jpg", k=7)
        words = [hit.product_id for hit in catalogue.records.agreeing("p3 p5", k=5)]
        return [[(match.product, match.score, match.photo.photo_id) for match in matches], words]


def test_there_and_back_nothing_has_changed(
    filled: Path, shop: Path, tmp_path: Path, new_address: Callable[[], Address], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELFLENS_CACHE", str(tmp_path / "cache"))
    shared, back = new_address(), tmp_path / "back.lens"
    text = f"postgres://{shared.dsn.removeprefix('postgresql://')}&catalogue={shared.catalogue}"
    told = json.loads(shelflens("move", filled, text, "--json").stdout)
    assert (told["products"], told["photos"], told["uploads"]) == (7, 22, 1)
    shelflens("move", text, back, "--quiet")
    before = everything(filled, tmp_path)
    assert before["vectors"]
    assert before["descriptions"]
    for where in (shared, back):
        assert everything(where, tmp_path) == before
        assert answers(where, shop) == answers(filled, shop)
        with package.open(where) as catalogue:
            assert catalogue.look_closer(["colour"]).bad == 0  # every photo can be read again, the uploaded one too
            third = catalogue.records.add_space(ModelManifest("third", "2" * 64, 16, Preprocessing(), ""))
            embedded = Embedded(Photo("9" * 64, "new", "new.jpg", 9, 9), UNIT[0], third)
            catalogue.records.write(Batch([Product("new")], [embedded]), space=third)
            assert catalogue.records.photos_of("new")[0][0] > max(row[0] for row in before["photos"])
    assert everything(filled, tmp_path) == before


@pytest.mark.parametrize("stopped_after", [1, 3, 7])
def test_a_move_that_was_stopped_goes_on(
    filled: Path,
    tmp_path: Path,
    new_address: Callable[[], Address],
    monkeypatch: pytest.MonkeyPatch,
    stopped_after: int,
) -> None:
    monkeypatch.setenv("SHELFLENS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("shelflens.records.moving.PORTION", 5)
    shared, seen = new_address(), list[int]()

    def stop(done: int, _total: int) -> None:
        seen.append(done)
        if len(seen) > stopped_after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(filled, shared, on_progress=stop)
    with pytest.raises(CatalogueError, match="was stopped; start the same `shelflens move` again"):
        package.open(shared)
    again: list[int] = []
    move(filled, shared, on_progress=lambda done, _total: again.append(done))
    assert again[0] >= seen[-1]  # nothing is carried twice
    assert everything(shared, tmp_path) == everything(filled, tmp_path)


def test_a_source_that_has_changed_meanwhile_is_carried_anew(
    filled: Path, tmp_path: Path, new_address: Callable[[], Address], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELFLENS_CACHE", str(tmp_path / "cache"))
    shared, changed = new_address(), list[int]()

    def change(_done: int, _total: int) -> None:
        if not changed:
            changed.append(1)
            with package.open(filled) as catalogue:
                catalogue.remove(["p0"])

    with pytest.raises(CatalogueError, match="was written to meanwhile"):
        move(filled, shared, on_progress=change)
    assert move(filled, shared).counts.products == 6
    assert everything(shared, tmp_path) == everything(filled, tmp_path)


def test_what_is_there_already_is_left_alone(filled: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.lens"
    move(filled, other)
    before = everything(other, tmp_path)
    for target, wrong in ((other, "is a catalogue already"), (filled, "onto itself")):
        with pytest.raises(CatalogueError, match=wrong):
            move(filled, target)
    assert everything(other, tmp_path) == before
    with sqlite3.connect(other / "records.db") as database:
        assert database.execute("pragma foreign_key_check").fetchall() == []
    database.close()
    with pytest.raises(CatalogueError, match="no catalogue at"):
        move(tmp_path / "nowhere", tmp_path / "x.lens")
    assert not (tmp_path / "x.lens").exists()
