"""A catalogue's records, row by row, from one database into another: keys, vectors, change log and all.

Portions are committed as they come, each table in the order of its primary key, so a move that was stopped goes on
behind the last row that is there. What can be derived (facts, the index of words) is derived anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from sqlalchemy import Connection, Table, delete, func, insert, select, text, tuple_, update

from shelflens.errors import CatalogueError
from shelflens.records import tables
from shelflens.records.fulltext import FullText, stay_in_step
from shelflens.records.rows import Row, fact_rows, product_from

MARK: Final = "move"  # the document of a catalogue that a move has begun to fill
PORTION: Final = 1_000  # rows
_COPIED: Final = (
    tables.spaces,
    tables.products,
    tables.photos,
    tables.vectors,
    tables.thumbnails,
    tables.descriptions,
    tables.changes,
    tables.space_changes,
)
#: Rows that brought their own numbers have not advanced PostgreSQL's counter.
_COUNT_ON = "SELECT setval(pg_get_serial_sequence('spaces', 'id'), coalesce(max(id), 0) + 1, false) FROM spaces"


@dataclass(frozen=True, slots=True)
class Database:
    """The tables of a catalogue as they lie."""

    name: str  # for messages, and to know it again
    reading: Callable[[], AbstractContextManager[Connection]]
    writing: Callable[[], AbstractContextManager[Connection]]
    words: FullText

    def count(self) -> int:
        """Rows that a move carries."""
        with self.reading() as connection:
            return sum(connection.scalar(select(func.count()).select_from(table)) or 0 for table in _COPIED)

    def last(self, table: Table) -> Sequence[object] | None:
        """The highest primary key."""
        columns = list(table.primary_key)
        with self.reading() as connection:
            highest = select(*columns).order_by(*(column.desc() for column in columns)).limit(1)
            row = connection.execute(highest).one_or_none()
        return None if row is None else tuple(row)

    def rows(self, table: Table, *, after: Sequence[object] | None) -> Iterator[list[Row]]:
        """Portions of rows behind a primary key, by ascending one."""
        columns = list(table.primary_key)
        while True:
            statement = select(table).order_by(*columns).limit(PORTION)
            if after is not None:
                statement = statement.where(
                    tuple_(*columns) > tuple_(*after, types=[column.type for column in columns])
                )
            with self.reading() as connection:
                rows = [dict(row) for row in connection.execute(statement).mappings()]
            if not rows:
                return
            yield rows
            after = [rows[-1][column.name] for column in columns]

    def put(self, table: Table, rows: Sequence[Row]) -> None:
        with self.writing() as connection:
            connection.execute(insert(table), rows)
            if table is tables.products:
                given = [product_from(row) for row in rows]
                if facts := [fact for product in given for fact in fact_rows(product)]:
                    connection.execute(insert(tables.facts), facts)
                self.words.put(connection, given)

    def clear(self) -> None:
        """Of all that a move has brought."""
        with self.writing() as connection:
            ids = list(connection.scalars(select(tables.products.c.product_id)))
            for start in range(0, len(ids), PORTION):
                self.words.remove(connection, ids[start : start + PORTION])
            for table in (tables.facts, *reversed(_COPIED), tables.documents):
                connection.execute(delete(table))

    def documents(self) -> dict[str, str]:
        with self.reading() as connection:
            return {row.name: row.text for row in connection.execute(select(tables.documents))}

    def counters(self) -> dict[str, int]:
        """The version, and the last key given out."""
        with self.reading() as connection:
            rows = connection.execute(select(tables.meta).where(tables.meta.c.name.in_(["version", "key"])))
            return {row.name: row.number for row in rows}

    def settle(self, documents: dict[str, str], counters: dict[str, int]) -> None:
        """From here on it is a catalogue like any other."""
        with self.writing() as connection:
            connection.execute(delete(tables.documents))
            if documents:
                rows = [{"name": name, "text": content} for name, content in documents.items()]
                connection.execute(insert(tables.documents), rows)
            for name, number in counters.items():
                connection.execute(update(tables.meta).where(tables.meta.c.name == name).values(number=number))
            stay_in_step(connection, 0, counters["version"])
            if connection.dialect.name == "postgresql":
                connection.execute(text(_COUNT_ON))


@runtime_checkable
class Movable(Protocol):
    """Records that lie in SQL tables."""

    @property
    def database(self) -> Database: ...


def carry(
    source: Database,
    target: Database,
    *,
    place: Callable[[str, str], str],
    besides: Callable[[], None],
    without: Collection[str] = (),
    on_progress: Callable[[int, int], None],
) -> None:
    """Fills the target, which is new or what a former run has begun.

    `place` says from photo_id and source where the photo is read from then on; documents in `without` stay behind.
    `besides` carries what lies beside the records, before the target is a catalogue like any other; it may be called
    again by a run that goes on.
    Raises CatalogueError when the target holds something else, and when the source changes meanwhile.
    """
    begun = source.counters()
    _begin(target, json.dumps({"from": source.name, **begun}))
    total, done = source.count(), target.count()
    on_progress(done, total)
    for table in _COPIED:
        for rows in source.rows(table, after=target.last(table)):
            moved = rows
            if table is tables.photos:
                moved = [{**row, "source": place(row["photo_id"], row["source"])} for row in rows]
            target.put(table, moved)
            done += len(rows)
            on_progress(done, total)
    if source.counters() != begun or source.count() != target.count():
        raise CatalogueError(f"{source.name} was written to meanwhile; move it again when nobody writes")
    besides()
    documents = {name: text for name, text in source.documents().items() if name not in (MARK, *without)}
    target.settle(documents, begun)


def _begin(target: Database, mark: str) -> None:
    with target.reading() as connection:
        documents = tables.documents.c
        kept = connection.scalar(select(documents.text).where(documents.name == MARK))
    if kept == mark:
        return
    if kept is None and (held := target.count()):
        raise CatalogueError(f"{target.name} is a catalogue already ({held} rows); move into one that is not there yet")
    target.clear()
    with target.writing() as connection:
        connection.execute(insert(tables.documents), {"name": MARK, "text": mark})
