"""Vectors in the catalogue's own PostgreSQL database, searched there by pgvector: no process needs memory for them.

Small catalogues are compared in full; from INDEX_AT vectors on a graph (HNSW) is asked, which goes on for as long as
the filter leaves too few (`iterative_scan`, https://github.com/pgvector/pgvector#iterative-index-scans).
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any, Final

import numpy as np
import psycopg
from pgvector.psycopg import register_vector
from psycopg import sql

from shelflens.errors import CatalogueError, UnavailableError
from shelflens.types import Keys, Neighbours, Vectors
from shelflens.vectors.base import ALONE, Spread
from shelflens.vectors.nearest import checked, padded

INDEX_AT: Final = 10_000  # vectors
WIDEST: Final = 2_000  # components that pgvector puts into a graph; wider vectors are always compared in full
EXTRA: Final = 64  # hits beyond k, among which those that are equal are put in order
_SETTINGS: Final = "-c hnsw.iterative_scan=strict_order -c hnsw.ef_search=200"


class PgVectorIndex:
    """A table of its own, made where it is not there. `at` is a connection string, `name` SCHEMA.TABLE."""

    def __init__(
        self,
        dimension: int,
        *,
        at: str,
        name: str,
        login: str = "",  # noqa: ARG002 - it is in `at`
        spread: Spread = ALONE,  # noqa: ARG002 - it is on one machine
    ) -> None:
        self._dimension = dimension
        self._name = name
        self._at = at
        self._table = sql.Identifier(*name.split("."))
        self._idle: LifoQueue[Any] = LifoQueue()
        weakref.finalize(self, _close, self._idle)
        self._count: int | None = None
        self._indexed = False
        with self._connection(known=False) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            make = "CREATE TABLE IF NOT EXISTS {} (key bigint PRIMARY KEY, vector vector({}) NOT NULL)"
            connection.execute(sql.SQL(make).format(self._table, sql.Literal(dimension)))

    @property
    def dimension(self) -> int:
        return self._dimension

    def __len__(self) -> int:
        if self._count is None:
            ((self._count,),) = self._run("SELECT count(*) FROM {}")
        return self._count

    # -- changing; by one process at a time

    def put(self, keys: Keys, vectors: Vectors) -> None:
        vectors = checked(vectors, self._dimension)
        assert keys.shape == (len(vectors),), (keys.shape, vectors.shape)
        put = "INSERT INTO {} VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET vector = EXCLUDED.vector"
        with self._connection() as connection, connection.transaction(), connection.cursor() as cursor:
            rows = zip(keys.tolist(), vectors, strict=True)
            cursor.executemany(sql.SQL(put).format(self._table), list(rows))
        self._count = None
        if not self._indexed and self._dimension <= WIDEST and len(self) >= INDEX_AT:
            graph = sql.Identifier(f"{self._name.rpartition('.')[2]}_graph")
            self._run("CREATE INDEX IF NOT EXISTS {graph} ON {} USING hnsw (vector vector_ip_ops)", graph=graph)
            self._indexed = True

    def remove(self, keys: Keys) -> None:
        self._run("DELETE FROM {} WHERE key = ANY(%s)", [keys.tolist()])
        self._count = None

    def clear(self) -> None:
        """Of all vectors; nobody has said where they stand."""
        self._run("TRUNCATE {}")
        self._run("COMMENT ON TABLE {} IS NULL")
        self._count = None

    # -- searching; by any number of threads

    def search(self, queries: Vectors, k: int, *, allowed: Keys | None = None) -> Neighbours:
        queries = checked(queries, self._dimension)
        nearest = "SELECT key, -(vector <#> %(query)s) FROM {} {filter} ORDER BY vector <#> %(query)s LIMIT %(limit)s"
        filter_ = sql.SQL("" if allowed is None else "WHERE key = ANY(%(allowed)s)")
        given = {"limit": k + EXTRA, "allowed": None if allowed is None else allowed.tolist()}
        found = []
        for query in queries:
            # Equal vectors may get sums that differ in their last bits.
            rows = self._run(nearest, {**given, "query": query}, filter=filter_)
            best = sorted((-round(cosine, 6), key) for key, cosine in rows)[:k]
            keys = np.array([key for _, key in best], np.int64)
            found.append((keys, np.array([-score for score, _ in best], np.float32)))
        return padded(found, k)

    # -- the stamp

    def save(self, path: Path, *, version: int) -> None:  # noqa: ARG002 - it is kept by the server
        """Says at which version the vectors stand."""
        self._run("COMMENT ON TABLE {} IS {version}", version=sql.Literal(str(version)))

    def load(self, path: Path) -> int | None:  # noqa: ARG002 - it is kept by the server
        """The version at which the vectors stand; None where nobody has said."""
        self._count = None
        ((stamp,),) = self._run("SELECT obj_description({name}::regclass)", name=sql.Literal(f"{self._quoted}"))
        return int(stamp) if stamp else None

    @property
    def _quoted(self) -> str:
        return ".".join(f'"{part}"' for part in self._name.split("."))

    # -- connections

    def _run(self, statement: str, values: Any = None, **parts: Any) -> list[tuple[Any, ...]]:
        """The rows of a statement, `{}` being the table; once more where the server has hung up meanwhile."""
        composed = sql.SQL(statement).format(self._table, **parts)
        try:
            with self._connection() as connection:
                cursor = connection.execute(composed, values)
                return list(cursor.fetchall()) if cursor.description else []
        except UnavailableError:
            with self._connection() as connection:
                cursor = connection.execute(composed, values)
                return list(cursor.fetchall()) if cursor.description else []

    @contextmanager
    def _connection(self, *, known: bool = True) -> Iterator[Any]:
        """`known`: the server knows what a vector is."""
        try:
            try:
                connection = self._idle.get_nowait()
            except Empty:
                connection = psycopg.connect(self._at, autocommit=True, options=_SETTINGS)
                if known:
                    register_vector(connection)
            try:
                yield connection
            except psycopg.OperationalError:
                connection.close()
                raise
            if known:
                self._idle.put(connection)
            else:
                connection.close()
        except psycopg.OperationalError as error:
            raise UnavailableError(f"{self._name}: the server of the vectors cannot be reached") from error
        except psycopg.Error as error:
            raise CatalogueError(f"{self._name}: {' '.join(str(error).split())}") from error


def _close(idle: LifoQueue[Any]) -> None:
    """The connections of an index that nobody has any more."""
    while not idle.empty():
        idle.get_nowait().close()
