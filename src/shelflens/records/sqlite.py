"""The records in one SQLite file of the catalogue's directory: no server, crash-safe, many readers and one writer.

Write-ahead logging lets readers go on while one process writes; `synchronous=FULL` makes every commit wait until
the log is on the disk (https://www.sqlite.org/wal.html, https://www.sqlite.org/pragma.html#pragma_synchronous).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, inspect, select
from sqlalchemy.exc import DBAPIError

from shelflens.errors import CatalogueError
from shelflens.records import fulltext, schema
from shelflens.records.filing import transactions
from shelflens.records.happening import portions
from shelflens.records.rows import product_from
from shelflens.records.sql import STREAM, SqlRecords
from shelflens.records.tables import SCHEMA, meta, metadata, products
from shelflens.types import Photo, Product

FILE = "records.db"
BUSY_SECONDS = 60  # a second writer waits this long for the first
PAGE_BYTES = 8192  # three vectors of 1,280 components lie in one page; in SQLite's 4,096 only one would
CACHE_KIB = 16_384  # per connection

# What every search asks goes to the driver: SQLAlchemy's share of so small a question is nine tenths. A statement
# stays prepared for every number of values that was asked for.
_VERSION = "SELECT number FROM meta WHERE name = 'version'"
_PHOTOS = """
    SELECT key, photo_id, product_id, source, width, height FROM photos
    WHERE key IN ({values})"""
_PHOTO_COUNTS = """
    SELECT product_id, count(*) FROM photos
    WHERE product_id IN ({values}) GROUP BY product_id"""
_PRODUCTS = """
    SELECT product_id, title, description, brand, category, price, url, gtins, attributes FROM products
    WHERE product_id IN ({values}) ORDER BY product_id"""
WAL_PAGES = 2_000  # the log is copied into the file when it has grown to 16 MiB
_PRAGMAS = (
    f"page_size = {PAGE_BYTES}",
    "foreign_keys = ON",
    f"cache_size = -{CACHE_KIB}",
    f"wal_autocheckpoint = {WAL_PAGES}",
)


class SqliteRecords(SqlRecords):
    """Opens the catalogue in the directory `path`, or makes it where `create` is set and none is there.

    Raises CatalogueError when there is none, when the file is not a catalogue's, and when a newer shelflens made it.
    """

    def __init__(self, path: Path, *, create: bool) -> None:
        file = path / FILE
        if not file.exists():
            if not create:
                raise CatalogueError(f"{path}: no catalogue there; make one with: shelflens index {path} SOURCE")
            _make_directory(path)
        super().__init__(
            transactions(file, busy_seconds=BUSY_SECONDS, pragmas=_PRAGMAS), where=str(path), words=fulltext.Fts5()
        )
        self._file = file
        try:
            with self._writing() if create else self._reading() as connection:
                found = _settle(connection, file, create=create)
                in_step = fulltext.in_step(connection)
            schema.raise_to_now(found, self._writing, where=str(file))
            if not in_step:
                self._list_words()
        except BaseException:
            self.close()
            raise

    def _list_words(self) -> None:
        """Makes the index of words anew. A catalogue that this process may not write to goes on without one."""
        try:
            with self._writing() as connection:
                if not fulltext.in_step(connection):  # another process may have done it
                    fulltext.make(connection)
                    rows = connection.execute(select(products).order_by(products.c.product_id)).mappings()
                    for portion in rows.partitions(STREAM):
                        self._words.put(connection, [product_from(row) for row in portion])
        except CatalogueError as error:
            if "readonly" not in str(error):
                raise

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        import fcntl  # of Unix alone, as are servers with several processes

        with (self._file.parent / f"{name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def bytes_on_disk(self) -> int:
        return sum(file.stat().st_size for file in self._file.parent.glob(f"{FILE}*"))

    # -- what every search asks

    def version(self) -> int:
        ((number,),) = self._ask(_VERSION)
        return int(number)

    def photos(self, keys: Sequence[int]) -> dict[int, Photo]:
        return {row[0]: Photo(*row[1:]) for row in self._ask(_PHOTOS, [int(key) for key in keys])}

    def photo_counts(self, product_ids: Sequence[str]) -> dict[str, int]:
        return dict(self._ask(_PHOTO_COUNTS, product_ids))

    def products(self, product_ids: Sequence[str] | None = None) -> Iterator[Product]:
        if product_ids is None:
            return super().products()
        columns = products.c.keys()
        return (product_from(dict(zip(columns, row, strict=True))) for row in self._ask(_PRODUCTS, sorted(product_ids)))

    def _ask(self, statement: str, values: Sequence[int] | Sequence[str] | None = None) -> list[tuple[Any, ...]]:
        """The rows of one of the statements above."""
        rows: list[tuple[Any, ...]] = []
        try:
            with self._explained(), closing(self._engine.raw_connection()) as borrowed:
                for its in [[]] if values is None else portions(values):
                    marks = ", ".join("?" * len(its))
                    rows += borrowed.cursor().execute(statement.replace("{values}", marks), its).fetchall()
        except sqlite3.Error as error:
            raise CatalogueError(f"{self._where}: {error}") from error
        return rows


def _make_directory(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise CatalogueError(f"{path}: no catalogue can be made there ({error.strerror})") from None
    try:
        os.fsync(descriptor)  # or a power cut could take the directory and all that was acknowledged in it
    finally:
        os.close(descriptor)


def _settle(connection: Connection, file: Path, *, create: bool) -> int:
    """Makes the tables of a new file; refuses a file of another kind or of a newer version. Returns its schema."""
    names = set(inspect(connection).get_table_names())
    if not names and create:
        metadata.create_all(connection)
        rows = [{"name": name, "number": number} for name, number in (("schema", SCHEMA), ("version", 0), ("key", 0))]
        connection.execute(insert(meta), rows)
        fulltext.make(connection)
        return SCHEMA
    try:
        found = schema.number(connection)
    except DBAPIError:
        found = None
    if found is None:
        raise CatalogueError(f"{file}: not the records of a shelflens catalogue; choose another directory")
    schema.check(found, where=str(file))
    return found
