"""The records in a schema of a PostgreSQL database: any number of machines read and write one catalogue.

A read is one REPEATABLE READ transaction, hence one state of the catalogue. Writers take turns by an advisory lock of
the catalogue, so that what a write reads stays true until it is committed and change numbers are in the order of the
commits (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS). A commit returns when the server
says that it is durable: where it has synchronous replicas, on these too.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateSchema

from shelflens.errors import CatalogueError
from shelflens.records import postgres_words, schema, uploads
from shelflens.records.address import Address
from shelflens.records.connecting import explained, questions, transactions
from shelflens.records.postgres_words import PostgresWords
from shelflens.records.rows import product_from
from shelflens.records.sql import SqlRecords
from shelflens.records.tables import SCHEMA, meta, metadata, products
from shelflens.records.text import escaped, unescaped
from shelflens.records.uploads import UploadedPhotos
from shelflens.types import Photo, Product

_IDENTITY = "identity"
_LOCK = text("SELECT pg_advisory_xact_lock('meta'::regclass::oid::bigint)")
_CREATING = text("SELECT pg_advisory_xact_lock(hashtext('shelflens: a catalogue is being made'))")
_TRY_ALONE = "SELECT pg_try_advisory_lock(hashtext(current_schema()), hashtext(%s))"
_NO_LONGER_ALONE = "SELECT pg_advisory_unlock(hashtext(current_schema()), hashtext(%s))"
TRY_SECONDS = 0.1
_SIZE = text("""
    SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'""")

# What every search asks goes straight to the driver: one round trip each, prepared for any number of values.
_VERSION = "SELECT number FROM meta WHERE name = 'version'"
_PHOTOS = "SELECT key, photo_id, product_id, source, width, height FROM photos WHERE key = ANY(%s::bigint[])"
_PHOTO_COUNTS = "SELECT product_id, count(*) FROM photos WHERE product_id = ANY(%s::text[]) GROUP BY product_id"
_KEPT = "SELECT text FROM documents WHERE name = %s"
_PRODUCTS = """
    SELECT product_id, title, description, brand, category, price, url, gtins, attributes FROM products
    WHERE product_id = ANY(%s::text[]) ORDER BY product_id"""


class PostgresRecords(SqlRecords):
    """Opens the catalogue at the address, or makes it where `create` is set and none is there.

    Raises CatalogueError when there is none, when the server cannot be reached, when the schema holds something else,
    and when a newer shelflens made it.
    """

    def __init__(self, address: Address, *, create: bool) -> None:
        super().__init__(transactions(address, lock=_LOCK), where=str(address), words=PostgresWords())
        self._address = address
        self._asking = questions(address)
        try:
            if create:
                with self._explained(), self._engine.begin() as connection:
                    _make(connection, address)
            with self._reading() as connection:
                found = _check(connection, address)
            schema.raise_to_now(found, self._writing, where=str(address))
        except BaseException:
            self.close()
            raise

    @property
    def uploads(self) -> UploadedPhotos:
        """Photos that came as bytes."""
        return UploadedPhotos(self._beginning)

    @property
    def identity(self) -> str:
        """Drawn when the catalogue was made: another one of the same name, later, has another."""
        with self._reading() as connection:
            number = connection.scalars(select(meta.c.number).where(meta.c.name == _IDENTITY)).one()
        return f"{number:016x}"

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        with self._explained(), closing(self._asking.raw_connection()) as borrowed:
            cursor = borrowed.cursor()
            while not cursor.execute(_TRY_ALONE, [name]).fetchone()[0]:
                time.sleep(TRY_SECONDS)
            try:
                yield
            finally:
                cursor.execute(_NO_LONGER_ALONE, [name])

    def bytes_on_disk(self) -> int:
        with self._reading() as connection:
            return int(connection.scalar(_SIZE) or 0)

    def close(self) -> None:
        super().close()
        self._asking.dispose()

    # -- what every search asks

    def version(self) -> int:
        ((number,),) = self._ask(_VERSION)
        return int(number)

    def photos(self, keys: Sequence[int]) -> dict[int, Photo]:
        rows = self._ask(_PHOTOS, [int(key) for key in keys])
        return {
            key: Photo(photo_id, unescaped(product_id), unescaped(source), width, height)
            for key, photo_id, product_id, source, width, height in rows
        }

    def photo_counts(self, product_ids: Sequence[str]) -> dict[str, int]:
        return {unescaped(row[0]): row[1] for row in self._ask(_PHOTO_COUNTS, list(map(escaped, product_ids)))}

    def products(self, product_ids: Sequence[str] | None = None) -> Iterator[Product]:
        if product_ids is None:
            return super().products()
        columns = products.c.keys()
        rows = self._ask(_PRODUCTS, list(map(escaped, product_ids)))
        plain = ([unescaped(value) if isinstance(value, str) else value for value in row] for row in rows)
        return (product_from(dict(zip(columns, row, strict=True))) for row in plain)

    def kept(self, name: str) -> str | None:
        rows = self._ask(_KEPT, escaped(name))
        return unescaped(rows[0][0]) if rows else None

    def _ask(self, statement: str, *values: Sequence[int] | Sequence[str]) -> list[tuple[Any, ...]]:
        """The rows of one of the statements above, from another connection where the server has hung up meanwhile."""
        with self._explained():
            try:
                return self._ask_once(statement, values)
            except psycopg.OperationalError:
                self._asking.dispose()
                return self._ask_once(statement, values)

    def _ask_once(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        with closing(self._asking.raw_connection()) as borrowed:
            try:
                return list(borrowed.cursor().execute(statement, values).fetchall())
            except psycopg.OperationalError:
                borrowed.invalidate()
                raise

    # -- transactions

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        engine = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with self._explained(), engine.begin() as connection:
            yield connection

    @contextmanager
    def _beginning(self) -> Iterator[Connection]:
        """A transaction that no other writer has to wait for."""
        with self._explained(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            with super()._explained():
                yield
        except psycopg.Error as error:  # asked without SQLAlchemy
            raise explained(error, self._address) from error
        except CatalogueError as error:
            driver = error.__cause__.orig if isinstance(error.__cause__, DBAPIError) else None
            if isinstance(driver, psycopg.Error):
                raise explained(driver, self._address) from error.__cause__
            raise


def _make(connection: Connection, address: Address) -> None:
    """The tables of a new catalogue."""
    connection.execute(_CREATING)
    if inspect(connection).get_table_names(schema=address.catalogue):
        return
    connection.execute(CreateSchema(address.catalogue, if_not_exists=True))
    metadata.create_all(connection, checkfirst=False)
    rows = [{"name": name, "number": number} for name, number in (("schema", SCHEMA), ("version", 0), ("key", 0))]
    rows.append({"name": _IDENTITY, "number": secrets.randbits(62)})
    connection.execute(insert(meta), rows)
    postgres_words.make(connection)
    uploads.metadata.create_all(connection, checkfirst=False)


def _check(connection: Connection, address: Address) -> int:
    """Refuses a schema of another kind or of a newer version; returns the version of the tables."""
    names = set(inspect(connection).get_table_names(schema=address.catalogue))
    if not names:
        raise CatalogueError(f"{address}: no catalogue there; make one with: shelflens index '{address}' SOURCE")
    found = schema.number(connection) if meta.name in names else None
    if found is None:
        raise CatalogueError(f"{address}: not the records of a shelflens catalogue; choose another name")
    schema.check(found, where=str(address))
    return found
