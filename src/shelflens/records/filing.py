"""Connections to one SQLite file whose readers go on while one process writes (https://www.sqlite.org/wal.html)."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.engine import Engine


def is_full(error: BaseException | None) -> bool:
    """Whether SQLite had no room to write."""
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def transactions(
    file: Path, *, synchronous: str = "FULL", busy_seconds: float, pragmas: tuple[str, ...] = ()
) -> Engine:
    """A transaction with the execution option `writing=True` takes the write lock when it begins; a second writer waits
    `busy_seconds` for the first. `pragmas` come before the first write, as a page's size must."""
    engine = create_engine(
        URL.create("sqlite", database=str(file)),
        connect_args={"timeout": busy_seconds},
        max_overflow=-1,  # a thread that reads never waits for a connection
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we begin transactions ourselves; the driver would only begin writing ones
        for pragma in (*pragmas, "journal_mode = WAL", f"synchronous = {synchronous}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and then writes could find that another process wrote in between.
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine
