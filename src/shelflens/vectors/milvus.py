"""Vectors on a Milvus server: outside of every process, spread over query nodes, for what one machine cannot hold.

A row is a key and its vector. One more row, with a negative key, is the stamp: it says at which version of the records
the vectors stand, so they and it are lost, or restored, together. Milvus keeps float32 and compares by inner product,
which is the cosine of unit vectors (https://milvus.io/docs/v2.3.x/metric.md).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import grpc  # type: ignore[import-untyped]
import numpy as np
from pymilvus import DataType, MilvusClient
from pymilvus.exceptions import MilvusException

from shelflens.errors import CatalogueError, UnavailableError
from shelflens.types import Keys, Neighbours, Vectors
from shelflens.vectors.base import ALONE, Spread
from shelflens.vectors.nearest import checked, padded

PORT: Final = 19_530
BYTES: Final = 16 << 20  # of vectors in one request; Milvus takes 64 MiB
LISTED: Final = 20_000  # keys in one filter
FARTHEST: Final = 16_384  # hits of one search, Milvus's own limit
EXTRA: Final = 64  # hits beyond k, among which those that are equal are put in order
#: That a search waits for a server which is away or silent; pymilvus alone would wait for minutes.
READ_SECONDS: Final = 15.0
CONNECT_SECONDS: Final = 5.0  # also again, in the middle of a search
WRITE_SECONDS: Final = 30.0
LOAD_SECONDS: Final = 600.0
STRONG_SECONDS: Final = 10.0  # after a change that searches ask for the newest state; later Milvus's bounded staleness
# (5 s behind at most, by its own clock) includes the change, on every replica, and spares the wait for its next tick
#: What Milvus and its client say while it, or a node of it, is away or not ready.
_AWAY: Final = ("connect", "unavailable", "deadline", "delegator", "node not found", "not available", "not ready",
                "not fully loaded", "retry timeout")  # fmt: skip
_INDEX: Final = {"index_type": "HNSW", "metric_type": "IP", "params": {"M": 16, "efConstruction": 200}}


class MilvusIndex:
    """A collection of its own, made where it is not there. `at` is HOST:PORT, `login` USER:PASSWORD, if need be."""

    def __init__(self, dimension: int, *, at: str, name: str, login: str = "", spread: Spread = ALONE) -> None:
        self._dimension = dimension
        self._name = name
        self._shown = f"milvus://{at}"
        self._count: int | None = None
        self._stamps: list[int] | None = None  # as this process knows; nobody else changes them in its turn
        self._changed = time.monotonic()
        with self._explained():
            uri = f"http://{at if ':' in at else f'{at}:{PORT}'}"
            self._client = MilvusClient(uri=uri, token=login, timeout=CONNECT_SECONDS)
            if not self._client.has_collection(name, timeout=READ_SECONDS):
                self._make(spread.shards)
            if not self._client.list_indexes(name, timeout=READ_SECONDS):  # also where a process was killed before this
                indexes = self._client.prepare_index_params()
                indexes.add_index("vector", **_INDEX)
                self._client.create_index(name, indexes, timeout=LOAD_SECONDS)
            self._load(spread.replicas)

    def _make(self, shards: int) -> None:
        schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("key", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=self._dimension)
        options = {"num_shards": shards, "consistency_level": "Strong", "timeout": WRITE_SECONDS}
        self._client.create_collection(self._name, schema=schema, **options)

    def _load(self, replicas: int) -> None:
        try:
            self._client.load_collection(self._name, replica_number=replicas, timeout=LOAD_SECONDS)
        except MilvusException as error:
            if "nodes not enough" not in str(error.message):
                raise
            reason = f"{replicas} replicas want as many query nodes, and it has fewer"
            raise CatalogueError(f"{self._shown}: {reason}") from error

    @property
    def dimension(self) -> int:
        return self._dimension

    def __len__(self) -> int:
        if self._count is None:
            (row,) = self._ask("key >= 0", "count(*)")
            self._count = int(row["count(*)"])
        return self._count

    # -- changing; by one process at a time

    def put(self, keys: Keys, vectors: Vectors) -> None:
        vectors = checked(vectors, self._dimension)
        assert keys.shape == (len(vectors),), (keys.shape, vectors.shape)
        step = max(1, BYTES // (4 * self._dimension))
        for start in range(0, len(keys), step):
            part = slice(start, start + step)
            rows = zip(keys[part].tolist(), vectors[part], strict=True)
            with self._changing():
                self._upsert([{"key": key, "vector": vector} for key, vector in rows])

    def remove(self, keys: Keys) -> None:
        for listed in _portions(np.unique(keys)):
            with self._changing():
                self._client.delete(self._name, ids=listed.tolist(), timeout=WRITE_SECONDS)

    def clear(self) -> None:
        """Of all vectors, and of the stamp."""
        self._stamps = None
        with self._changing():
            self._client.delete(self._name, filter=f"key >= {-(2**62)}", timeout=WRITE_SECONDS)

    # -- searching

    def search(self, queries: Vectors, k: int, *, allowed: Keys | None = None) -> Neighbours:
        queries = checked(queries, self._dimension)
        if not len(queries) or k == 0 or (allowed is not None and not len(allowed)):
            return padded([(np.empty(0, np.int64), np.empty(0, np.float32))] * len(queries), k)
        found: list[list[tuple[float, int]]] = [[] for _ in queries]
        filters = ["key >= 0"] if allowed is None else [f"key in {part.tolist()}" for part in _portions(allowed)]
        step = max(1, BYTES // (4 * self._dimension))
        for filter_ in filters:
            for start in range(0, len(queries), step):
                part = slice(start, start + step)
                for its, more in zip(found[part], self._search(queries[part], k, filter_), strict=True):
                    its.extend(more)
        return padded([_ordered(hits, k) for hits in found], k)

    def _search(self, queries: Vectors, k: int, filter_: str) -> list[list[tuple[float, int]]]:
        """(-cosine, key) pairs of each query."""
        limit = min(k + EXTRA, FARTHEST)
        recent = time.monotonic() - self._changed < STRONG_SECONDS
        answers = self._reading(
            lambda seconds: self._client.search(
                self._name,
                data=list(queries),
                limit=limit,
                filter=filter_,
                search_params={"metric_type": "IP", "params": {"ef": max(2 * limit, 256)}},
                consistency_level="Strong" if recent else "Bounded",
                timeout=seconds,
            )
        )
        # Equal vectors may get sums that differ in their last bits.
        return [[(-round(float(hit.distance), 6), int(hit.id)) for hit in hits] for hits in answers]

    # -- the stamp

    def save(self, path: Path, *, version: int) -> None:  # noqa: ARG002 - it is kept by the server
        """Says at which version the vectors stand."""
        former = self._ask_stamps() if self._stamps is None else self._stamps
        stamp = -1 - version
        if former == [stamp]:
            return
        with self._changing():
            self._upsert([{"key": stamp, "vector": np.eye(1, self._dimension, dtype=np.float32)[0]}])
            if gone := [key for key in former if key != stamp]:
                self._client.delete(self._name, ids=gone, timeout=WRITE_SECONDS)
        self._stamps = [stamp]

    def load(self, path: Path) -> int | None:  # noqa: ARG002 - it is kept by the server
        """The version at which the vectors stand; None where nobody has said."""
        self._changed, self._count = time.monotonic(), None
        self._stamps = stamps = self._ask_stamps()
        return min(-1 - key for key in stamps) if stamps else None

    def _ask_stamps(self) -> list[int]:
        """Two, where a process died between two requests."""
        return [int(row["key"]) for row in self._ask("key < 0", "key")]

    def _ask(self, filter_: str, field: str) -> list[dict[str, Any]]:
        """Rows of the newest state."""
        options = {"filter": filter_, "output_fields": [field], "consistency_level": "Strong"}
        return list(self._reading(lambda seconds: self._client.query(self._name, timeout=seconds, **options)))

    def _reading(self, ask: Callable[[float], Any]) -> Any:
        """Asks once more where a query node has gone: then its replica is asked. Seconds are what is left."""
        until = time.monotonic() + READ_SECONDS
        try:
            with self._explained():
                return ask(READ_SECONDS)
        except UnavailableError:
            if (left := until - time.monotonic()) < 1:
                raise
        with self._explained():
            return ask(left)

    def _upsert(self, rows: list[dict[str, Any]]) -> None:
        self._client.upsert(self._name, rows, timeout=WRITE_SECONDS)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._explained():
            yield
        self._changed, self._count = time.monotonic(), None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (MilvusException, grpc.RpcError) as error:  # pymilvus lets a deadline through as it is
            said = " ".join(str(getattr(error, "message", error)).split())
            reason = said.partition(": stack trace")[0][:300]
            if any(sign in said.lower() for sign in _AWAY):
                raise UnavailableError(f"{self._shown}: the server cannot be reached ({reason})") from error
            raise CatalogueError(f"{self._shown}, collection {self._name}: {reason}") from error


def _portions(keys: Keys) -> list[Keys]:
    return [keys[start : start + LISTED] for start in range(0, len(keys), LISTED)]


def _ordered(hits: Sequence[tuple[float, int]], k: int) -> tuple[Keys, Any]:
    """Best first, equal ones by ascending key."""
    best = sorted(hits)[:k]
    return np.array([key for _, key in best], np.int64), np.array([-score for score, _ in best], np.float32)
