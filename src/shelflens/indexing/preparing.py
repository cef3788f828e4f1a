"""One photo that a feed lists, from its bytes to all that is kept of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, Self, TypeAlias

from shelflens.embed.base import Embedder
from shelflens.embed.loading import load_embedder
from shelflens.errors import PictureError, ShelflensError
from shelflens.feed.base import BadRow, FilePhoto, PhotoPlace
from shelflens.indexing.beside import placed
from shelflens.indexing.kit import Kit, Tools
from shelflens.indexing.memory import Arrival, Known, Prepared, Unchanged
from shelflens.indexing.work import NeededFile
from shelflens.picture import decode_side, digest, open_bytes, thumbnail
from shelflens.types import Photo, Vectors

Outcome: TypeAlias = Prepared | Unchanged | BadRow


class Others(Protocol):
    """By whom a new photo is embedded besides. Safe to call from several threads."""

    def __call__(self, arrival: Arrival) -> Sequence[Embedder]: ...


@dataclass(frozen=True, slots=True)
class Preparing:
    """The Job of an indexing run."""

    tools: Tools
    known: Known
    others: Callable[[], Others]  # called once, by whoever works

    @property
    def files(self) -> tuple[NeededFile, ...]:
        return self.tools.files

    def moved(self, places: Mapping[Path, Path]) -> Self:
        return replace(self, tools=self.tools.moved(places))

    def begin(self) -> PreparingTask:
        return PreparingTask(self, self.tools.unpack(), self.others())

    def refused(self, errand: Arrival, reason: str) -> Outcome:
        return BadRow(where=errand.where, reason=reason, product_id=errand.product_id)


class PreparingTask:
    def __init__(self, job: Preparing, kit: Kit, others: Others) -> None:
        self._job = job
        self._kit = kit
        self._others = others
        self._side = decode_side(kit.embedder.manifest.preprocessing)

    def read(self, place: PhotoPlace) -> bytes:
        return self._kit.reader.read(place)

    def work(self, errand: Arrival, read: Callable[[], bytes]) -> Outcome:
        limits, place = self._kit.reader.limits, errand.place
        try:
            data = read()
            photo_id = digest(data)
            if self._job.known.holds(errand, photo_id):
                return Unchanged()
            picture = open_bytes(data, name=place.source, side=self._side, limits=limits)
        except PictureError as error:
            return self._job.refused(errand, str(error))

        def embed() -> Vectors:
            vector: Vectors = self._kit.embedder.embed([picture.image])[0]
            return vector

        vector, fresh = self._job.known.vector(errand, photo_id, embed)
        others = self._others(errand) if fresh else ()
        beside = placed(data, picture, others, side=self._side, limits=limits)
        photo = Photo(photo_id, errand.product_id, place.source, picture.width, picture.height)
        small = b"" if isinstance(place, FilePhoto) else thumbnail(picture.image)
        return Prepared(photo, vector, fresh, small, beside)

    def close(self) -> None:
        self._job.tools.put_away(self._kit)


class NamedOthers:
    """Others, by the names that an arrival brings. A model that is not there is left out, with a warning: the photos
    lack a vector in its space, and the upgrade makes up for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: dict[str, Embedder | None] = {}  # by space

    def __call__(self, arrival: Arrival) -> tuple[Embedder, ...]:
        if not arrival.beside:
            return ()
        with self._lock:
            for space, model in arrival.beside.items():
                if space not in self._loaded:
                    self._loaded[space] = self._load(model, space)
            found = (self._loaded[space] for space in arrival.beside)
            return tuple(one for one in found if one is not None)

    def _load(self, model: str, space: str) -> Embedder | None:
        try:
            embedder = load_embedder(model, threads=1)
        except ShelflensError as error:
            logging.getLogger("shelflens").warning("new photos get no vector in space %s: %s", space, error)
            return None
        return embedder if embedder.manifest.space == space else None
