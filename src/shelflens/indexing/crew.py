"""Who does a run's work and who hears of it: threads that read photos, or other machines, and two listeners."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeVar

from shelflens.feed.base import BadRow
from shelflens.indexing.reading import PhotoReader
from shelflens.indexing.threads import Threads, in_order
from shelflens.indexing.work import ErrandT, Job, Result, Team, Workers

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands. Every photo in `kept` is durable: a crash after this loses none of them."""

    kept: int
    bad: int  # rows and photos that could not be used
    total: int | None  # photos in all; None when the feeds cannot tell
    seconds: float


def nobody_listens(_event: Progress | BadRow) -> None:
    """The default of both listeners."""


@dataclass(frozen=True, slots=True)
class Crew:
    """The reader, as all of a run's work, is called from `workers` threads at once; the listeners from the caller's."""

    reader: PhotoReader
    workers: int
    on_progress: Callable[[Progress], None] = nobody_listens
    on_bad: Callable[[BadRow], None] = nobody_listens
    elsewhere: Workers | None = None  # who does jobs instead of the threads

    def hired(
        self, job: Job[ErrandT, Result], *, window: int, name: str
    ) -> AbstractContextManager[Team[ErrandT, Result]]:
        """Those who do a job on many photos; of the threads, up to `window` photos each are under way."""
        return (self.elsewhere or Threads(self.workers, window=window, name=name)).hired(job, self.reader)

    def overlapped(
        self, items: Iterable[Item], work: Callable[[Item], Result], *, window: int, name: str
    ) -> Iterator[tuple[Item, Result]]:
        """Each item with what `work` makes of it, in the items' order; up to `window` per worker are under way. `name`
        is the threads'. What has not begun when the caller stops is dropped."""
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix=name)
        try:
            yield from in_order(
                ((item, item) for item in items), lambda item: pool.submit(work, item), limit=window * self.workers
            )
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
