"""What an indexing run need not do again: photos that are there as they are, and vectors that are known.

Threads of this process ask the records when they have read a photo (`AskedMemory`). Other machines cannot; what the
records hold of a product goes along with each of its photos, and what comes back is compared with the records before it
is kept (`ToldMemory`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Protocol

from shelflens.feed.base import BadRow, FeedRow, PhotoPlace
from shelflens.records.base import Embedded, Placed, Records
from shelflens.types import Photo, Vectors


@dataclass(frozen=True, slots=True)
class Arrival:
    """A photo that a feed lists: an Errand."""

    place: PhotoPlace
    product_id: str
    where: str  # "train.csv:17", for messages
    unchanged: frozenset[str] = frozenset()  # photo_ids: what the records hold from this place of the product
    embedded: frozenset[str] = frozenset()  # photo_ids of the product that have a vector
    beside: Mapping[str, str] = field(default_factory=dict)  # space -> model: others that new photos get a vector by


@dataclass(frozen=True, slots=True)
class Prepared:
    """A photo that can be kept."""

    photo: Photo
    vector: Vectors | None  # (dim,), unit; None: the records have it
    fresh: bool  # it went through the model in this run
    thumbnail: bytes = b""
    beside: tuple[Placed, ...] = ()


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The records hold the photo as it is."""


class Known(Protocol):
    """What is known while a photo is worked on."""

    def holds(self, arrival: Arrival, photo_id: str) -> bool:
        """Whether the records hold just this."""
        ...

    def vector(self, arrival: Arrival, photo_id: str, embed: Callable[[], Vectors]) -> tuple[Vectors | None, bool]:
        """The (dim,) vector (None: the records have it), and whether `embed` made it just now."""
        ...


class Memory(Protocol):
    """What is known by the thread that writes."""

    @property
    def known(self) -> Known:
        """The part that goes where the photos are worked on."""
        ...

    def arrival(self, row: FeedRow, place: PhotoPlace) -> Arrival: ...

    def settled(self, prepared: Prepared, row: FeedRow) -> Prepared | BadRow:
        """With its vector."""
        ...

    def kept(self, photos: Iterable[Embedded]) -> None:
        """Told what has become durable; from now on the records know these vectors."""
        ...


class AskedMemory:
    """Memory and Known. Every vector is made once: by this run, or it comes from the records."""

    def __init__(self, records: Records, *, space: str) -> None:
        self._records = records
        self._space = space
        self.were_empty = records.counts().vectors.get(space, 0) == 0
        self._lock = threading.Lock()
        self._under_way: dict[str, Future[Vectors]] = {}  # photo_id -> its vector, not yet durable
        self._kept: set[bytes] = set()  # photo_ids that this run made durable, 16 bytes of each

    @property
    def known(self) -> Known:
        return self

    def arrival(self, row: FeedRow, place: PhotoPlace) -> Arrival:
        return Arrival(place, row.product.product_id, row.where)

    def settled(self, prepared: Prepared, row: FeedRow) -> Prepared:  # noqa: ARG002 - whatever the row
        return prepared

    def holds(self, arrival: Arrival, photo_id: str) -> bool:
        return self._may_know(photo_id) and self._records.holds(
            arrival.product_id, photo_id, source=arrival.place.source, space=self._space
        )

    def vector(self, _arrival: Arrival, photo_id: str, embed: Callable[[], Vectors]) -> tuple[Vectors, bool]:
        """Equal photos wait for the first."""
        with self._lock:
            future = self._under_way.get(photo_id)
            mine = future is None
            if future is None:
                future = self._under_way[photo_id] = Future()
        if not mine:
            return future.result(), False
        try:
            fresh = not (self._may_know(photo_id) and self._records.known([photo_id], space=self._space))
            future.set_result(embed() if fresh else self._records.vectors([photo_id], space=self._space)[0])
        except BaseException as error:
            future.set_exception(error)
            raise
        return future.result(), fresh

    def kept(self, photos: Iterable[Embedded]) -> None:
        with self._lock:
            for embedded in photos:
                self._kept.add(bytes.fromhex(embedded.photo.photo_id[:32]))
                self._under_way.pop(embedded.photo.photo_id, None)

    def _may_know(self, photo_id: str) -> bool:
        """False when the records certainly hold no vector of the photo; spares a new catalogue the question."""
        return not self.were_empty or bytes.fromhex(photo_id[:32]) in self._kept


class Told:
    """Known where nobody can be asked: what an arrival says of its product."""

    def holds(self, arrival: Arrival, photo_id: str) -> bool:
        return photo_id in arrival.unchanged

    def vector(self, arrival: Arrival, photo_id: str, embed: Callable[[], Vectors]) -> tuple[Vectors | None, bool]:
        return (None, False) if photo_id in arrival.embedded else (embed(), True)


class ToldMemory:
    """Memory. Equal photos of several products may be embedded more than once; the first one's vector is kept."""

    def __init__(self, records: Records, *, space: str, beside: Callable[[], Mapping[str, str]]) -> None:
        """`beside`: the models, by space, that new photos get a vector by besides."""
        self._records = records
        self._space = space
        self._beside = beside
        self._asked = AskedMemory(records, space=space)
        self._last: tuple[str, list[Photo], frozenset[str]] = ("", [], frozenset())

    @property
    def known(self) -> Known:
        return Told()

    def arrival(self, row: FeedRow, place: PhotoPlace) -> Arrival:
        plain = Arrival(place, row.product.product_id, row.where, beside=self._beside())
        if self._asked.were_empty:
            return plain
        photos, embedded = self._held(plain.product_id)
        here = frozenset(photo.photo_id for photo in photos if photo.source == place.source)
        return replace(plain, unchanged=here & embedded, embedded=embedded)

    def settled(self, prepared: Prepared, row: FeedRow) -> Prepared | BadRow:
        def made() -> Vectors:
            if prepared.vector is None:
                raise LookupError
            return prepared.vector

        photo_id = prepared.photo.photo_id
        try:
            plain = Arrival(row.photos[0], prepared.photo.product_id, row.where)
            vector, fresh = self._asked.vector(plain, photo_id, made)
        except LookupError:
            return BadRow(row.where, "was removed while it was looked at; index it again", row.product.product_id)
        return replace(prepared, vector=vector, fresh=fresh, beside=prepared.beside if fresh else ())

    def kept(self, photos: Iterable[Embedded]) -> None:
        self._asked.kept(photos)

    def _held(self, product_id: str) -> tuple[list[Photo], frozenset[str]]:
        """A product's photos, and which of them have a vector. A row's photos come one after another."""
        if self._last[0] != product_id:
            photos = [photo for _, photo in self._records.photos_of(product_id)]
            known = self._records.known([photo.photo_id for photo in photos], space=self._space)
            self._last = (product_id, photos, frozenset(known))
        return self._last[1], self._last[2]
