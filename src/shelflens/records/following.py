"""What has changed since a version, for those who keep something derived from the records: a portion of the log."""

from __future__ import annotations

import numpy as np
from sqlalchemy import Connection, select, union_all

from shelflens.records.base import Changes
from shelflens.records.rows import from_blobs
from shelflens.records.spaces import Space
from shelflens.records.tables import changes, meta, photos, space_changes, vectors


def version(connection: Connection) -> int:
    """The number of the last change."""
    return int(connection.scalars(select(meta.c.number).where(meta.c.name == "version")).one())


def portion(connection: Connection, space: Space, *, since: int, limit: int) -> tuple[Changes | None, int]:
    """The changes after `since`, up to `limit` keys, and the version: one state of the catalogue."""
    now = version(connection)
    if since >= now:
        return None, now
    of_all = select(changes.c.seq, changes.c.key).where(changes.c.seq > since)
    of_its_own = select(space_changes.c.seq, space_changes.c.key).where(
        space_changes.c.space == space.number, space_changes.c.seq > since
    )
    log = union_all(of_all, of_its_own).order_by("seq").limit(limit).subquery("log")
    its = (vectors.c.space == space.number) & (vectors.c.photo_id == photos.c.photo_id)
    logged = connection.execute(
        select(log.c.seq, log.c.key, vectors.c.packed)
        .select_from(log.outerjoin(photos, photos.c.key == log.c.key).outerjoin(vectors, its))
        .order_by(log.c.seq)
    ).all()
    rows = list({row.key: row for row in logged}.values())  # a key may be in both logs; its vector is the same
    put = [row for row in rows if row.packed is not None]
    found = Changes(
        # fewer than asked for: that was all of this state, changes of products only included
        version=logged[-1].seq if len(logged) == limit else now,
        put_keys=np.array([row.key for row in put], np.int64),
        put_vectors=from_blobs([row.packed for row in put], space.dimension),
        removed_keys=np.array([row.key for row in rows if row.packed is None], np.int64),
    )
    return found, now
