"""What it takes to keep what shoppers did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Kind(StrEnum):
    """What a shopper did with a product."""

    VIEW = "view"
    CLICK = "click"
    BUY = "buy"
    LIKE = "like"
    DISLIKE = "dislike"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a shopper did."""

    kind: Kind
    product_id: str
    at: float  # seconds since 1970


@dataclass(frozen=True, slots=True)
class Companion:
    """A product that the shoppers of another one took, too."""

    product_id: str
    shoppers: int  # who took both
    of: int  # who took this one


@dataclass(frozen=True, slots=True)
class EventCounts:
    events: int
    users: int


class Events(Protocol):
    """What shoppers did, under pseudonyms: the store never sees a user's name.

    An event is durable (kill -9 and power cut included) when `add` returns. Safe to call from several threads; several
    processes may add at once.
    """

    def add(self, user: bytes, events: Sequence[Event]) -> None:
        """Keeps the events of one pseudonym, all or none."""
        ...

    def add_later(self, user: bytes, events: Sequence[Event]) -> Future[None]:
        """As `add`, without waiting: done when they are durable. Those that wait together share one sync."""
        ...

    def of(self, user: bytes, *, limit: int = 1_000) -> list[Event]:
        """The newest first; equal times by the latest kept."""
        ...

    def companions(self, product_id: str, *, kinds: Sequence[Kind], limit: int = 200) -> list[Companion]:
        """Products that shoppers of this one took too, by one of the `kinds`, the most shared first."""
        ...

    def popular(self, *, kinds: Sequence[Kind], limit: int = 200) -> list[Companion]:
        """The products that most shoppers took; `shoppers` equals `of`."""
        ...

    def forget(self, user: bytes) -> int:
        """Deletes all of a pseudonym's events; returns how many there were. On return the pseudonym is in none of the
        store's files, their logs and free pages included. Raises CatalogueError when a reader keeps the log from being
        emptied; deleting again goes on."""
        ...

    def counts(self) -> EventCounts: ...

    def every(self) -> Iterator[tuple[bytes, Event]]:
        """All events with their pseudonyms, in the order in which they were kept: to carry them into another store."""
        ...

    def clear(self) -> None:
        """Deletes all events, of every pseudonym, with less care for traces than `forget`."""
        ...

    def seal(self, key: int | None = None) -> int | None:
        """The first `key` ever given (a digest of the pseudonyms' key, 0..2^62): whoever comes with another one would
        make other pseudonyms of the same users. None: none was given yet."""
        ...

    def close(self) -> None:
        """When what was given to it is durable."""
        ...
