"""What shoppers did goes with a catalogue that is moved, and so does the key of their pseudonyms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import shelflens as package
from shelflens.assemble import move
from shelflens.errors import CatalogueError
from shelflens.records.address import Address
from shelflens.settings import Settings
from shelflens.shopper.base import Event, Kind

GIVEN = [Event(Kind.BUY, "p1", 1e9), Event(Kind.LIKE, "p2", 1e9), Event(Kind.VIEW, "p1", 9e8)]  # the newest first


@pytest.fixture
def visited(tmp_path: Path) -> Path:
    path = tmp_path / "shop.lens"
    with package.open(path, create=True) as catalogue:
        catalogue.shoppers.feedback("ann", GIVEN[::-1])
        catalogue.shoppers.feedback("bea", GIVEN[:1])
    return path


def test_events_go_with_the_catalogue_and_are_known_by_the_same_users(
    visited: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shelflens.assemble.moving.TOGETHER", 3)
    copy = tmp_path / "copy.lens"
    assert move(visited, copy).events == 4
    with package.open(copy) as there, package.open(visited) as here:
        for user in ("ann", "bea", "cat"):
            assert there.shoppers.events(user) == here.shoppers.events(user)
        assert there.shoppers.events("ann") == GIVEN  # equal times: the latest kept first


def test_a_catalogue_without_shoppers_stays_without(tmp_path: Path) -> None:
    plain = tmp_path / "plain.lens"
    package.open(plain, create=True).close()
    assert move(plain, tmp_path / "copy.lens").events == 0
    assert not [*tmp_path.rglob("shoppers.*")]


def test_without_the_key_nothing_is_moved(visited: Path, tmp_path: Path) -> None:
    (visited / "shoppers.key").write_bytes(b"x" * 32)
    with (
        package.open(visited) as catalogue,
        pytest.raises(CatalogueError, match="not the key that the users' pseudonyms were made with"),
    ):
        catalogue.shoppers.events("ann")


def test_there_and_back_through_a_shared_catalogue(
    visited: Path, tmp_path: Path, new_address: Callable[[], Address]
) -> None:
    address = new_address()
    keyless = Settings(cache=tmp_path / "cache")
    with pytest.raises(CatalogueError, match="SHELFLENS_SHOPPERS_KEY"):
        move(visited, address, settings=keyless)
    settings = Settings(cache=tmp_path / "cache", shoppers_key=tmp_path / "key")
    assert move(visited, address, settings=settings).events == 4  # goes on with what was begun
    back = tmp_path / "back.lens"
    assert move(address, back, settings=settings).events == 4
    with package.open(address, settings=settings) as shared, package.open(back) as catalogue:
        assert shared.shoppers.events("ann") == catalogue.shoppers.events("ann") == GIVEN
    (tmp_path / "key").write_bytes(b"x" * 32)
    with pytest.raises(CatalogueError, match="another catalogue's key"):
        move(visited, new_address(), settings=settings)
