"""A second space beside the first: which photos it lacks, and its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select

from shelflens.records.tables import photos, spaces, vectors


def unembedded(connection: Connection, space: int, *, after: str, limit: int) -> Sequence[Row[Any]]:
    """Rows of `photos` that have no vector in the space, behind the photo_id `after`."""
    its = (vectors.c.space == space) & (vectors.c.photo_id == photos.c.photo_id)
    return connection.execute(
        select(photos)
        .outerjoin(vectors, its)
        .where(vectors.c.photo_id.is_(None), photos.c.photo_id > after)
        .order_by(photos.c.photo_id, photos.c.key)
        .limit(limit)
    ).all()


def count_unembedded(connection: Connection, space: int) -> int:
    """Different photos that have no vector in the space."""
    its = (vectors.c.space == space) & (vectors.c.photo_id == photos.c.photo_id)
    each = select(func.count(photos.c.photo_id.distinct()))
    return connection.scalar(each.select_from(photos.outerjoin(vectors, its)).where(vectors.c.photo_id.is_(None))) or 0


def drop(connection: Connection, space: int) -> int:
    """Returns how many vectors went with it. Other spaces, hence their followers, see no change."""
    gone = connection.execute(delete(vectors).where(vectors.c.space == space)).rowcount
    connection.execute(delete(spaces).where(spaces.c.id == space))
    return gone
