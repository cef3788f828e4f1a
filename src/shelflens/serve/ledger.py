"""What a service remembers of a catalogue besides its records: answers given under an idempotency key, and jobs.

An SQLite file in the catalogue's directory, shared by all workers, or tables beside the records of a shared catalogue,
for the servers of all machines. Losing it loses no product.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Select,
    Table,
    case,
    delete,
    func,
    insert,
    null,
    select,
    text,
    update,
)
from sqlalchemy.exc import OperationalError

from shelflens.errors import FullError, UnavailableError
from shelflens.records import filing
from shelflens.records.address import Address, Location
from shelflens.records.tables import Number, Text

FILE = "service.db"
BUSY_SECONDS = 30  # a second writer waits this long for the first
REMEMBERED_SECONDS = 24 * 3600  # answers
FINISHED_SECONDS = 30 * 24 * 3600  # jobs
STALE_SECONDS = 15.0  # a running job whose worker has been silent for so long is taken up by another

metadata = MetaData()

answers = Table(
    "answers",
    metadata,
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("at", Float, nullable=False),  # seconds since 1970, here and below
    Column("status", Integer),  # NULL: being answered
    Column("headers", Text),
    Column("body", LargeBinary),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("stage", Text, nullable=False, server_default=""),
    Column("done", Number, nullable=False, server_default="0"),
    Column("total", Number),
    Column("bad", Number, nullable=False, server_default="0"),
    Column("result", Text),
    Column("error", Text),
    Column("created", Float, nullable=False),
    Column("changed", Float, nullable=False),
    Column("beat", Float, nullable=False, server_default="0"),
    Column("stop", Integer, nullable=False, server_default="0"),
    Index("jobs_by_state", "state", "created"),
)

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext(current_schema()), hashtext('service'))")


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


_COLUMNS = [jobs.c[name] for name in JobRow.__dataclass_fields__]


class Ledger:
    """Safe to call from several threads and processes. Raises UnavailableError where its database cannot be reached."""

    def __init__(self, location: Location) -> None:
        self._location = location
        self._engine = _engine(location)
        with self._writing() as connection:
            metadata.create_all(connection)

    def close(self) -> None:
        self._engine.dispose()

    # -- answers

    def begin(self, key: str, fingerprint: str) -> Answered | None:
        """None: the request is new and now this caller's to answer. Else what was, or is being, answered."""
        now, c = time.time(), answers.c
        with self._writing() as connection:
            connection.execute(delete(answers).where(c.at < now - REMEMBERED_SECONDS))
            # A worker that died while it answered leaves the key taken; its request may be asked again.
            connection.execute(delete(answers).where(c.status.is_(None), c.at < now - 4 * STALE_SECONDS))
            row = connection.execute(
                select(c.fingerprint, c.status, c.headers, c.body).where(c.key == key)
            ).one_or_none()
            if row:
                return Answered(row.fingerprint, row.status, row.headers or "{}", row.body or b"")
            connection.execute(insert(answers), {"key": key, "fingerprint": fingerprint, "at": now})
        return None

    def answer(self, key: str, *, status: int, headers: str, body: bytes) -> None:
        with self._writing() as connection:
            connection.execute(
                update(answers).where(answers.c.key == key).values(status=status, headers=headers, body=body)
            )

    def forget(self, key: str) -> None:
        """The request came to nothing; it may be asked again."""
        with self._writing() as connection:
            connection.execute(delete(answers).where(answers.c.key == key))

    # -- jobs

    def add(self, kind: str, request: str) -> JobRow:
        now, job_id = time.time(), uuid.uuid4().hex
        over = jobs.c.state.in_([State.DONE.value, State.FAILED.value, State.CANCELLED.value])
        row = {
            "id": job_id,
            "kind": kind,
            "request": request,
            "state": State.QUEUED.value,
            "created": now,
            "changed": now,
        }
        with self._writing() as connection:
            connection.execute(delete(jobs).where(over, jobs.c.changed < now - FINISHED_SECONDS))
            connection.execute(insert(jobs), {**row, "created": now, "changed": now})
        found = self.job(job_id)
        assert found is not None
        return found

    def job(self, job_id: str) -> JobRow | None:
        rows = self._rows(select(*_COLUMNS).where(jobs.c.id == job_id))
        return rows[0] if rows else None

    def jobs(self, *, limit: int = 100) -> list[JobRow]:
        """The newest first, without their results."""
        columns = [null().label("result") if column.name == "result" else column for column in _COLUMNS]
        return self._rows(select(*columns).order_by(jobs.c.created.desc(), jobs.c.id).limit(limit))

    def waiting(self) -> int:
        with self._reading() as connection:
            count = select(func.count()).select_from(jobs).where(jobs.c.state == State.QUEUED.value)
            return connection.scalar(count) or 0

    def claim(self) -> JobRow | None:
        """The oldest job that waits, or whose worker died; from now on this caller's, as long as it beats."""
        now, c = time.time(), jobs.c
        free = (c.state == State.QUEUED.value) | ((c.state == State.RUNNING.value) & (c.beat < now - STALE_SECONDS))
        oldest = select(c.id).where(free).order_by(c.created).limit(1)
        with self._writing() as connection:
            job_id = connection.scalar(oldest)
            if job_id is None:
                return None
            taken = update(jobs).where(c.id == job_id).values(state=State.RUNNING.value, beat=now, changed=now)
            return _job(connection.execute(taken.returning(*_COLUMNS)).one())

    def beat(self, job_id: str, *, stage: str, done: int, total: int | None, bad: int) -> bool:
        """Tells how far a running job is; True when it is to stop."""
        now = time.time()
        at = {"beat": now, "changed": now, "stage": stage, "done": done, "total": total, "bad": bad}
        with self._writing() as connection:
            stop = connection.scalar(update(jobs).where(jobs.c.id == job_id).values(at).returning(jobs.c.stop))
        return bool(stop)

    def touch(self, job_id: str) -> None:
        """Tells that a running job is alive."""
        with self._writing() as connection:
            connection.execute(update(jobs).where(jobs.c.id == job_id).values(beat=time.time()))

    def finish(self, job_id: str, state: State, *, result: str | None = None, error: str | None = None) -> None:
        """With QUEUED: another worker may go on with it."""
        settled = {"state": state.value, "result": result, "error": error, "changed": time.time(), "stop": 0}
        with self._writing() as connection:
            connection.execute(update(jobs).where(jobs.c.id == job_id).values(settled))

    def stop(self, job_id: str) -> None:
        """A waiting job is cancelled at once, a running one when it notices."""
        state = jobs.c.state
        stopped = {
            "stop": case((state == State.RUNNING.value, 1), else_=0),
            "state": case((state == State.QUEUED.value, State.CANCELLED.value), else_=state),
            "changed": time.time(),
        }
        going = state.in_([State.QUEUED.value, State.RUNNING.value])
        with self._writing() as connection:
            connection.execute(update(jobs).where(jobs.c.id == job_id, going).values(stopped))

    def resume(self, job_id: str) -> bool:
        """False unless it was cancelled or has failed."""
        ended = jobs.c.state.in_([State.CANCELLED.value, State.FAILED.value])
        queued = {"state": State.QUEUED.value, "stop": 0, "error": None, "changed": time.time()}
        with self._writing() as connection:
            return connection.execute(update(jobs).where(jobs.c.id == job_id, ended).values(queued)).rowcount == 1

    def _rows(self, statement: Select[*tuple[Any, ...]]) -> list[JobRow]:
        with self._reading() as connection:
            return [_job(row) for row in connection.execute(statement)]

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._explained(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._explained(), self._engine.execution_options(writing=True).begin() as connection:
            yield connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            if filing.is_full(error.orig):
                raise FullError(f"{self._location}: no room for a job ({error.orig})") from error
            raise UnavailableError(
                f"{self._location}: jobs cannot be looked up ({type(error.orig).__name__})"
            ) from error


def _engine(location: Location) -> Engine:
    """Whose transactions with `writing=True` take turns."""
    if isinstance(location, Address):
        from shelflens.records.connecting import transactions

        return transactions(location, lock=_LOCK)
    return filing.transactions(location / FILE, synchronous="NORMAL", busy_seconds=BUSY_SECONDS)


def _job(row: Row[Any]) -> JobRow:
    return JobRow(**{**row._mapping, "state": State(row.state)})
