"""Connections to PostgreSQL: for transactions, patient when a server is gone, and for lone questions."""

from __future__ import annotations

import time
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, TextClause, create_engine, event
from sqlalchemy.engine import Engine

from shelflens.errors import CatalogueError, FullError, UnavailableError
from shelflens.records.address import Address

WAIT_SECONDS: Final = 60  # a second writer waits this long for the first
IDLE_SECONDS: Final = 120  # a writer that says nothing for so long, as when its machine is gone, loses its lock
PATIENCE_SECONDS: Final = 30  # that a transaction waits for a server to take over from the one that is gone
KEPT, MOST = 8, 32  # connections of a process
_AWAY: Final = "08"  # the class of connection exceptions; 57P is that of a server that is being shut down


def transactions(address: Address, *, lock: TextClause, schema: str | None = None) -> Engine:
    """A transaction with the execution option `writing=True` begins with the statement that takes the write lock.
    `schema` is where its tables lie; None: with the records."""
    engine = create_engine(
        "postgresql+psycopg://",
        creator=_Patient(address, schema),
        pool_size=KEPT,
        max_overflow=MOST - KEPT,
        pool_pre_ping=True,  # after a failover no write meets a connection to the server that is gone
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("writing", False):
            connection.execute(lock)

    return engine


def questions(address: Address) -> Engine:
    """Connections outside of transactions: each statement is one round trip."""
    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: _connect(address, autocommit=True),
        pool_size=KEPT,
        max_overflow=MOST - KEPT,
        pool_reset_on_return=None,
    )


class _Patient:
    """Connects. Where there was a server before, it waits for one to be there again."""

    def __init__(self, address: Address, schema: str | None) -> None:
        self._address = address
        self._schema = schema
        self._known = False

    def __call__(self) -> psycopg.Connection[tuple[Any, ...]]:
        until = time.monotonic() + (PATIENCE_SECONDS if self._known else 0)
        while True:
            try:
                connection = _connect(self._address, schema=self._schema)
            except psycopg.OperationalError:
                if time.monotonic() >= until:
                    raise
                time.sleep(0.25)
            else:
                self._known = True
                return connection


def _connect(
    address: Address, *, autocommit: bool = False, schema: str | None = None
) -> psycopg.Connection[tuple[Any, ...]]:
    settings = {
        "search_path": f'"{schema or address.catalogue}",public',
        "lock_timeout": f"{WAIT_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
        "client_encoding": "UTF8",
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    return psycopg.connect(address.dsn, options=options, autocommit=autocommit)


def explained(error: psycopg.Error, address: Address) -> CatalogueError:
    """What the driver says, as far as a person can mend it; without a password."""
    reason = " ".join(str(error).split())
    for secret in address.secrets:
        reason = reason.replace(secret, "***")
    if isinstance(error, psycopg.errors.LockNotAvailable):
        reason = "another process has been writing to it for too long; try again when it has ended"
    elif isinstance(error, psycopg.OperationalError) and (error.sqlstate or _AWAY).startswith((_AWAY, "57P")):
        return UnavailableError(f"{address}: the server cannot be reached, or has hung up ({reason})")
    kind = FullError if isinstance(error, psycopg.errors.DiskFull) else CatalogueError
    return kind(f"{address}: {reason}")
