"""What verifiers keep of a photo's bytes, by the name of the form that they keep it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy import Row as SqlRow

from shelflens.records.happening import portions
from shelflens.records.lacking import photos_without
from shelflens.records.rows import Row
from shelflens.records.tables import descriptions, photos


def undescribed(connection: Connection, name: str, *, after: str, limit: int) -> Sequence[SqlRow[Any]]:
    """Rows of `photos` that have no description of this form, behind the photo_id `after`."""
    return photos_without(connection, descriptions, descriptions.c.name == name, after=after, limit=limit)


def write_descriptions(connection: Connection, name: str, given: Mapping[str, bytes]) -> None:
    """Of the photos that are here."""
    for ids in portions(given):
        there = set(connection.scalars(select(photos.c.photo_id).where(photos.c.photo_id.in_(ids))))
        connection.execute(
            delete(descriptions).where(descriptions.c.name == name, descriptions.c.photo_id.in_(sorted(there)))
        )
        rows_: list[Row] = [{"name": name, "photo_id": i, "data": given[i]} for i in sorted(there)]
        if rows_:
            connection.execute(insert(descriptions), rows_)


def read_descriptions(connection: Connection, name: str, photo_ids: Sequence[str]) -> dict[str, bytes]:
    """By photo_id, of those that have one."""
    found: dict[str, bytes] = {}
    for ids in portions(photo_ids):
        statement = select(descriptions.c.photo_id, descriptions.c.data).where(
            descriptions.c.name == name, descriptions.c.photo_id.in_(ids)
        )
        found |= {row.photo_id: row.data for row in connection.execute(statement)}
    return found
