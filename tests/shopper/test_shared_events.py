"""Events beside the records in PostgreSQL: every machine with the key knows them, and who is forgotten is gone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from tests import postgres

import shelflens as package
from shelflens.errors import CatalogueError
from shelflens.records.address import Address
from shelflens.settings import Settings
from shelflens.shopper.base import Event, EventCounts, Kind

VIEW = Event(Kind.VIEW, "p1", 1e9)


def machine(name: str, folder: Path) -> Settings:
    return Settings(cache=folder / name, shoppers_key=folder / f"{name}.key")


def test_what_one_machine_keeps_another_with_the_same_key_knows(
    new_address: Callable[[], Address], tmp_path: Path
) -> None:
    address = new_address()
    first, second = (machine(name, tmp_path) for name in ("first", "second"))
    assert first.shoppers_key is not None and second.shoppers_key is not None
    with (
        package.open(address, create=True, settings=first) as here,
        package.open(address, settings=second) as there,
        package.open(address, settings=Settings(cache=tmp_path / "third")) as keyless,
    ):
        assert not there.shoppers.any  # looking makes no key
        assert there.shoppers.events("ann") == [] and not second.shoppers_key.exists()
        here.shoppers.feedback("ann", [VIEW])
        with pytest.raises(CatalogueError, match="SHELFLENS_SHOPPERS_KEY"):
            keyless.shoppers.events("ann")
        with pytest.raises(CatalogueError, match=r"second\.key.*copy it here"):
            there.shoppers.events("ann")
        second.shoppers_key.write_bytes(b"k" * 32)
        with pytest.raises(CatalogueError, match="not the key"):
            there.shoppers.feedback("ann", [VIEW])
        second.shoppers_key.write_bytes(first.shoppers_key.read_bytes())
        assert there.shoppers.events("ann") == [VIEW]
        assert there.shoppers.forget("ann") == 1
        assert here.shoppers.counts() == EventCounts(0, 0)


def test_a_forgotten_user_is_in_no_file_of_the_tables(
    new_address: Callable[[], Address], postgres_server: postgres.Server
) -> None:
    """Deleted rows alone would be: the log, replicas and backups are the server's (docs/shopper.md)."""
    from shelflens.shopper.postgres import PostgresEvents

    address = new_address()
    events = PostgresEvents(address)
    users = [bytes([number]) + b"pseudonym of 16"[:15] for number in range(40)]
    waiting = [
        events.add_later(users[7 * turn % 40], [Event(Kind.VIEW, f"p{turn}", float(turn % 97))])
        for turn in range(2_000)
    ]
    for one in waiting:
        one.result()
    engine = create_engine(address.dsn.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:

        def holds(user: bytes) -> bool:
            connection.execute(text("CHECKPOINT"))
            files = [file for file in (postgres_server.folder / "base").rglob("*[0-9]") if file.is_file()]
            return any(user in file.read_bytes() for file in files)

        assert holds(users[3]), "the test looks where nothing is"
        assert events.forget(users[3]) == 50
        assert not holds(users[3])
        assert holds(users[4])
    engine.dispose()
    assert events.counts() == EventCounts(1_950, 39)
    events.close()
