"""A job done by threads of this process.

Each takes a photo all the way from its bytes to the result, so reading, decoding and embedding overlap on all cores
with no hand-over in between; the calling thread only writes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Final, Generic, TypeVar

from shelflens.feed.base import UrlPhoto
from shelflens.indexing.reading import PhotoReader
from shelflens.indexing.work import ErrandT, Job, Result, Task, Ticket

Item = TypeVar("Item")

WINDOW: Final = 64  # photos under way per worker; bounds memory
DOWNLOADS: Final = 16  # at once
HAND_OVER_SECONDS: Final = 0.25  # at most, until photos that are done are handed to the caller


class Threads:
    """A Workers."""

    elsewhere: Final = False

    def __init__(self, count: int, *, window: int = WINDOW, name: str = "embed") -> None:
        """`name` is the threads'."""
        self._count = count
        self._window = window
        self._name = name

    @contextmanager
    def hired(
        self,
        job: Job[ErrandT, Result],
        reader: PhotoReader,  # noqa: ARG002 - nothing is out of reach here
    ) -> Iterator[ThreadTeam[ErrandT, Result]]:
        task = job.begin()
        try:
            yield ThreadTeam(task, self._count, window=self._window, name=self._name)
        finally:
            task.close()


class ThreadTeam(Generic[ErrandT, Result]):
    """A Team."""

    def __init__(self, task: Task[ErrandT, Result], count: int, *, window: int, name: str) -> None:
        self._task = task
        self._count = count
        self._window = window
        self._name = name

    def results(
        self, errands: Iterable[tuple[Ticket, ErrandT | None]]
    ) -> Generator[tuple[Ticket, Result | None], None, None]:
        task = self._task
        pool = ThreadPoolExecutor(self._count, thread_name_prefix=self._name)
        downloads = ThreadPoolExecutor(DOWNLOADS, thread_name_prefix="download")

        nothing: Future[Result | None] = Future()
        nothing.set_result(None)

        def submit(errand: ErrandT | None) -> Future[Result | None]:
            if errand is None:
                return nothing
            if isinstance(errand.place, UrlPhoto):  # waits for others' servers; that must not hold up the cores
                return pool.submit(task.work, errand, downloads.submit(task.read, errand.place).result)
            return pool.submit(task.work, errand, lambda: task.read(errand.place))

        try:
            yield from in_order(errands, submit, limit=self._window * self._count)
        finally:
            downloads.shutdown(wait=False, cancel_futures=True)
            pool.shutdown(wait=True, cancel_futures=True)


def in_order(
    items: Iterable[tuple[Ticket, Item]], submit: Callable[[Item], Future[Result]], *, limit: int
) -> Iterator[tuple[Ticket, Result]]:
    """Every ticket with its result; up to `limit` are under way."""
    under_way: deque[tuple[Ticket, Future[Result]]] = deque()
    for ticket, item in items:
        under_way.append((ticket, submit(item)))
        while len(under_way) >= limit:
            yield from _finished(under_way)
    while under_way:
        yield from _finished(under_way)


def _finished(under_way: deque[tuple[Ticket, Future[Result]]]) -> Iterator[tuple[Ticket, Result]]:
    """Takes the oldest, at least one, as soon as half of all are done or HAND_OVER_SECONDS have passed.

    Taking each as it comes would wake this thread for every photo, and whenever it runs it takes Python's lock and
    a core from the workers: 5 % of the throughput of two cores.
    """
    wait((under_way[len(under_way) // 2][1],), timeout=HAND_OVER_SECONDS)
    while True:
        ticket, future = under_way.popleft()
        yield ticket, future.result()
        if not (under_way and under_way[0][1].done()):
            return
