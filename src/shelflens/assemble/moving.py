"""A catalogue from one store into another, without embedding again: `shelflens move`."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from shelflens.assemble.shopping import key_file, open_events
from shelflens.assemble.store import Store, open_store
from shelflens.assemble.vectors import VECTORS
from shelflens.errors import CatalogueError, PictureError
from shelflens.picture import open_bytes
from shelflens.records.address import Location, location
from shelflens.records.base import Counts
from shelflens.records.moving import Database, Movable, carry
from shelflens.settings import Settings, from_environment
from shelflens.shopper.pseudonym import Pseudonyms, copy_key

TOGETHER: Final = 2_000  # events that are waited for at once


@dataclass(frozen=True, slots=True)
class Moved:
    """What the target holds."""

    counts: Counts
    uploads: int  # photos that came as bytes, carried by this run
    events: int  # of shoppers


def move(
    source: str | Location,
    target: str | Location,
    *,
    settings: Settings | None = None,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Moved:
    """Fills `target`, which is not there yet, or goes on with what a stopped run has begun; `source` stays as it is.

    Products, photos, the vectors of every space, descriptions, documents and shoppers' events are the same, bit for
    bit, and so are the keys of the photos, hence the order of equal matches. Raises CatalogueError.
    """
    source, target = location(source), location(target)
    settings = settings or from_environment(os.environ)
    cache = settings.cache
    if source == target:
        raise CatalogueError(f"{source}: a catalogue cannot be moved onto itself")
    one = open_store(source, create=False, cache=cache)
    try:
        other = open_store(target, create=True, cache=cache, unfinished=True)
        try:
            uploads, shoppers = _Uploads(one, other), _Shoppers(one, other, settings)
            carry(
                _database(one),
                _database(other),
                place=uploads.carried,
                besides=shoppers.carry,
                without=[VECTORS],
                on_progress=on_progress,
            )
            return Moved(other.records.counts(), uploads.count, shoppers.count)
        finally:
            other.records.close()
    finally:
        one.records.close()


def _database(store: Store) -> Database:
    if not isinstance(store.records, Movable):
        raise CatalogueError(f"{store.location}: only records in an SQL database can be moved")
    return store.records.database


class _Shoppers:
    """Events go with the catalogue, under the pseudonyms that they have, and so does the key."""

    def __init__(self, source: Store, target: Store, settings: Settings) -> None:
        self._source = source
        self._target = target
        self._settings = settings
        self.count = 0

    def carry(self) -> None:
        """Anew from the first event where a former run was stopped. Raises CatalogueError."""
        if isinstance(self._source.location, Path) and not key_file(self._source, self._settings).is_file():
            return  # nobody was ever named; looking would leave a file
        with closing(open_events(self._source)) as source:
            if source.seal() is None and not source.counts().events:
                return
            mine, its = (key_file(store, self._settings) for store in (self._source, self._target))
            copy_key(mine, its)
            with closing(open_events(self._target)) as target:
                target.clear()
                target.seal(Pseudonyms(its).seal)
                events = source.every()
                while portion := tuple(islice(events, TOGETHER)):
                    for waiting in [target.add_later(user, [event]) for user, event in portion]:
                        waiting.result()
                    self.count += len(portion)


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
