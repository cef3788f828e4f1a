"""The spaces of a catalogue: one model's vectors each, and which photos they lack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from shelflens.errors import SpaceError
from shelflens.manifest import ModelManifest
from shelflens.records.lacking import photos_without
from shelflens.records.tables import photos, space_changes, spaces, vectors


@dataclass(frozen=True, slots=True)
class Space:
    """A row of `spaces`."""

    number: int
    name: str
    dimension: int
    active: bool  # the one that searches use


def every(connection: Connection) -> list[Space]:
    table = spaces.c
    rows = connection.execute(select(table.id, table.name, table.dimension, table.active).order_by(table.id)).all()
    return [Space(row.id, row.name, row.dimension, row.active) for row in rows]


def find(connection: Connection, name: str, *, where: str) -> Space:
    """Raises SpaceError, with `where` for the catalogue."""
    found = every(connection)
    for one in found:
        if one.name == name:
            return one
    there = ", ".join(one.name for one in found) or "none"
    raise SpaceError(f"{where}: no space {name!r}; there is {there}")


def manifests(connection: Connection, *, where: str) -> dict[str, ModelManifest]:
    """By name, the oldest first."""
    rows = connection.execute(select(spaces).order_by(spaces.c.id)).all()
    return {row.name: ModelManifest.from_json(row.manifest, where=f"{where}, space {row.name}") for row in rows}


def add(connection: Connection, manifest: ModelManifest) -> None:
    """Unless it is there. The first one is the one that searches use."""
    known = set(connection.scalars(select(spaces.c.name)))
    if manifest.space not in known:
        row = {
            "name": manifest.space,
            "manifest": manifest.to_json(),
            "dimension": manifest.dimension,
            "active": not known,
        }
        connection.execute(insert(spaces), row)


def activate(connection: Connection, space: Space) -> None:
    connection.execute(update(spaces).values(active=spaces.c.name == space.name))


def unembedded(connection: Connection, space: int, *, after: str, limit: int) -> Sequence[Row[Any]]:
    """Rows of `photos` that have no vector in the space, behind the photo_id `after`."""
    return photos_without(connection, vectors, vectors.c.space == space, after=after, limit=limit)


def count_unembedded(connection: Connection, space: int) -> int:
    """Different photos that have no vector in the space."""
    its = (vectors.c.space == space) & (vectors.c.photo_id == photos.c.photo_id)
    each = select(func.count(photos.c.photo_id.distinct()))
    return connection.scalar(each.select_from(photos.outerjoin(vectors, its)).where(vectors.c.photo_id.is_(None))) or 0


def drop(connection: Connection, space: int) -> int:
    """Returns how many vectors went with it. Other spaces, hence their followers, see no change."""
    gone = connection.execute(delete(vectors).where(vectors.c.space == space)).rowcount
    connection.execute(delete(space_changes).where(space_changes.c.space == space))
    connection.execute(delete(spaces).where(spaces.c.id == space))
    return gone
