"""What a transaction has changed, and its lines in the logs that followers read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Connection, delete, insert, select, update

from shelflens.records.fulltext import stay_in_step
from shelflens.records.tables import changes, meta, space_changes, spaces

PORTION = 500  # values in one `IN (...)`

T = TypeVar("T")


def portions(values: Iterable[T], size: int = PORTION) -> Iterator[list[T]]:
    """The distinct values, in order of appearance, in lists of up to `size`."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), size):
        yield distinct[start : start + size]


@dataclass(slots=True)
class Happened:
    """What one transaction did, for the log."""

    keys: set[int] = field(default_factory=set)  # photos put or removed
    forgotten: set[int] = field(default_factory=set)  # of those, the ones that the log may hold already
    touched: bool = False  # anything else changed

    def record(self, connection: Connection, *, only: int | None = None) -> None:
        """Gives each change its number. Without changes the version stays. `only` is the space that alone has changed:
        whoever follows another one need not hear of it."""
        if not (self.keys or self.touched):
            return
        changed = max(1, len(self.keys))
        last = advance(connection, "version", changed)
        stay_in_step(connection, last - changed, last)
        its_spaces = select(spaces.c.id) if only is None else [only]  # named, because the index begins with the space
        for keys in portions(sorted(self.forgotten)):
            if only is None:
                connection.execute(delete(changes).where(changes.c.key.in_(keys)))
            its = space_changes.c.space.in_(its_spaces) & space_changes.c.key.in_(keys)
            connection.execute(delete(space_changes).where(its))
        first = last - len(self.keys) + 1
        if self.keys:
            rows = [{"key": key, "seq": first + index} for index, key in enumerate(sorted(self.keys))]
            if only is None:
                connection.execute(insert(changes), rows)
            else:
                connection.execute(insert(space_changes), [{"space": only, **row} for row in rows])


def advance(connection: Connection, counter: str, by: int) -> int:
    """Adds to a counter of `meta`; returns its new value."""
    connection.execute(update(meta).where(meta.c.name == counter).values(number=meta.c.number + by))
    return int(connection.scalars(select(meta.c.number).where(meta.c.name == counter)).one())
