"""Events in any SQL database that SQLAlchemy Core speaks; a sibling only has to bring the engine and `_scrub`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Engine, delete, func, insert, select
from sqlalchemy.exc import DBAPIError

from shelflens.errors import CatalogueError, FullError
from shelflens.records.filing import is_full
from shelflens.shopper import tables
from shelflens.shopper.base import Companion, Event, EventCounts, Kind
from shelflens.shopper.commits import GroupCommit

MOST: Final = 2_000  # calls whose events share a transaction
PORTION: Final = 5_000  # events read at once where all are
SEAL: Final = "seal"
COMPANIONS: Final = 5_000  # newest shoppers of a product that are asked what else they took

_Given: TypeAlias = tuple[bytes, Sequence[Event]]


class SqlEvents:
    """`Events` over an engine whose tables exist; `where` names the catalogue in messages.

    `engine` must begin a transaction with the write lock when the connection has the execution option `writing=True`.
    """

    def __init__(self, engine: Engine, *, where: str) -> None:
        self._engine = engine
        self._where = where
        self._commits = GroupCommit[_Given](self._keep, most=MOST, name="events")

    def add(self, user: bytes, events: Sequence[Event]) -> None:
        self.add_later(user, events).result()

    def add_later(self, user: bytes, events: Sequence[Event]) -> Future[None]:
        return self._commits.give((user, tuple(events)))

    def of(self, user: bytes, *, limit: int = 1_000) -> list[Event]:
        events = tables.events.c
        statement = (
            select(events.kind, events.product_id, events.at)
            .where(events.user == user)
            .order_by(events.at.desc(), events.id.desc())
            .limit(limit)
        )
        with self._transaction() as connection:
            return [Event(Kind(row.kind), row.product_id, row.at) for row in connection.execute(statement)]

    def companions(self, product_id: str, *, kinds: Sequence[Kind], limit: int = 200) -> list[Companion]:
        events = tables.events.c
        its = select(events.user).where(events.product_id == product_id, events.kind.in_(kinds))
        shoppers = its.distinct().limit(COMPANIONS).scalar_subquery()
        both = func.count(events.user.distinct())
        shared = (
            select(events.product_id, both)
            .where(events.user.in_(shoppers), events.kind.in_(kinds), events.product_id != product_id)
            .group_by(events.product_id)
            .order_by(both.desc(), events.product_id)
            .limit(limit)
        )
        with self._transaction() as connection:
            found = [(str(row[0]), int(row[1])) for row in connection.execute(shared)]
            all_of = self._takers(connection, [one for one, _ in found], kinds)
        return [Companion(one, count, all_of[one]) for one, count in found]

    def popular(self, *, kinds: Sequence[Kind], limit: int = 200) -> list[Companion]:
        events = tables.events.c
        count = func.count(events.user.distinct())
        statement = select(events.product_id, count).where(events.kind.in_(kinds)).group_by(events.product_id)
        with self._transaction() as connection:
            rows = connection.execute(statement.order_by(count.desc(), events.product_id).limit(limit))
            return [Companion(row[0], row[1], row[1]) for row in rows]

    def forget(self, user: bytes) -> int:
        self.add(user, ())  # what was given before is kept by now, and deleted with the rest
        with self._transaction(writing=True) as connection:
            gone = connection.execute(delete(tables.events).where(tables.events.c.user == user)).rowcount
        self._scrub(user)
        return gone

    def counts(self) -> EventCounts:
        with self._transaction() as connection:
            events = connection.scalar(select(func.count()).select_from(tables.events)) or 0
            users = connection.scalar(select(func.count(tables.events.c.user.distinct()))) or 0
        return EventCounts(events, users)

    def every(self) -> Iterator[tuple[bytes, Event]]:
        events, last = tables.events.c, 0
        while True:
            portion = select(tables.events).where(events.id > last).order_by(events.id).limit(PORTION)
            with self._transaction() as connection:
                rows = connection.execute(portion).all()
            if not rows:
                return
            yield from ((row.user, Event(Kind(row.kind), row.product_id, row.at)) for row in rows)
            last = rows[-1].id

    def clear(self) -> None:
        with self._transaction(writing=True) as connection:
            connection.execute(delete(tables.events))

    def seal(self, key: int | None = None) -> int | None:
        with self._transaction(writing=key is not None) as connection:
            held = connection.scalar(select(tables.meta.c.number).where(tables.meta.c.name == SEAL))
            if held is None and key is not None:
                connection.execute(insert(tables.meta), {"name": SEAL, "number": key})
                held = key
        return held

    def close(self) -> None:
        self._commits.close()
        self._engine.dispose()

    def _scrub(self, user: bytes) -> None:
        """Called after a delete: the pseudonym may not be left in the database's files."""
        raise NotImplementedError

    def _keep(self, given: Sequence[_Given]) -> None:
        rows: list[dict[str, Any]] = [
            {"user": user, "product_id": event.product_id, "kind": event.kind.value, "at": event.at}
            for user, events in given
            for event in events
        ]
        if rows:
            with self._transaction(writing=True) as connection:
                connection.execute(insert(tables.events), rows)

    def _takers(self, connection: Connection, product_ids: Sequence[str], kinds: Sequence[Kind]) -> dict[str, int]:
        events = tables.events.c
        statement = (
            select(events.product_id, func.count(events.user.distinct()))
            .where(events.product_id.in_(product_ids), events.kind.in_(kinds))
            .group_by(events.product_id)
        )
        return {str(row[0]): int(row[1]) for row in connection.execute(statement)}

    @contextmanager
    def _transaction(self, *, writing: bool = False) -> Iterator[Connection]:
        engine = self._engine.execution_options(writing=True) if writing else self._engine
        try:
            with engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise self._explained(error) from error

    def _explained(self, error: DBAPIError) -> CatalogueError:
        kind = FullError if is_full(error.orig) else CatalogueError
        return kind(f"{self._where}: events: {error.orig}")
