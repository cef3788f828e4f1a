"""Group commit: what many threads bring at the same moment becomes durable with one sync.

While one transaction waits for the disk, the next one gathers; the busier it is, the larger they grow (DeWitt et al.,
"Implementation techniques for main memory database systems", SIGMOD 1984).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from shelflens.errors import CatalogueError

Item = TypeVar("Item")


class GroupCommit(Generic[Item]):
    """Hands what is given to it to `keep`, in the order given, from a thread of its own."""

    def __init__(self, keep: Callable[[Sequence[Item]], None], *, most: int, name: str) -> None:
        """`keep` makes its items durable, all or none, before it returns; `most` at once."""
        self._keep = keep
        self._most = most
        self._name = name
        self._waiting: list[tuple[Item, Future[None]]] = []
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def give(self, item: Item) -> Future[None]:
        """Done when the item is durable; fails as `keep` does."""
        future: Future[None] = Future()
        with self._condition:
            if self._closed:
                raise CatalogueError("the events are closed")
            if self._thread is None:  # not before there is work: most catalogues are only read
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._waiting.append((item, future))
            self._condition.notify()
        return future

    def close(self) -> None:
        """Returns when all that was given is durable."""
        with self._condition:
            self._closed = True
            self._condition.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._waiting and not self._closed:
                    self._condition.wait()
                group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            if not group:
                return
            try:
                self._keep([item for item, _ in group])
            except BaseException as error:  # noqa: BLE001 (whoever waits is told)
                for _, future in group:
                    future.set_exception(error)
            else:
                for _, future in group:
                    future.set_result(None)
