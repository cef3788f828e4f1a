"""Where requests wait for a core: a few threads and a short queue; who would wait too long is told to come back.

Each thread takes a picture all the way from bytes to products. Pictures are not gathered into batches for the model:
on a CPU a batch of eight is hardly faster than eight pictures (docs/models.md), it waits for its slowest member, and a
vector might depend on its neighbours (docs/adr/0007-serving.md).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from shelflens.serve.problems import busy

T = TypeVar("T")
PATIENCE = 0.02  # seconds between two looks of work that can wait


class Pool:
    """Call it from the event loop's thread only."""

    def __init__(self, name: str, *, threads: int, waiting: int) -> None:
        self.name = name
        self.threads = threads
        self.waiting = waiting
        self.under_way = 0  # running or waiting
        self.refused = 0
        self._seconds = 0.02  # that one piece of work takes, a moving average
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)

    @property
    def full(self) -> bool:
        return self.under_way >= self.threads + self.waiting

    def check(self) -> None:
        """Raises the 429 of a full pool; ask before a body is read."""
        if self.full:
            self.refused += 1
            seconds = self._seconds * self.under_way / self.threads
            # A kept connection would lead back here, quickest of all, while another process has time.
            detail = "the server has as much to do as it can answer soon; try again"
            raise busy(detail, seconds=seconds, hang_up=True)

    async def run(self, work: Callable[[], T]) -> T:
        """The work's result or error. Raises Problem 429 at once when too much is waiting."""
        self.check()
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[T] = loop.create_future()
        self.under_way += 1

        def timed() -> tuple[T, float]:
            started = time.perf_counter()
            return work(), time.perf_counter() - started

        # Counted when the thread is done, also where the client has gone and nobody awaits the result. The loop is
        # woken once for both; asyncio.wrap_future would wake it a second time.
        future = self._executor.submit(timed)
        future.add_done_callback(lambda done: loop.call_soon_threadsafe(self._done, done, answered))
        try:
            return await answered
        except asyncio.CancelledError:
            future.cancel()
            raise

    async def run_patiently(self, work: Callable[[], T]) -> T:
        """For one of many pieces of an accepted request: waits until there is room, behind those that ask now."""
        while self.under_way >= self.threads:
            await asyncio.sleep(PATIENCE)
        return await self.run(work)

    def _done(self, future: Future[tuple[T, float]], answered: asyncio.Future[T]) -> None:
        self.under_way -= 1
        if future.cancelled():
            answered.cancel()
            return
        error = future.exception()
        if error is None:
            result, seconds = future.result()
            self._seconds += 0.05 * (seconds - self._seconds)
            if not answered.done():
                answered.set_result(result)
        elif not answered.done():
            answered.set_exception(error)

    def close(self) -> None:
        """When what has begun is done."""
        self._executor.shutdown(wait=True, cancel_futures=True)
