"""Photos that still lack something that another table keeps of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, select

from shelflens.records.tables import photos


def photos_without(
    connection: Connection, table: Table, which: ColumnElement[bool], *, after: str, limit: int
) -> Sequence[Row[Any]]:
    """Rows of `photos` that have none of the rows `which` of a table, behind the photo_id `after`."""
    its = which & (table.c.photo_id == photos.c.photo_id)
    return connection.execute(
        select(photos)
        .outerjoin(table, its)
        .where(table.c.photo_id.is_(None), photos.c.photo_id > after)
        .order_by(photos.c.photo_id, photos.c.key)
        .limit(limit)
    ).all()
