"""Who does a run's work and who hears of it: threads that read photos, and two listeners."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from shelflens.feed.base import BadRow
from shelflens.indexing.reading import PhotoReader

Item = TypeVar("Item")
Result = TypeVar("Result")


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

    def overlapped(
        self, items: Iterable[Item], work: Callable[[Item], Result], *, window: int, name: str
    ) -> Iterator[tuple[Item, Result]]:
        """Each item with what `work` makes of it, in the items' order; up to `window` per worker are under way. `name`
        is the threads'. What has not begun when the caller stops is dropped."""
        under_way: deque[tuple[Item, Future[Result]]] = deque()
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix=name)

        def finished() -> tuple[Item, Result]:
            item, future = under_way.popleft()
            return item, future.result()

        try:
            for item in items:
                under_way.append((item, pool.submit(work, item)))
                if len(under_way) >= window * self.workers:
                    yield finished()
            while under_way:
                yield finished()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
