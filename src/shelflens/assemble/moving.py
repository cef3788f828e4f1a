"""A catalogue from one store into another, without embedding again: `shelflens move`."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from shelflens.assemble.store import Store, open_store
from shelflens.assemble.vectors import VECTORS
from shelflens.errors import CatalogueError, PictureError
from shelflens.picture import open_bytes
from shelflens.records.address import Location, location
from shelflens.records.base import Counts
from shelflens.records.moving import Database, Movable, carry
from shelflens.settings import Settings, from_environment


@dataclass(frozen=True, slots=True)
class Moved:
    """What the target holds."""

    counts: Counts
    uploads: int  # photos that came as bytes, carried by this run


def move(
    source: str | Location,
    target: str | Location,
    *,
    settings: Settings | None = None,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Moved:
    """Fills `target`, which is not there yet, or goes on with what a stopped run has begun; `source` stays as it is.

    Products, photos, the vectors of every space, descriptions and documents are the same, bit for bit, and so are the
    keys of the photos, hence the order of equal matches. Raises CatalogueError.
    """
    source, target = location(source), location(target)
    cache = (settings or from_environment(os.environ)).cache
    if source == target:
        raise CatalogueError(f"{source}: a catalogue cannot be moved onto itself")
    one = open_store(source, create=False, cache=cache)
    try:
        other = open_store(target, create=True, cache=cache, unfinished=True)
        try:
            uploads = _Uploads(one, other)
            carry(_database(one), _database(other), place=uploads.carried, without=[VECTORS], on_progress=on_progress)
            return Moved(other.records.counts(), uploads.count)
        finally:
            other.records.close()
    finally:
        one.records.close()


def _database(store: Store) -> Database:
    if not isinstance(store.records, Movable):
        raise CatalogueError(f"{store.location}: only records in an SQL database can be moved")
    return store.records.database


class _Uploads:
    """Photos that came as bytes go with the catalogue; all others stay where they are."""

    def __init__(self, source: Store, target: Store) -> None:
        self._source = source.uploads
        self._target = target.uploads
        self.count = 0

    def carried(self, photo_id: str, source: str) -> str:
        """Where the photo is read from then on."""
        data = self._source.read(photo_id) if self._source.holds(source) else None
        if data is None:
            return source
        try:
            format_ = open_bytes(data, side=16).format
        except PictureError:
            format_ = ""
        self.count += 1
        return self._target.keep(data, format=format_).source
