"""Tables that an older shelflens made get what today's code expects of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import Connection, select, update

from shelflens.errors import CatalogueError
from shelflens.records.tables import SCHEMA, meta, space_changes


def number(connection: Connection) -> int | None:
    """Of the tables that are there; None: they are not a catalogue's."""
    return connection.scalars(select(meta.c.number).where(meta.c.name == "schema")).one_or_none()


def check(found: int, *, where: str) -> None:
    """Raises CatalogueError for tables of a newer shelflens."""
    if found > SCHEMA:
        raise CatalogueError(
            f"{where}: made by a newer shelflens (schema {found}; this one reads up to {SCHEMA}); upgrade shelflens"
        )


def raise_to_now(found: int, writing: Callable[[], AbstractContextManager[Connection]], *, where: str) -> None:
    """What is there stays as it is. Raises CatalogueError where this process may not write."""
    if found == SCHEMA:
        return
    try:
        with writing() as connection:
            if number(connection) == 1:  # another process may have done it
                space_changes.create(connection, checkfirst=False)
                connection.execute(update(meta).where(meta.c.name == "schema").values(number=SCHEMA))
    except CatalogueError as error:
        raise CatalogueError(
            f"{where}: made by an older shelflens; open it once where it may be written to ({error})"
        ) from error
