"""What shoppers did, in one SQLite file of the catalogue's directory, apart from the records: it has another life.

Deleted rows are overwritten with zeros (`secure_delete`, https://www.sqlite.org/pragma.html#pragma_secure_delete), and
the log, which still has the pages as they were, is copied into the file and emptied at once. A page that was split
before may keep a stale copy of a row in its free part all the same (one user of five that were tried), so the file is
searched for the pseudonym, and written anew where it is found.
"""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, insert, inspect, select

from shelflens.errors import CatalogueError
from shelflens.records.filing import transactions
from shelflens.shopper.sql import SqlEvents
from shelflens.shopper.tables import SCHEMA, meta, metadata

FILE: Final = "shoppers.db"
BUSY_SECONDS: Final = 60
SCRUB_SECONDS: Final = 30.0  # that readers of the log are waited for
READ_BYTES: Final = 1 << 22


class SqliteEvents(SqlEvents):
    """Opens the events of the catalogue in the directory `path`; makes the file when none is there.

    Raises CatalogueError when the file is of another kind or of a newer shelflens.
    """

    def __init__(self, path: Path) -> None:
        self._file = path / FILE
        engine = transactions(self._file, busy_seconds=BUSY_SECONDS, pragmas=("secure_delete = ON",))
        super().__init__(engine, where=str(path))
        try:
            with self._transaction(writing=True) as connection:
                _settle(connection, self._file)
        except BaseException:
            self.close()
            raise

    def _scrub(self, user: bytes) -> None:
        self._empty_log()
        if _holds(self._file, user):
            with closing(self._engine.raw_connection()) as borrowed:
                borrowed.cursor().execute("VACUUM")
            self._empty_log()

    def _empty_log(self) -> None:
        deadline = time.monotonic() + SCRUB_SECONDS
        while True:
            with closing(self._engine.raw_connection()) as borrowed:
                busy, _, _ = borrowed.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                return
            if time.monotonic() > deadline:
                raise CatalogueError(
                    f"{self._where}: the user's events are deleted, but a reader keeps the log from being emptied; "
                    "delete the user again when it has ended"
                )
            time.sleep(0.05)


def _holds(file: Path, what: bytes) -> bool:
    """Whether the bytes are anywhere in the file."""
    last = b""
    with file.open("rb") as opened:
        while portion := opened.read(READ_BYTES):
            if what in last + portion:
                return True
            last = portion[-len(what) :]
    return False


def _settle(connection: Connection, file: Path) -> None:
    names = set(inspect(connection).get_table_names())
    if not names:
        metadata.create_all(connection)
        connection.execute(insert(meta), {"name": "schema", "number": SCHEMA})
        return
    if "meta" not in names or "events" not in names:
        raise CatalogueError(f"{file}: not the events of a shelflens catalogue")
    schema = connection.scalar(select(meta.c.number).where(meta.c.name == "schema"))
    if schema is None or schema > SCHEMA:
        raise CatalogueError(f"{file}: made by a newer shelflens (schema {schema}); upgrade shelflens")
