"""What a service remembers of a catalogue besides its records: answers given under an idempotency key, and jobs.

An SQLite file in the catalogue's directory, shared by all workers. Losing it loses no product.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

FILE = "service.db"
REMEMBERED_SECONDS = 24 * 3600  # answers
FINISHED_SECONDS = 30 * 24 * 3600  # jobs
STALE_SECONDS = 15.0  # a running job whose worker has been silent for so long is taken up by another

_TABLES = """
CREATE TABLE IF NOT EXISTS answers (
  key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, at REAL NOT NULL,
  status INTEGER, headers TEXT, body BLOB);  -- status NULL: being answered
CREATE TABLE IF NOT EXISTS jobs (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, request TEXT NOT NULL, state TEXT NOT NULL, stage TEXT NOT NULL DEFAULT '',
  done INTEGER NOT NULL DEFAULT 0, total INTEGER, bad INTEGER NOT NULL DEFAULT 0, result TEXT, error TEXT,
  created REAL NOT NULL, changed REAL NOT NULL, beat REAL NOT NULL DEFAULT 0, stop INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, created);
"""


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Answered:
    """`status` is None while the first request is still being answered."""

    fingerprint: str
    status: int | None
    headers: str  # JSON
    body: bytes


@dataclass(frozen=True, slots=True)
class JobRow:
    id: str
    kind: str
    request: str  # JSON
    state: State
    stage: str  # what is being done
    done: int
    total: int | None
    bad: int
    result: str | None  # JSON
    error: str | None
    created: float  # seconds since 1970
    changed: float


_COLUMNS = "id, kind, request, state, stage, done, total, bad, result, error, created, changed"
_SELECT = f"SELECT {_COLUMNS} FROM jobs"  # noqa: S608 - no value is in it


class Ledger:
    """Safe to call from several threads and processes."""

    def __init__(self, directory: Path) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(directory / FILE, timeout=30, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    # -- answers

    def begin(self, key: str, fingerprint: str) -> Answered | None:
        """None: the request is new and now this caller's to answer. Else what was, or is being, answered."""
        now = time.time()
        with self._writing() as connection:
            connection.execute("DELETE FROM answers WHERE at < ?", (now - REMEMBERED_SECONDS,))
            # A worker that died while it answered leaves the key taken; its request may be asked again.
            connection.execute("DELETE FROM answers WHERE status IS NULL AND at < ?", (now - 4 * STALE_SECONDS,))
            row = connection.execute(
                "SELECT fingerprint, status, headers, body FROM answers WHERE key = ?", (key,)
            ).fetchone()
            if row:
                return Answered(row[0], row[1], row[2] or "{}", row[3] or b"")
            connection.execute("INSERT INTO answers (key, fingerprint, at) VALUES (?, ?, ?)", (key, fingerprint, now))
        return None

    def answer(self, key: str, *, status: int, headers: str, body: bytes) -> None:
        with self._writing() as connection:
            connection.execute(
                "UPDATE answers SET status = ?, headers = ?, body = ? WHERE key = ?", (status, headers, body, key)
            )

    def forget(self, key: str) -> None:
        """The request came to nothing; it may be asked again."""
        with self._writing() as connection:
            connection.execute("DELETE FROM answers WHERE key = ?", (key,))

    # -- jobs

    def add(self, kind: str, request: str) -> JobRow:
        now, job_id = time.time(), uuid.uuid4().hex
        with self._writing() as connection:
            connection.execute(
                "DELETE FROM jobs WHERE state IN ('done', 'failed', 'cancelled') AND changed < ?",
                (now - FINISHED_SECONDS,),
            )
            connection.execute(
                "INSERT INTO jobs (id, kind, request, state, created, changed) VALUES (?, ?, ?, 'queued', ?, ?)",
                (job_id, kind, request, now, now),
            )
        found = self.job(job_id)
        assert found is not None
        return found

    def job(self, job_id: str) -> JobRow | None:
        rows = self._rows(f"{_SELECT} WHERE id = ?", (job_id,))
        return rows[0] if rows else None

    def jobs(self, *, limit: int = 100) -> list[JobRow]:
        """The newest first, without their results."""
        return self._rows(f"{_SELECT.replace('result', 'NULL')} ORDER BY created DESC, id LIMIT ?", (limit,))

    def waiting(self) -> int:
        with self._lock:
            (count,) = self._connection.execute("SELECT count(*) FROM jobs WHERE state = 'queued'").fetchone()
        return int(count)

    def claim(self) -> JobRow | None:
        """The oldest job that waits, or whose worker died; from now on this caller's, as long as it beats."""
        now = time.time()
        with self._writing() as connection:
            row = connection.execute(
                f"UPDATE jobs SET state = 'running', beat = ?, changed = ? WHERE id = (SELECT id FROM jobs "  # noqa: S608
                "WHERE state = 'queued' OR (state = 'running' AND beat < ?) ORDER BY created LIMIT 1) "
                f"RETURNING {_COLUMNS}",
                (now, now, now - STALE_SECONDS),
            ).fetchone()
        return _job(row) if row else None

    def beat(self, job_id: str, *, stage: str, done: int, total: int | None, bad: int) -> bool:
        """Tells how far a running job is; True when it is to stop."""
        now = time.time()
        with self._writing() as connection:
            row = connection.execute(
                "UPDATE jobs SET beat = ?, changed = ?, stage = ?, done = ?, total = ?, bad = ? WHERE id = ? "
                "RETURNING stop",
                (now, now, stage, done, total, bad, job_id),
            ).fetchone()
        return bool(row and row[0])

    def touch(self, job_id: str) -> None:
        """Tells that a running job is alive."""
        with self._writing() as connection:
            connection.execute("UPDATE jobs SET beat = ? WHERE id = ?", (time.time(), job_id))

    def finish(self, job_id: str, state: State, *, result: str | None = None, error: str | None = None) -> None:
        """With QUEUED: another worker may go on with it."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE jobs SET state = ?, result = ?, error = ?, changed = ?, stop = 0 WHERE id = ?",
                (state, result, error, time.time(), job_id),
            )

    def stop(self, job_id: str) -> None:
        """A waiting job is cancelled at once, a running one when it notices."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE jobs SET stop = (state = 'running'), changed = ?, "
                "state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END "
                "WHERE id = ? AND state IN ('queued', 'running')",
                (time.time(), job_id),
            )

    def resume(self, job_id: str) -> bool:
        """False unless it was cancelled or has failed."""
        with self._writing() as connection:
            done = connection.execute(
                "UPDATE jobs SET state = 'queued', stop = 0, error = NULL, changed = ? "
                "WHERE id = ? AND state IN ('cancelled', 'failed')",
                (time.time(), job_id),
            )
        return done.rowcount == 1

    def _rows(self, statement: str, values: tuple[object, ...]) -> list[JobRow]:
        with self._lock:
            rows = self._connection.execute(statement, values).fetchall()
        return [_job(row) for row in rows]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


def _job(row: tuple[Any, ...]) -> JobRow:
    job_id, kind, request, state, *rest = row
    return JobRow(job_id, kind, request, State(state), *rest)
