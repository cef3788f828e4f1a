"""The records in a schema of a PostgreSQL database: any number of machines read and write one catalogue.

A read is one REPEATABLE READ transaction, hence one state of the catalogue. Writers take turns by an advisory lock of
the catalogue, so that what a write reads stays true until it is committed and change numbers are in the order of the
commits (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS). A commit returns when the server
says that it is durable: where it has synchronous replicas, on these too.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, create_engine, event, insert, inspect, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateSchema

from shelflens.errors import CatalogueError
from shelflens.records import postgres_words
from shelflens.records.address import Address
from shelflens.records.postgres_words import PostgresWords
from shelflens.records.rows import product_from
from shelflens.records.sql import SqlRecords
from shelflens.records.tables import SCHEMA, meta, metadata, products
from shelflens.records.text import escaped, unescaped
from shelflens.types import Photo, Product

WAIT_SECONDS = 60  # a second writer waits this long for the first
IDLE_SECONDS = 120  # a writer that says nothing for so long, as when its machine is gone, loses its lock
PATIENCE_SECONDS = 30  # that a write waits for a server to take over from the one that is gone
KEPT, MOST = 8, 32  # connections of a process
_LOCK = text("SELECT pg_advisory_xact_lock('meta'::regclass::oid::bigint)")
_CREATING = text("SELECT pg_advisory_xact_lock(hashtext('shelflens: a catalogue is being made'))")
_SIZE = text("""
    SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'""")

# What every search asks goes straight to the driver: one round trip each, prepared for any number of values.
_VERSION = "SELECT number FROM meta WHERE name = 'version'"
_PHOTOS = "SELECT key, photo_id, product_id, source, width, height FROM photos WHERE key = ANY(%s::bigint[])"
_PHOTO_COUNTS = "SELECT product_id, count(*) FROM photos WHERE product_id = ANY(%s::text[]) GROUP BY product_id"
_PRODUCTS = """
    SELECT product_id, title, description, brand, category, price, url, gtins, attributes FROM products
    WHERE product_id = ANY(%s::text[]) ORDER BY product_id"""


class PostgresRecords(SqlRecords):
    """Opens the catalogue at the address, or makes it where `create` is set and none is there.

    Raises CatalogueError when there is none, when the server cannot be reached, when the schema holds something else,
    and when a newer shelflens made it.
    """

    def __init__(self, address: Address, *, create: bool) -> None:
        super().__init__(_engine(address), where=str(address), words=PostgresWords())
        self._address = address
        self._asking = _asking_engine(address)
        try:
            if create:
                with self._explained(), self._engine.begin() as connection:
                    _make(connection, address)
            with self._reading() as connection:
                _check(connection, address)
        except BaseException:
            self.close()
            raise

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
    def _explained(self) -> Iterator[None]:
        try:
            with super()._explained():
                yield
        except psycopg.Error as error:  # asked without SQLAlchemy
            raise self._in_words(error) from error
        except CatalogueError as error:
            driver = error.__cause__.orig if isinstance(error.__cause__, DBAPIError) else None
            if isinstance(driver, psycopg.Error):
                raise self._in_words(driver) from error.__cause__
            raise

    def _in_words(self, error: psycopg.Error) -> CatalogueError:
        """Of what the driver says, what a person can mend; without a password."""
        reason = " ".join(str(error).split())
        for secret in self._address.secrets:
            reason = reason.replace(secret, "***")
        if isinstance(error, psycopg.errors.LockNotAvailable):
            reason = "another process has been writing to it for too long; try again when it has ended"
        elif isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
            reason = f"the server cannot be reached, or has hung up ({reason})"
        return CatalogueError(f"{self._where}: {reason}")


def _engine(address: Address) -> Engine:
    engine = create_engine(
        "postgresql+psycopg://",
        creator=_Patient(address),
        pool_size=KEPT,
        max_overflow=MOST - KEPT,
        pool_pre_ping=True,  # after a failover no write meets a connection to the server that is gone
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("writing", False):
            connection.execute(_LOCK)

    return engine


def _asking_engine(address: Address) -> Engine:
    """Connections outside of transactions."""
    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: _connect(address, autocommit=True),
        pool_size=KEPT,
        max_overflow=MOST - KEPT,
        pool_reset_on_return=None,
    )


class _Patient:
    """Connects. Where there was a server before, it waits for one to be there again."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._known = False

    def __call__(self) -> psycopg.Connection[tuple[Any, ...]]:
        until = time.monotonic() + (PATIENCE_SECONDS if self._known else 0)
        while True:
            try:
                connection = _connect(self._address)
            except psycopg.OperationalError:
                if time.monotonic() >= until:
                    raise
                time.sleep(0.25)
            else:
                self._known = True
                return connection


def _connect(address: Address, *, autocommit: bool = False) -> psycopg.Connection[tuple[Any, ...]]:
    settings = {
        "search_path": f'"{address.catalogue}",public',
        "lock_timeout": f"{WAIT_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
        "client_encoding": "UTF8",
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    return psycopg.connect(address.dsn, options=options, autocommit=autocommit)


def _make(connection: Connection, address: Address) -> None:
    """The tables of a new catalogue."""
    connection.execute(_CREATING)
    if inspect(connection).get_table_names(schema=address.catalogue):
        return
    connection.execute(CreateSchema(address.catalogue, if_not_exists=True))
    metadata.create_all(connection, checkfirst=False)
    rows = [{"name": name, "number": number} for name, number in (("schema", SCHEMA), ("version", 0), ("key", 0))]
    connection.execute(insert(meta), rows)
    postgres_words.make(connection)


def _check(connection: Connection, address: Address) -> None:
    """Refuses a schema of another kind or of a newer version."""
    names = set(inspect(connection).get_table_names(schema=address.catalogue))
    if not names:
        raise CatalogueError(f"{address}: no catalogue there; make one with: shelflens index '{address}' SOURCE")
    schema = None
    if meta.name in names:
        schema = connection.scalars(select(meta.c.number).where(meta.c.name == "schema")).one_or_none()
    if schema is None:
        raise CatalogueError(f"{address}: not the records of a shelflens catalogue; choose another name")
    if schema > SCHEMA:
        raise CatalogueError(
            f"{address}: made by a newer shelflens (schema {schema}; this one reads up to {SCHEMA}); upgrade shelflens"
        )
