"""Uploaded photos in the database, where every machine that serves the catalogue can read them again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from sqlalchemy import Column, Connection, LargeBinary, MetaData, Table, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from shelflens.records.happening import portions
from shelflens.records.tables import Text

metadata = MetaData()

uploads = Table(
    "uploads",
    metadata,
    Column("photo_id", Text, primary_key=True),
    Column("format", Text, nullable=False),  # as in `Picture`: JPEG, PNG, ...
    Column("data", LargeBinary, nullable=False),
)


class UploadedPhotos:
    """The bytes that came in, by photo_id. Durable when `keep` returns."""

    def __init__(self, begin: Callable[[], AbstractContextManager[Connection]]) -> None:
        """`begin` begins a transaction."""
        self._begin = begin

    def keep(self, photo_id: str, data: bytes, *, format: str) -> None:
        row = {"photo_id": photo_id, "format": format, "data": data}
        with self._begin() as connection:
            connection.execute(insert(uploads).on_conflict_do_nothing(), row)

    def read(self, photo_id: str) -> bytes | None:
        with self._begin() as connection:
            return connection.scalars(select(uploads.c.data).where(uploads.c.photo_id == photo_id)).one_or_none()

    def forget(self, photo_ids: Iterable[str]) -> None:
        with self._begin() as connection:
            for ids in portions(photo_ids):
                connection.execute(delete(uploads).where(uploads.c.photo_id.in_(ids)))

    def __len__(self) -> int:
        with self._begin() as connection:
            return connection.scalar(select(func.count()).select_from(uploads)) or 0
