"""Any number of threads read, or one writes: for what cannot be changed while somebody reads it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """A writer who waits goes before readers who come later, so that readers cannot keep him out for ever."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._readers = 0
        self._writers = 0  # that write or wait to

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._free:
            while self._writers:
                self._free.wait()
            self._readers += 1
        try:
            yield
        finally:
            with self._free:
                self._readers -= 1
                if not self._readers:
                    self._free.notify_all()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """By one thread at a time, which others see to."""
        with self._free:
            self._writers += 1
            while self._readers:
                self._free.wait()
        try:
            yield
        finally:
            with self._free:
                self._writers -= 1
                self._free.notify_all()
