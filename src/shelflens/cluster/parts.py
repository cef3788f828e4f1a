"""A job's errands cut into parts, each done by one worker, and put together again in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, Generic

from shelflens.indexing.work import ErrandT, Result, Ticket

PART: Final = 16  # photos; what a lost worker costs is twice that, at most
SUSPECT: Final = 2  # workers lost while they had it: from then on a part's photos go one by one, and then not at all


@dataclass(frozen=True, slots=True)
class _Open:
    """No result yet."""


OPEN: Final = _Open()


@dataclass(slots=True, eq=False)
class Part(Generic[Ticket, ErrandT, Result]):
    """Some errands that follow each other."""

    tickets: list[Ticket]
    errands: list[ErrandT | None]
    results: list[Any] = field(init=False)  # Result, None where there is no errand, OPEN
    dropped: bool = False  # nobody waits for it any more

    def __post_init__(self) -> None:
        self.results = [None if errand is None else OPEN for errand in self.errands]

    @property
    def open(self) -> list[int]:
        return [at for at, result in enumerate(self.results) if result is OPEN]

    def finished(self) -> Iterator[tuple[Ticket, Result | None]]:
        yield from zip(self.tickets, self.results, strict=True)


@dataclass(frozen=True, slots=True, eq=False)
class Load(Generic[Ticket, ErrandT, Result]):
    """What a worker gets at once: some of a part's errands."""

    part: Part[Ticket, ErrandT, Result]
    at: tuple[int, ...]  # places in the part
    lost: int = 0  # workers, while they had it
    alone: bool = False  # its worker must have nothing else, so that it is known what the worker was lost by

    def after_loss(self) -> list[Load[Ticket, ErrandT, Result]]:
        """What to try next; nothing: it is to be given up."""
        if self.lost + 1 < SUSPECT:
            return [Load(self.part, self.at, self.lost + 1, alone=self.alone)]
        if self.alone:
            return []
        return [Load(self.part, (at,), alone=True) for at in self.at]


def parts(
    errands: Iterable[tuple[Ticket, ErrandT | None]],
) -> Iterator[Part[Ticket, ErrandT, Any]]:
    source = iter(errands)
    while some := list(islice(source, PART)):
        yield Part([ticket for ticket, _ in some], [errand for _, errand in some])
